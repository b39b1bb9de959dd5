"""The organization's resource policy: written, described with current ARNs, deleted."""

import json

import pytest
from msgspec.structs import replace
from tests.documents import policy, trust
from tests.services.organizations.organized import (
    ELSEWHERE,
    MANAGEMENT,
    MEMBER,
    ORGANIZATION,
    SECOND,
    STRANGER,
    THIRD,
    Organized,
    arn,
    invalid,
    passed,
    refuses,
    tags,
)

from daypass.core.domain.iam.user import User
from daypass.core.domain.organizations.resource_policy import ResourcePolicy
from daypass.core.faults import ServiceFault
from daypass.services.organizations.policies import resource_policy

NONE = "The organization has no resource policy."
PRINCIPALS = "The principals must be of member accounts."


@pytest.fixture
def known():
    found = Organized()
    found.member(MEMBER)
    return found


def delegating(*, principal=MEMBER, action="organizations:ListAccounts", resource="*", **more):
    """Return a resource policy that delegates an action to a principal."""
    return policy({**trust(principal, action), "Resource": resource, **more})


def put(known, content, **more):
    return known.call(resource_policy.put_resource_policy, Content=content, **more)[
        "ResourcePolicy"
    ]


def kept(known):
    (found,) = known.organization.of(ResourcePolicy)
    return found


def test_the_first_is_kept_with_its_tags(known) -> None:
    content = delegating()
    shown = put(known, content, Tags=passed(Team="a"))

    made = kept(known)
    assert shown == {
        "ResourcePolicySummary": {"Id": made.id, "Arn": arn("resourcepolicy", made.id)},
        "Content": content,
    }
    assert made.id.startswith("rp-")
    assert (made.account, made.content, made.tags) == (ORGANIZATION, content, tags(Team="a"))
    assert (known.gone, known.new) == (set(), {made})


def test_the_next_takes_its_place_and_keeps_id_and_tags(known) -> None:
    put(known, delegating(), Tags=passed(Team="a"))
    before = kept(known)
    content = delegating(action="organizations:ListRoots")
    shown = put(known, content)

    assert shown["ResourcePolicySummary"]["Id"] == before.id
    assert (known.gone, known.new) == ({before}, {replace(before, content=content)})


def test_tags_are_taken_with_the_first_alone(known) -> None:
    put(known, delegating(), Tags=[])

    with invalid("INVALID_LIST_MEMBER", "Tags can be given only when the resource policy is made."):
        put(known, delegating(), Tags=passed(Team="a"))
    put(known, delegating(), Tags=[])


def test_tags_that_cannot_be_refuse_the_first(known) -> None:
    with invalid("DUPLICATE_TAG_KEY", "You specified a tag key more than once."):
        put(known, delegating(), Tags=[*passed(Team="a"), *passed(team="b")])


def test_without_all_features_there_is_no_resource_policy() -> None:
    known = Organized(features="CONSOLIDATED_BILLING")
    known.member(MEMBER)

    with refuses(
        "ConstraintViolation",
        "This action requires an organization with all features.",
        "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
    ):
        put(known, delegating())


@pytest.mark.parametrize(
    "principal",
    [MANAGEMENT, STRANGER, THIRD, "*", f"arn:aws:iam::{STRANGER}:root", [MEMBER, MANAGEMENT]],
)
def test_principals_are_of_members_other_than_the_management_account(known, principal) -> None:
    known.elsewhere()
    known.member(THIRD, of=ELSEWHERE)

    with invalid("INVALID_PRINCIPAL", PRINCIPALS):
        put(known, delegating(principal=principal))


def test_a_principal_that_is_not_there_is_none(known) -> None:
    missing = f"arn:aws:iam::{MEMBER}:user/missing"

    with pytest.raises(ServiceFault, match="Invalid principal") as caught:
        put(known, delegating(principal=missing))
    assert caught.value.details == {"Reason": "INVALID_PRINCIPAL"}
    assert not list(known.organization.of(ResourcePolicy))


@pytest.mark.parametrize(
    ("more", "reason", "words"),
    [
        (
            {"action": "organizations:CloseAccount"},
            "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY",
            "organizations:CloseAccount cannot be delegated.",
        ),
        (
            {"action": "organizations:*"},
            "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY",
            "organizations:* cannot be delegated.",
        ),
        (
            {"action": "s3:GetObject"},
            "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY",
            "s3:GetObject cannot be delegated.",
        ),
        (
            {"resource": f"arn:aws:organizations::{STRANGER}:policy/{ELSEWHERE}/*"},
            "UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY",
            f"arn:aws:organizations::{STRANGER}:policy/{ELSEWHERE}/* is not of the organization.",
        ),
        (
            {"Condition": {"StringEquals": {"organizations:PolicyType": "NO_POLICY"}}},
            "UNSUPPORTED_POLICY_TYPE_IN_RESOURCE_POLICY",
            "NO_POLICY is not a type of policy.",
        ),
    ],
)
def test_what_may_not_be_delegated_is_not_kept(known, more, reason, words) -> None:
    with invalid(reason, words):
        put(known, delegating(**more))


@pytest.mark.parametrize(
    "content", ["{", "[]", delegating(Effect="Maybe"), delegating(NotAction="*")]
)
def test_a_text_that_cannot_be_read_is_not_kept(known, content) -> None:
    with pytest.raises(ServiceFault, match="The policy cannot be read: ") as caught:
        put(known, content)
    assert caught.value.details == {"Reason": "INVALID_RESOURCE_POLICY_JSON"}


def test_a_statement_says_what_it_lets_do_and_not_what_it_does_not(known) -> None:
    with invalid(
        "INVALID_RESOURCE_POLICY_JSON", "The policy may not use NotAction or NotResource."
    ):
        put(known, delegating().replace('"Action"', '"NotAction"'))
    with invalid("INVALID_RESOURCE_POLICY_JSON", "Effect is neither Allow nor Deny."):
        put(known, delegating(Effect="allow"))
    with invalid("INVALID_RESOURCE_POLICY_JSON", "A statement needs actions and resources."):
        put(known, delegating(action=[]))


def test_a_policy_has_a_statement(known) -> None:
    with invalid("INVALID_RESOURCE_POLICY_JSON", "The policy has no statement."):
        put(known, '{"Version":"2012-10-17","Statement":[]}')


def test_a_user_is_kept_by_id_so_that_a_new_one_of_its_name_inherits_nothing(known) -> None:
    alice = known.put(
        User(account=MEMBER, name="alice", unique_id="AIDAALICEALICEALICE12", created=1)
    )
    shown = put(known, delegating(principal=alice.arn))

    def seen():
        shown = known.call(resource_policy.describe_resource_policy)["ResourcePolicy"]["Content"]
        return json.loads(shown)["Statement"][0]["Principal"]["AWS"]

    assert json.loads(shown["Content"])["Statement"][0]["Principal"]["AWS"] == alice.arn
    assert (seen(), "AIDAALICEALICEALICE12" in kept(known).content) == (alice.arn, True)
    known.put(replace(alice, path="/moved/"))
    assert seen() == f"arn:aws:iam::{MEMBER}:user/moved/alice"
    known.put(User(account=MEMBER, name="alice", unique_id="AIDABOBBOBBOBBOBBOB12", created=1))
    assert "AIDABOBBOBBOBBOBBOB12" not in kept(known).content


def test_what_is_kept_is_shown(known) -> None:
    known.put(ResourcePolicy(account=ORGANIZATION, id="rp-a1b2c3d4", content=delegating()))

    assert known.call(resource_policy.describe_resource_policy) == {
        "ResourcePolicy": {
            "ResourcePolicySummary": {
                "Id": "rp-a1b2c3d4",
                "Arn": arn("resourcepolicy", "rp-a1b2c3d4"),
            },
            "Content": delegating(),
        }
    }


def test_what_was_kept_is_forgotten_and_may_be_written_anew(known) -> None:
    made = known.put(ResourcePolicy(account=ORGANIZATION, id="rp-a1b2c3d4", content=delegating()))

    assert known.call(resource_policy.delete_resource_policy) == {}
    assert (known.gone, known.new) == ({made}, set())
    put(known, delegating(), Tags=passed(Team="a"))
    assert kept(known).id != made.id


@pytest.mark.parametrize(
    "operation", [resource_policy.describe_resource_policy, resource_policy.delete_resource_policy]
)
def test_where_there_is_none_none_is_shown_or_forgotten(known, operation) -> None:
    known.elsewhere()
    known.put(ResourcePolicy(account=ELSEWHERE, id="rp-a1b2c3d4", content=delegating()))

    with refuses("ResourcePolicyNotFound", NONE):
        known.call(operation)


def test_a_member_writes_and_forgets_none_even_where_it_is_named(known) -> None:
    put(known, delegating(action=["organizations:ListAccounts", "organizations:CreatePolicy"]))

    for operation, more in (
        (resource_policy.put_resource_policy, {"Content": delegating()}),
        (resource_policy.delete_resource_policy, {}),
    ):
        with refuses("AccessDenied", "You don't have permissions to access this resource."):
            known.call(operation, known.root(MEMBER), **more)


def test_whom_a_statement_allows_something_is_let_to_the_policies_and_nobody_else(known) -> None:
    known.member(SECOND)
    put(known, delegating())
    seen = known.located(resource_policy.describe_resource_policy, known.root(MEMBER))

    # Both sides have to allow: the resource is the management account's.
    assert [(each.account, each.policy is None) for each in seen] == [(MANAGEMENT, False)]
    with refuses("AccessDenied", "You don't have permissions to access this resource."):
        known.located(resource_policy.describe_resource_policy, known.root(SECOND))
    put(known, delegating(Effect="Deny"))
    with refuses("AccessDenied", "You don't have permissions to access this resource."):
        known.located(resource_policy.describe_resource_policy, known.root(MEMBER))
