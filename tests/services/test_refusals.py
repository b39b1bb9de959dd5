"""A refusal's record is small and enough to work out the reasons later, as they were then."""

import json

import pytest
from tests.documents import allow, deny, policy
from tests.services.small_world import BUCKET, CIRCUMSTANCES, HOME, OWNER, ROLE, SmallWorld, managed

from daypass.core import quotas
from daypass.core.domain.compiled_policies import DECOY_TRUST_POLICY, compile_trust_policy
from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.identity import InlinePolicy
from daypass.core.domain.record import Tag
from daypass.core.organizations.policies.policy_types import RCP, SCP
from daypass.core.policy.decision import known_decisions, policy_references
from daypass.core.policy.decision.decide import decide
from daypass.core.policy.explanation import explain as explaining
from daypass.core.policy.explanation import trace
from daypass.core.policy.explanation.explain import explain
from daypass.core.policy.language import parse, positions
from daypass.core.sessions.token import Origin, Session, SessionKind
from daypass.services.kit import authorization, effective_policies, recalled_policies

EVERYBODY = {"Principal": "*"}
SIXTY = [allow("iam:Get*", f"arn:aws:iam::{HOME}:user/{n}", Sid=f"s{n}") for n in range(59)]


def ten(last):
    """Return ten policies of sixty statements, the last of which ends in other statements."""
    near = [allow("iam:Get*", Sid=f"p{n}") for n in range(9)]
    return tuple(
        InlinePolicy(f"p{n}", policy(*SIXTY, each)) for n, each in enumerate([*near, last])
    )


def own(found):
    """Return the statements of the caller's own policies."""
    return [each for each in found["statements"] if each["layer"] == "identity-based policy"]


WORLDS = {
    "no policy at all": (lambda world: world.user(inline=()), {}),
    "a deny among ten policies of sixty statements": (
        lambda world: world.user(inline=ten(deny("s3:*", Sid="No"))),
        {},
    ),
    "ten policies that do not speak of it": (
        lambda world: world.user(inline=ten(allow("ec2:*"))),
        {},
    ),
    "a bucket policy of a thousand near misses": (
        lambda world: world.bucket(
            *(allow("s3:GetObject", f"{BUCKET}/{n}", **EVERYBODY) for n in range(1_000))
        ),
        {},
    ),
    "a role that does not trust": (
        lambda world: world.role(
            policy(
                {"Effect": "Allow", "Principal": {"AWS": "AIDAOTHER"}, "Action": "sts:AssumeRole"}
            )
        ),
        {"action": "sts:AssumeRole", "resource": ROLE},
    ),
    "an SCP": (lambda world: world.ceiling(SCP, deny("s3:*")), {}),
}


@pytest.fixture
def counted(monkeypatch):
    """Count how often a text is parsed, hashed or explained."""
    counts = {}

    def watch(module, name):
        real = getattr(module, name)

        def called(*args, **more):
            counts[name] = counts.get(name, 0) + 1
            return real(*args, **more)

        monkeypatch.setattr(module, name, called)

    for module, name in (
        (positions, "locate_members"),
        (positions, "_StatementSpans"),
        (parse, "parse_document"),
        (explaining, "explain"),
        (trace, "because"),
        (trace, "statement_data"),
        (policy_references.hashlib, "sha256"),
        (json, "loads"),
        (json, "dumps"),
    ):
        watch(module, name)
    positions.statement_positions.cache_clear()
    return counts


@pytest.mark.parametrize(("make", "question"), WORLDS.values(), ids=WORLDS)
def test_a_refusal_reads_no_policy_and_explains_nothing(counted, make, question) -> None:
    world = SmallWorld()
    make(world)
    # Names and hashes are worked out once for each set, and kept with it.
    world.refused(**question)
    counted.clear()
    for _ in range(3):
        world.refused(**question)

    assert counted == {}


def test_positions_are_found_by_one_reading_of_each_text_when_somebody_asks(counted) -> None:
    world = SmallWorld()
    world.user(inline=ten(deny("s3:*", Sid="No")))
    refused = world.refused()
    counted.clear()
    found = world.told(refused)

    assert found["because"]["lines"] == [1, 1]
    assert len(own(found["because"])) == 600
    # The ten, and the two that allow everything above.
    assert counted["_StatementSpans"] == 12
    assert "locate_members" not in counted


def test_a_refusal_decides_once(monkeypatch) -> None:
    decisions = []
    monkeypatch.setattr(authorization, "_known_decisions", known_decisions.KnownDecisions())
    monkeypatch.setattr(
        known_decisions, "decide", lambda *given: decisions.append(given) or decide(*given)
    )
    SmallWorld(inline=()).refused()

    assert len(decisions) == 1


@pytest.mark.parametrize(("make", "question"), WORLDS.values(), ids=WORLDS)
def test_a_message_opens_into_the_reasons_that_explaining_at_once_would_give(
    make, question
) -> None:
    world = SmallWorld()
    make(world)
    caller, asked = world.caller(), world.question(**question)
    request = authorization.authorization_request(asked, caller, world.directory, CIRCUMSTANCES)
    at_once = explain(
        request, effective_policies.effective_policies(asked, caller, world.directory)
    )
    found = world.told(world.refused(**question))["because"]

    assert found == trace.because(at_once)
    assert "gone" not in found


# What was decided is what is shown.


def test_another_text_of_the_same_name_is_never_taken_for_the_one_that_decided() -> None:
    world = SmallWorld()
    world.user(deny("s3:*", Sid="Then"))
    refused = world.refused()
    world.user(allow(Sid="Now"))
    found = world.told(refused)

    assert (found["allowed"], found["explicitDeny"]) == (False, True)
    because = found["because"]
    assert (because["layer"], because["policy"], because["statement"], because["sid"]) == (
        "identity-based policy",
        "own",
        0,
        "Then",
    )
    assert "lines" not in because
    assert own(because) == []
    [gone] = because["gone"]
    assert gone == {
        "layer": "identity-based policy",
        "policy": "own",
        "sha256": policy_references.document_digest(policy(deny("s3:*", Sid="Then"))).hex(),
    }
    assert "Now" not in json.dumps(found)


def test_an_older_version_of_a_managed_policy_is_the_one_that_decided() -> None:
    then, now = policy(deny("s3:*", Sid="Then")), policy(allow(Sid="Now"))
    world = SmallWorld()
    held = managed("p", then)
    world.put(held)
    world.user(inline=(), attached=(held.arn,))
    refused = world.refused()
    world.put(managed("p", then, now))
    found = world.told(refused)["because"]

    assert (found["arn"], found["sid"]) == (held.arn, "Then")
    assert [each["sid"] for each in own(found)] == ["Then"]
    assert "gone" not in found


def _change_identity(world):
    world.user(allow("ec2:*"))


GONE = {
    "an inline policy": (
        lambda world: world.user(deny("s3:*")),
        _change_identity,
        {},
        "identity-based policy",
    ),
    "the user": (
        lambda world: world.user(deny("s3:*")),
        lambda world: world.remove(world.caller().record),
        {},
        "identity-based policy",
    ),
    "a bucket's policy": (
        lambda world: world.bucket(deny("s3:*", **EVERYBODY)),
        lambda world: world.bucket(),
        {},
        "resource-based policy",
    ),
    "an SCP": (
        lambda world: world.ceiling(SCP, deny("s3:*")),
        lambda world: world.ceiling(SCP, deny("ec2:*")),
        {},
        "service control policy",
    ),
    "an RCP": (
        lambda world: (
            world.bucket(allow("s3:*", **EVERYBODY)),
            world.ceiling(RCP, deny("s3:*", **EVERYBODY), on=OWNER),
        ),
        lambda world: world.ceiling(RCP, deny("sqs:*", **EVERYBODY), on=OWNER),
        {},
        "resource control policy",
    ),
    "a trust policy": (
        lambda world: world.role(
            policy({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"})
        ),
        lambda world: world.role(DECOY_TRUST_POLICY),
        {"action": "sts:AssumeRole", "resource": ROLE},
        "role trust policy",
    ),
}


@pytest.mark.parametrize(("make", "change", "question", "layer"), GONE.values(), ids=GONE)
def test_a_text_that_is_gone_is_said_to_be_gone_and_the_decision_stays(
    make, change, question, layer
) -> None:
    world = SmallWorld()
    make(world)
    refused = world.refused(**question)
    before = world.told(refused)
    change(world)
    after = world.told(refused)

    assert "gone" not in before["because"]
    assert [each["layer"] for each in after["because"]["gone"]] == [layer]
    for name in ("allowed", "explicitDeny", "context", "time"):
        assert after[name] == before[name]
    for name in ("layer", "policy", "statement", "arn", "refused_by"):
        assert after["because"].get(name) == before["because"].get(name)
    assert not [
        each
        for each in after["because"]["statements"]
        if each["layer"] == layer and each["effect"] == "Deny"
    ]


def test_the_tags_of_a_role_are_shown_as_they_were_or_not_at_all() -> None:
    wanted = policy(
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}},
        }
    )
    world = SmallWorld()
    world.role(wanted, tags=(Tag("team", "blue"),))
    refused = world.refused(action="sts:AssumeRole", resource=ROLE)
    condition = lambda: next(
        each
        for each in world.told(refused)["because"]["statements"]
        if each["layer"] == "role trust policy"
    )["conditions"][0]

    assert condition()["found"] == "blue"
    world.role(wanted, tags=(Tag("team", "red"),))
    assert condition()["found"] is None
    assert world.told(refused)["because"]["gone"] == [{"layer": "tags of the resource"}]


def test_session_policies_are_kept_in_the_message() -> None:
    world = SmallWorld()
    world.session = Session(
        kind=SessionKind.USER,
        origin=Origin.GET_SESSION_TOKEN,
        account=HOME,
        principal_id="",
        session_name="",
        issued=1,
        expires=2,
        secret="",
        policies=(policy(deny("s3:*", Sid="Passed")),),
    )
    refused = world.refused()
    world.session = None
    found = world.told(refused)["because"]

    assert (found["layer"], found["sid"]) == ("session policy", "Passed")
    assert "gone" not in found


def test_policies_of_a_group_are_found_in_the_group_when_its_member_has_left() -> None:
    group = Group(
        account=HOME,
        name="g",
        unique_id="AGPAG",
        created=1,
        inline=(InlinePolicy("no", policy(deny("s3:*", Sid="No"))),),
    )
    world = SmallWorld()
    world.put(group)
    world.user(groups=("AGPAG",))
    refused = world.refused()
    world.user()

    assert world.told(refused)["because"]["sid"] == "No"


def many(count=500):
    return tuple(InlinePolicy(f"p{n}", policy(allow("ec2:*", Sid=f"s{n}"))) for n in range(count))


def test_policies_too_many_to_be_listed_are_shown_while_they_are_all_the_same() -> None:
    world = SmallWorld()
    world.user(inline=many())
    refused = world.refused()
    found = world.told(refused)["because"]

    assert len(refused.reasons) <= quotas.ENCODED_MESSAGE_CHARACTERS_MAX
    assert len(own(found)) == 500
    world.user(inline=many(499))
    found = world.told(refused)["because"]
    assert own(found) == []
    assert [each["layer"] for each in found["gone"]] == ["identity-based policy"]


def test_a_message_tells_an_account_of_so_many_statements_and_counts_the_others() -> None:
    world = SmallWorld()
    near = allow("s3:GetObject", "arn:aws:s3:::other/*", Sid="near")
    world.user(*(allow("ec2:*") for _ in range(1_000)), near, deny("s3:*", Sid="No"))
    found = world.told(world.refused(), HOME)["because"]

    assert len(found["statements"]) == quotas.TRACED_STATEMENTS_MAX
    assert found["omitted"] == 1_002 - quotas.TRACED_STATEMENTS_MAX
    assert [each["sid"] for each in found["statements"][-2:]] == ["near", "No"]


def test_lines_are_told_of_as_many_documents_as_there_is_room_to_read(counted) -> None:
    world = SmallWorld()
    blank = " " * 130_000
    world.user(
        inline=tuple(
            InlinePolicy(f"p{n}", policy(deny("s3:*", Sid=f"s{n}")) + blank) for n in range(20)
        )
    )
    refused = world.refused()
    counted.clear()
    found = world.told(refused, HOME)["because"]

    assert len(found["statements"]) == 20
    assert [each["sid"] for each in found["statements"] if "lines" in each] == ["s0", "s1"]
    assert counted["_StatementSpans"] == 2
    assert all("lines" in each for each in world.told(refused)["because"]["statements"])


# A role that does not trust, and one that is not there.


def test_a_missing_role_and_one_that_does_not_trust_are_kept_alike() -> None:
    world = SmallWorld()
    tags = tuple(Tag(f"k{n}", "v" * 200) for n in range(50))
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": f"AROA{n}"}, "Action": "sts:AssumeRole"}
        for n in range(25)
    ]
    lengths = set()
    for trusted, more in ((DECOY_TRUST_POLICY, {}), (policy(*statements), {"tags": tags})):
        world.role(trusted, **more)
        lengths.add(len(world.refused(action="sts:AssumeRole", resource=ROLE).reasons))

    assert len(lengths) == 1


def test_the_trust_policy_of_a_missing_role_allows_nobody_and_is_never_shown() -> None:
    assert not [
        rule for rule in compile_trust_policy(DECOY_TRUST_POLICY).rules if rule.statement.is_allow
    ]
    world = SmallWorld()
    world.role(DECOY_TRUST_POLICY)
    found = world.told(world.refused(action="sts:AssumeRole", resource=ROLE))["because"]

    assert found["layer"] == "role trust policy"
    assert not [each for each in found["statements"] if each["layer"] == "role trust policy"]
    assert "gone" not in found


def test_only_the_very_text_is_taken(monkeypatch) -> None:
    world = SmallWorld()
    world.user(deny("s3:*"))
    refused = world.refused()
    monkeypatch.setattr(recalled_policies, "document_digest", lambda _text: bytes(32))

    assert own(world.told(refused)["because"]) == []


NOISE = {
    f"aws:requesttag/{n}": policy_references.document_digest(str(n)).hex() * 4 for n in range(50)
}


@pytest.mark.parametrize("kind", ["many", "boundary", "bucket", "role"])
def test_a_message_whose_request_is_too_long_still_knows_what_decided(kind) -> None:
    world, question = SmallWorld(), {}
    if kind == "many":
        world.user(inline=ten(deny("s3:*", Sid="Edge")))
    elif kind == "boundary":
        boundary = managed("b", policy(deny("s3:*", Sid="Edge")))
        world.put(boundary)
        world.user(boundary=boundary.arn)
    elif kind == "bucket":
        world.bucket(deny("s3:*", Sid="Edge", **EVERYBODY))
    else:
        question = {"action": "sts:AssumeRole", "resource": ROLE}
        world.role(policy({"Sid": "Edge", "Effect": "Deny", "Principal": "*", "Action": "sts:*"}))
    found = world.told(world.refused(keys=NOISE, **question))

    assert found["explicitDeny"] is True
    because = found["because"]
    assert because["cut"] is True
    assert (because["sid"], because["lines"], because["statements"]) == ("Edge", [1, 1], [])
    assert because["missing_keys"] == []
    assert "gone" not in because
