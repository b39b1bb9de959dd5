"""Tags on every kind of resource of an organization."""

import pytest
from tests.documents import policy
from tests.services.organizations.conftest import HARMLESS, SCP, TAG, founded, refused, tag_policy

KINDS = ["account", "management account", "root", "unit", "policy", "resource policy"]


def make(org, kind):
    """Create a resource of a kind and return its id."""
    if kind == "resource policy":
        account = org.account()
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": account},
            "Action": "organizations:ListRoots",
            "Resource": "*",
        }
        made = org.o.put_resource_policy(Content=policy(statement))["ResourcePolicy"]
        return made["ResourcePolicySummary"]["Id"]
    return {
        "account": org.account,
        "management account": lambda: org.management,
        "root": lambda: org.root,
        "unit": org.unit,
        "policy": lambda: org.policy(HARMLESS)["Id"],
    }[kind]()


def tags(org, identifier):
    found = org.o.list_tags_for_resource(ResourceId=identifier)
    assert "NextToken" not in found
    return {tag["Key"]: tag["Value"] for tag in found["Tags"]}


def put(org, identifier, **labels):
    listed = [{"Key": key, "Value": value} for key, value in labels.items()]
    org.o.tag_resource(ResourceId=identifier, Tags=listed)


@pytest.mark.parametrize("kind", KINDS)
def test_a_thing_has_tags_that_are_changed_and_taken_off(org, kind) -> None:
    thing = make(org, kind)
    assert tags(org, thing) == {}

    put(org, thing, a="1", b="")
    put(org, thing, b="2", c="3")
    assert tags(org, thing) == {"a": "1", "b": "2", "c": "3"}
    org.o.untag_resource(ResourceId=thing, TagKeys=["a", "c", "none"])
    assert tags(org, thing) == {"b": "2"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_thing_has_fifty_tags_and_no_more(org, kind) -> None:
    thing = make(org, kind)
    put(org, thing, **{f"k{at}": "v" for at in range(50)})

    assert len(tags(org, thing)) == 50
    refused(
        "ConstraintViolation",
        org.o.tag_resource,
        "MAX_TAG_LIMIT_EXCEEDED",
        ResourceId=thing,
        Tags=[{"Key": "one more", "Value": ""}],
    )
    put(org, thing, k0="again")
    assert tags(org, thing)["k0"] == "again"


def test_a_key_is_one_whatever_its_case(org) -> None:
    put(org, org.root, Team="a")
    put(org, org.root, team="b")

    assert tags(org, org.root) == {"team": "b"}
    refused(
        "InvalidInput",
        org.o.tag_resource,
        "DUPLICATE_TAG_KEY",
        ResourceId=org.root,
        Tags=[{"Key": "x", "Value": ""}, {"Key": "X", "Value": ""}],
    )


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("aws:x", "", "INVALID_SYSTEM_TAGS_PARAMETER"),
        ("AWS:x", "", "INVALID_SYSTEM_TAGS_PARAMETER"),
        ("", "", "MIN_LENGTH_EXCEEDED"),
        ("k" * 129, "", "MAX_LENGTH_EXCEEDED"),
        ("k", "v" * 257, "MAX_LENGTH_EXCEEDED"),
        ("k;", "", "INVALID_PATTERN"),
        ("k", "a&b", "INVALID_PATTERN"),
        (None, "", "INPUT_REQUIRED"),
        ("k", None, "INPUT_REQUIRED"),
    ],
)
def test_a_tag_that_breaks_the_rules_is_refused_with_a_reason(shared, key, value, reason) -> None:
    tag = {name: text for name, text in (("Key", key), ("Value", value)) if text is not None}

    refused(
        "InvalidInput", shared.unchecked.tag_resource, reason, ResourceId=shared.root, Tags=[tag]
    )


def test_a_tag_at_every_bound_is_kept(org) -> None:
    key, value = "ключ _.:/=+-@"[:14] + "k" * 114, "v" * 256

    put(org, org.root, **{key: value})
    assert tags(org, org.root) == {key: value}


@pytest.mark.parametrize("call", ["tag_resource", "untag_resource", "list_tags_for_resource"])
def test_what_is_tagged_must_be_there_and_be_an_id(shared, call) -> None:
    more = {"tag_resource": {"Tags": []}, "untag_resource": {"TagKeys": []}}.get(call, {})
    checked, unchecked = getattr(shared.o, call), getattr(shared.unchecked, call)

    for thing in (
        "000000000000",
        "r-zzzz",
        "ou-zzzz-00000000",
        "p-0000000000",
        "rp-0000",
        "rt-00000000",
    ):
        refused("TargetNotFound", checked, ResourceId=thing, **more)
    for thing in ("o-0123456789", "x000000000000", "p-short", "ou-zzzz-00000000/"):
        refused("InvalidInput", unchecked, "INVALID_PATTERN", ResourceId=thing, **more)
    refused("InvalidInput", unchecked, "INPUT_REQUIRED", **more)


@pytest.mark.parametrize("kind", ["unit", "policy"])
def test_tags_are_on_a_thing_from_the_start(org, kind) -> None:
    labels = [{"Key": "a", "Value": "1"}]
    thing = org.unit(Tags=labels) if kind == "unit" else org.policy(HARMLESS, Tags=labels)["Id"]

    assert tags(org, thing) == {"a": "1"}


def test_bad_tags_refuse_the_whole_request(org) -> None:
    why, labels = "DUPLICATE_TAG_KEY", [{"Key": "a", "Value": ""}] * 2

    refused(
        "InvalidInput",
        org.o.create_organizational_unit,
        why,
        ParentId=org.root,
        Name="n",
        Tags=labels,
    )
    refused(
        "InvalidInput",
        org.o.create_policy,
        why,
        Content=HARMLESS,
        Description="",
        Name="n",
        Type=SCP,
        Tags=labels,
    )
    assert (
        org.o.list_organizational_units_for_parent(ParentId=org.root)["OrganizationalUnits"] == []
    )
    assert len(org.o.list_policies(Filter=SCP)["Policies"]) == 1


def test_tags_go_with_what_they_are_on(org) -> None:
    unit, account = org.unit(), org.account()
    made = org.policy(HARMLESS)["Id"]
    for thing in (unit, account, made):
        put(org, thing, a="1")
    org.o.delete_organizational_unit(OrganizationalUnitId=unit)
    org.o.remove_account_from_organization(AccountId=account)
    org.o.delete_policy(PolicyId=made)

    for thing in (unit, account, made):
        refused("TargetNotFound", org.o.list_tags_for_resource, ResourceId=thing)


def test_tags_of_the_organizations_own_things_keep_to_its_tag_policy(first) -> None:
    org = founded(first)
    org.enable(TAG)
    team = tag_policy(
        tag_key={"@@assign": "Team"},
        tag_value={"@@assign": ["red"]},
        enforced_for={"@@assign": ["organizations:*"]},
    )
    org.policy(team, kind=TAG, on=org.root)
    unit = org.unit()
    wrong = [{"Key": "team", "Value": "red"}]

    refused(
        "ConstraintViolation",
        org.o.tag_resource,
        "TAG_POLICY_VIOLATION",
        ResourceId=unit,
        Tags=wrong,
    )
    refused(
        "ConstraintViolation",
        org.o.create_organizational_unit,
        "TAG_POLICY_VIOLATION",
        ParentId=org.root,
        Name="x",
        Tags=wrong,
    )
    refused(
        "ConstraintViolation",
        org.o.create_account,
        "TAG_POLICY_VIOLATION",
        AccountName="x",
        Email="x@example.com",
        Tags=wrong,
    )
    org.o.tag_resource(
        ResourceId=unit, Tags=[{"Key": "Team", "Value": "red"}, {"Key": "Other", "Value": "any"}]
    )
