"""What a call of AssumeRole implies, and what a credential may not call: cases as data, beside
those of the policies.
"""

import pytest
from tests.core.policy import cases

from daypass.core.domain.iam.role import HOUR, Role
from daypass.core.domain.record import Tag
from daypass.core.faults import Denied, Fault, UnusableSession
from daypass.core.sessions.forbidden_calls import forbidden_call
from daypass.core.sessions.session_plan import (
    CallingSession,
    SessionRequest,
    grant_session,
    plan_session,
)
from daypass.core.sessions.token import Origin, Session, SessionKind


def tags(pairs):
    return tuple(Tag(*pair) for pair in pairs)


def made(kind, given, **more):
    given = {**more, **given}
    named = {"tags": tags(given.pop("tags", ()))} | {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
    }
    return kind(**named)


def implied(case):
    planned = plan_session(
        made(SessionRequest, case.get("wish", {}), session_name="me"),
        made(CallingSession, case.get("inherited", {})),
    )
    role = made(
        Role,
        case.get("role", {}),
        account="111122223333",
        name="r",
        unique_id="AROA",
        created=0,
        trust="{}",
        session_seconds_max=case.get("role", {}).get("session_seconds_max", HOUR),
    )
    return planned, grant_session(planned, role)


@pytest.mark.parametrize("case", cases.CALLS, ids=[case["case"] for case in cases.CALLS])
def test_a_call_implies_what_its_case_says(case) -> None:
    if "refused" in case:
        with pytest.raises(Fault) as refused:
            implied(case)
        assert refused.value.message == case["refused"]
        return
    planned, session = implied(case)
    found = {
        "actions": list(planned.actions),
        "keys": {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in planned.condition_keys.items()
        },
        "seconds": session.seconds,
        "tags": sorted([tag.key, tag.value] for tag in session.tags),
        "transitive": list(session.transitive),
        "packed_percent": session.packed_percent,
    }
    said = {name: case[name] for name in found if name in case}

    assert said
    assert {name: found[name] for name in said} == said


def session(origin, mfa_time=None, **more):
    return Session(kind=SessionKind.USER, origin=origin, account="111122223333", principal_id="AIDA", session_name="", issued=0, expires=1, secret="s", mfa_time=mfa_time, **more)  # fmt: skip


CREDENTIALS = {
    "user": (None, False),
    "root": (None, True),
    "role session": (session(Origin.ASSUME_ROLE), False),
    "session token": (session(Origin.GET_SESSION_TOKEN), False),
    "session token with MFA": (session(Origin.GET_SESSION_TOKEN, mfa_time=1), False),
    "root session": (session(Origin.OPERATOR), True),
    "narrowed role session": (session(Origin.ASSUME_ROLE, scope_downs=("{}",)), False),
    "narrowed session token": (session(Origin.GET_SESSION_TOKEN, scope_downs=("{}",)), False),
}


@pytest.mark.parametrize("case", cases.REACH, ids=[" ".join(case[1:4]) for case in cases.REACH])
def test_a_credential_reaches_what_its_case_says(case) -> None:
    _, who, service, operation, reason = case
    found, is_root = CREDENTIALS[who]

    fault = forbidden_call(found, is_root=is_root, service=service, operation=operation)
    assert (fault.message if fault else "") == reason


def test_a_session_that_iam_takes_from_nobody_is_told_from_one_that_may_not_call() -> None:
    plain = session(Origin.GET_SESSION_TOKEN)
    faults = [
        forbidden_call(plain, is_root=False, service=service, operation="GetSessionToken")
        for service in ("iam", "sts")
    ]

    assert list(map(type, faults)) == [UnusableSession, Denied]
