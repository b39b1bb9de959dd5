"""Tags on users, roles, managed policies and devices: the shared rules, through every noun."""

import json

import pytest
from tests.services.support import (
    ACCOUNT,
    ALLOW,
    TRUST,
    Snapshot,
    an_account,
    managed_policy,
    refused,
    role,
    user,
)

from daypass.core import quotas
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.domain.record import Tag
from daypass.core.faults import Invalid, TooMany
from daypass.core.organizations.policies.policy_types import TAG
from daypass.services.iam import mfa_devices, roles, users
from daypass.services.iam.policies import managed_policies
from daypass.services.kit.context_keys import tag_keys

ORGANIZATION, ROOT = "o-a1b2c3d4e5", "r-a1b2"
MINE = f"arn:aws:iam::{ACCOUNT}:policy/one"
SERIAL = f"arn:aws:iam::{ACCOUNT}:mfa/one"
NOUNS = {
    "user": ({"UserName": "one"}, users.tag_user, users.untag_user, users.list_user_tags),
    "role": ({"RoleName": "one"}, roles.tag_role, roles.untag_role, roles.list_role_tags),
    "policy": (
        {"PolicyArn": MINE},
        managed_policies.tag_policy,
        managed_policies.untag_policy,
        managed_policies.list_policy_tags,
    ),
    "mfa": (
        {"SerialNumber": SERIAL},
        mfa_devices.tag_mfa_device,
        mfa_devices.untag_mfa_device,
        mfa_devices.list_mfa_device_tags,
    ),
}
WITHOUT_CASE, WITH_CASE = ["role", "user"], ["mfa", "policy"]
MAKE = {
    "user": (users.create_user, {"UserName": "new"}),
    "role": (roles.create_role, {"RoleName": "new", "AssumeRolePolicyDocument": TRUST}),
    "policy": (managed_policies.create_policy, {"PolicyName": "new", "PolicyDocument": ALLOW}),
    "mfa": (mfa_devices.create_virtual_mfa_device, {"VirtualMFADeviceName": "new"}),
}


@pytest.fixture
def known():
    known = Snapshot(user("one"), role("one"), managed_policy("one"))
    known.device("one")
    return known


@pytest.fixture(params=sorted(NOUNS))
def noun(request):
    return request.param


def tags(*pairs):
    return [{"Key": key, "Value": value} for key, value in pairs]


def writers(known, noun):
    """Return two functions that add tags: to an existing record, and to one that is created."""
    name, tag, *_ = NOUNS[noun]
    make, parameters = MAKE[noun]
    return (lambda found: known.call(tag, **name, Tags=found)), (
        lambda found: known.call(make, **parameters, Tags=found)
    )


@pytest.mark.parametrize("noun", WITHOUT_CASE)
def test_tags_keep_their_order_and_a_later_one_takes_an_earlier_ones_place(known, noun) -> None:
    name, tag, untag, listed = NOUNS[noun]
    known.call(tag, **name, Tags=tags(("z", "1"), ("a", ""), ("m", "3")))
    known.call(tag, **name, Tags=tags(("Z", "9"), ("b", "4")))

    assert known.call(listed, **name)["Tags"] == tags(("Z", "9"), ("a", ""), ("m", "3"), ("b", "4"))
    known.call(untag, **name, TagKeys=["A", "z", "missing"])
    assert known.call(listed, **name)["Tags"] == tags(("m", "3"), ("b", "4"))


@pytest.mark.parametrize("noun", WITH_CASE)
def test_keys_of_different_case_are_two_but_on_users_and_roles(known, noun) -> None:
    name, tag, untag, listed = NOUNS[noun]
    known.call(tag, **name, Tags=tags(("a", "1"), ("A", "2"), ("m", "3")))
    known.call(tag, **name, Tags=tags(("A", "9"), ("M", "4")))

    found = tags(("a", "1"), ("A", "9"), ("m", "3"), ("M", "4"))
    assert known.call(listed, **name)["Tags"] == found
    known.call(untag, **name, TagKeys=["A", "m", "missing"])
    assert known.call(listed, **name)["Tags"] == tags(("a", "1"), ("M", "4"))


def test_no_tags_change_none(known, noun) -> None:
    name, tag, untag, listed = NOUNS[noun]
    known.call(tag, **name, Tags=tags(("a", "1")))
    known.call(tag, **name, Tags=[])
    known.call(untag, **name, TagKeys=[])

    assert known.call(listed, **name)["Tags"] == tags(("a", "1"))


@pytest.mark.parametrize("twice", ["team", "Team"])
@pytest.mark.parametrize("noun", WITHOUT_CASE)
def test_a_key_is_given_once_whatever_its_case(known, noun, twice) -> None:
    for write in writers(known, noun):
        before = known.directory
        with refused(
            Invalid, "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        ):
            write(tags(("team", "a"), (twice, "a")))
        assert known.directory is before


@pytest.mark.parametrize("noun", WITH_CASE)
def test_a_key_that_has_case_is_given_once(known, noun) -> None:
    for write in writers(known, noun):
        before = known.directory
        with refused(Invalid, "Duplicate tag keys found."):
            write(tags(("team", "a"), ("team", "b")))
        assert known.directory is before
        write(tags(("team", "a"), ("Team", "b")))


def test_of_keys_that_differ_in_case_the_first_is_the_condition_key() -> None:
    # Whoever may add a tag must not replace what policies ask about by another spelling.
    found = tag_keys("aws:resourcetag", (Tag("team", "red"), Tag("b", "1"), Tag("Team", "blue")))

    assert found == {"aws:resourcetag/team": "red", "aws:resourcetag/b": "1"}


@pytest.mark.parametrize("key", ["aws:team", "AWS:team", "aws:"])
def test_keys_of_aws_are_not_given(known, noun, key) -> None:
    for write in writers(known, noun):
        with refused(
            Invalid,
            "Tag keys beginning with aws: are reserved for system use.",
        ):
            write(tags((key, "a")))


def test_so_many_tags_are_on_one_thing(known, noun, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "TAGS_MAX", 2)
    name, tag, *_ = NOUNS[noun]
    known.call(tag, **name, Tags=tags(("a", "1"), ("b", "2")))
    known.call(tag, **name, Tags=tags(("a", "3"), ("b", "4")))

    with refused(TooMany, "Cannot exceed quota for TagsPerResource: 2"):
        known.call(tag, **name, Tags=tags(("c", "1")))


def under_a_tag_policy(known, *covered):
    """Put the account into an organization whose tag policy is enforced for some types."""
    rule = {
        "tag_key": {"@@assign": "Team"},
        "tag_value": {"@@assign": ["red", "b*"]},
        "enforced_for": {"@@assign": list(covered)},
    }
    text = json.dumps({"tags": {"team": rule}})
    known.put(
        Organization(
            account=ORGANIZATION,
            management=ACCOUNT,
            root_id=ROOT,
            created=1,
            attached=("p-tags",),
            policy_types=(TAG,),
        ),
        OrganizationPolicy(
            account=ORGANIZATION,
            id="p-tags",
            type=TAG,
            name="tags",
            content=text,
            serial=1,
            updated=1,
        ),
        Member(account=ORGANIZATION, id=ACCOUNT, parent=ROOT, serial=2, joined=1),
        an_account(ACCOUNT, organization=ORGANIZATION),
    )


def test_a_tag_policy_says_how_a_key_is_spelled_and_which_values_it_has(known, noun) -> None:
    under_a_tag_policy(known, f"iam:{noun}")

    for write in writers(known, noun):
        with refused(Invalid, "The tag policy requires the spelling `Team` of this tag key."):
            write(tags(("team", "red")))
        with refused(
            Invalid,
            "The tag policy does not allow the specified value for the following tag key: `Team`.",
        ):
            write(tags(("free", "1"), ("Team", "green")))
        write(tags(("Team", "blue"), ("cost", "any")))


def test_a_tag_policy_of_other_types_says_nothing(known, noun) -> None:
    under_a_tag_policy(known, *(f"iam:{each}" for each in NOUNS if each != noun), "ec2:*")

    for write in writers(known, noun):
        write(tags(("team", "green")))


def test_a_tag_that_a_policy_would_refuse_today_is_taken_off(known) -> None:
    under_a_tag_policy(known, "iam:user")
    known.put(user("one", tags=(Tag("team", "green"), Tag("a", "b"))))
    known.call(users.untag_user, UserName="one", TagKeys=["team"])

    assert known.call(users.list_user_tags, UserName="one")["Tags"] == tags(("a", "b"))
