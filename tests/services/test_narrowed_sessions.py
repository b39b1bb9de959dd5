"""Narrowed sessions through real clients: what limits and ends the first session binds them too."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError
from tests.documents import allow, deny, policy

NARROW = allow("sts:GetScopedCredentials")
EVERYTHING = policy(allow("*"))


@pytest.fixture
def name(request):
    return "n" + str(abs(hash(request.node.nodeid)))[:16]


def refused(code, call, **params):
    with pytest.raises(ClientError) as error:
        call(**params)
    assert error.value.response["Error"]["Code"] == code, error.value
    return error.value.response["Error"]["Message"]


def narrow(live, session, **more):
    answer = live.client("sts", session).get_scoped_credentials(**({"Policy": EVERYTHING} | more))
    return answer["Credentials"]


@pytest.fixture
def worker(live, name):
    """A session of a role that may do everything, and the role's name."""
    key = live.user(name)
    arn = live.role(name, f"arn:aws:iam::{live.account}:user/{name}", allow("*"))
    answer = live.client("sts", key).assume_role(RoleArn=arn, RoleSessionName="me")
    return answer["Credentials"]


def test_who_one_is_stays_the_same(live, worker) -> None:
    sts = live.client("sts", worker)
    answer = sts.get_scoped_credentials(Policy=EVERYTHING, ScopedSessionDescription="a job")
    identity = live.client("sts", answer["Credentials"]).get_caller_identity()

    assert answer["SessionInfo"] == {
        "Arn": identity["Arn"],
        "ScopedSessionId": identity["UserId"],
    }
    before = sts.get_caller_identity()
    assert {each: identity[each] for each in ("UserId", "Account", "Arn")} == {
        each: before[each] for each in ("UserId", "Account", "Arn")
    }


def test_each_narrowing_takes_away_and_none_gives_back(live, worker) -> None:
    first = narrow(live, worker, Policy=policy(NARROW, allow(["iam:ListUsers", "iam:ListRoles"])))
    second = narrow(live, first, Policy=policy(NARROW, allow(["iam:ListUsers", "iam:ListGroups"])))
    iam = live.client("iam", second)

    assert iam.list_users()["Users"]
    assert "no scope-down policy allows" in refused("AccessDenied", iam.list_roles)
    assert "no scope-down policy allows" in refused("AccessDenied", iam.list_groups)


def test_narrowing_again_needs_the_permission_in_every_scope_down_policy(live, worker) -> None:
    first = narrow(live, worker, Policy=policy(allow("iam:ListUsers")))

    words = refused("AccessDenied", narrow, live=live, session=first)
    assert "sts:GetScopedCredentials" in words


def test_a_fourth_policy_is_refused(live, worker) -> None:
    session = worker
    for _ in range(3):
        session = narrow(live, session)

    refused("AccessDenied", narrow, live=live, session=session)
    shorter = live.client("sts", session).get_scoped_credentials(DurationSeconds=60)
    assert shorter["ScopedPoliciesCount"] == 3


def test_a_denial_in_a_scope_down_policy_can_be_decoded(live, worker) -> None:
    session = narrow(live, worker, Policy=policy(allow("*"), deny("iam:ListUsers")))

    with pytest.raises(ClientError) as error:
        live.client("iam", session).list_users()
    found = error.value.response["Error"]
    assert found["Message"].endswith("with an explicit deny in a scope-down policy")
    decoded = json.loads(
        live.client("sts").decode_authorization_message(
            EncodedMessage=found["EncodedAuthorizationMessage"]
        )["DecodedMessage"]
    )
    assert decoded["because"]["layer"] == "scope-down policy"
    assert decoded["because"]["policy"] == "first scope-down policy"
    assert decoded["because"]["statement"] == 1


def test_sessions_that_are_revoked_by_date_take_their_narrowings_along(live, worker, name) -> None:
    session = narrow(live, worker)
    assert live.client("iam", session).list_users()
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=2)
    older = deny(Condition={"DateLessThan": {"aws:TokenIssueTime": later.isoformat()}})
    live.client("iam").put_role_policy(
        RoleName=name, PolicyName="AWSRevokeOlderSessions", PolicyDocument=policy(older)
    )

    refused("AccessDenied", live.client("iam", session).list_users)
    refused("AccessDenied", narrow, live=live, session=worker)


def test_a_deleted_role_ends_them(live, worker, name) -> None:
    session = narrow(live, worker)
    iam = live.client("iam")
    iam.delete_role_policy(RoleName=name, PolicyName="own")
    iam.delete_role(RoleName=name)

    refused("InvalidClientTokenId", live.client("sts", session).get_caller_identity)


def test_a_deleted_user_ends_them(live, name) -> None:
    key = live.user(name, allow("*"))
    session = narrow(live, live.client("sts", key).get_session_token()["Credentials"])
    assert live.client("sts", session).get_caller_identity()["Arn"].endswith(name)
    iam = live.client("iam")
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName="own")
    iam.delete_user(UserName=name)

    refused("InvalidClientTokenId", live.client("sts", session).get_caller_identity)


def test_a_key_that_is_switched_off_ends_neither_the_session_nor_its_narrowing(live, name) -> None:
    # GetSessionToken's session is the user's, not the key's, at AWS too.
    key = live.user(name, allow("*"))
    session = live.client("sts", key).get_session_token()["Credentials"]
    scoped = narrow(live, session)
    live.client("iam").update_access_key(
        UserName=name, AccessKeyId=key["AccessKeyId"], Status="Inactive"
    )

    for each in (session, scoped):
        assert live.client("sts", each).get_caller_identity()


def test_without_mfa_iam_stays_closed_and_sts_has_its_list(live, name) -> None:
    key = live.user(name, allow("*"))
    session = narrow(live, live.client("sts", key).get_session_token()["Credentials"])

    refused("InvalidClientTokenId", live.client("iam", session).list_users)
    sts = live.client("sts", session)
    refused("AccessDenied", sts.get_access_key_info, AccessKeyId=key["AccessKeyId"])
    assert sts.get_caller_identity()


def test_with_mfa_iam_stays_open(live, name) -> None:
    key = live.user(name, allow("*"))
    serial, code = live.device(name)
    opened = live.client("sts", key).get_session_token(SerialNumber=serial, TokenCode=code)
    session = narrow(live, opened["Credentials"])

    assert live.client("iam", session).list_users()


def test_long_term_keys_and_root_cannot_be_narrowed(live, name) -> None:
    key = live.user(name, allow("*"))

    refused("AccessDenied", narrow, live=live, session=key)
    refused("AccessDenied", narrow, live=live, session=live.root())


def test_a_chain_from_a_narrowed_session_lasts_an_hour_at_most(live, worker, name) -> None:
    iam = live.client("iam")
    arn = live.role(f"{name}-next", live.account, allow("*"))
    iam.update_role(RoleName=f"{name}-next", MaxSessionDuration=7200)
    sts = live.client("sts", narrow(live, worker))

    refused("ValidationError", sts.assume_role, RoleArn=arn, RoleSessionName="next", DurationSeconds=7200)  # fmt: skip
    opened = sts.assume_role(RoleArn=arn, RoleSessionName="next")["Credentials"]
    assert live.client("iam", opened).list_users()


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("ValidationError", {"Policy": None}),
        ("MalformedPolicyDocument", {"Policy": "{"}),
        ("InsufficientSessionLifetime", {"DurationSeconds": 129_600}),
        ("ValidationError", {"MinimumSessionTokenSize": 5000}),
    ],
)
def test_errors_have_the_codes_of_awss_model(live, worker, code, more) -> None:
    given = {"Policy": EVERYTHING} | more
    params = {each: value for each, value in given.items() if value is not None}
    sts = live.client("sts", worker, parameter_validation=False)

    refused(code, sts.get_scoped_credentials, **params)
