"""Operations on managed policies: answers, changes and refusals."""

import json

import pytest
from msgspec.structs import replace
from tests.services.support import (
    ACCOUNT,
    ALLOW,
    NOW,
    OTHER,
    TRUST,
    Snapshot,
    an_account,
    group,
    managed_policy,
    names,
    refused,
    role,
    unique_id,
    user,
)

from daypass.core import quotas
from daypass.core.domain.iam.managed_policy import ManagedPolicy, PolicyVersion
from daypass.core.domain.record import Tag
from daypass.core.faults import (
    AlreadyExists,
    Denied,
    InUse,
    Malformed,
    NotFound,
    TooMany,
    Violation,
)
from daypass.services.iam.policies import managed_policies

MINE = f"arn:aws:iam::{ACCOUNT}:policy/mine"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def known():
    return Snapshot()


def view(record, attached=0, boundaries=0):
    return {
        "PolicyName": record.name,
        "PolicyId": record.unique_id,
        "Arn": record.arn,
        "Path": record.path,
        "DefaultVersionId": record.default,
        "AttachmentCount": attached,
        "PermissionsBoundaryUsageCount": boundaries,
        "IsAttachable": True,
        "CreateDate": record.created,
        "UpdateDate": record.updated,
    }


def test_a_new_policy_has_one_version_and_hangs_nowhere(known) -> None:
    made = known.call(
        managed_policies.create_policy,
        PolicyName="mine",
        Path="/team/",
        PolicyDocument=ALLOW,
        Description="for me",
        Tags=[{"Key": "a", "Value": "b"}],
    )["Policy"]

    (mine,) = known.account.of(ManagedPolicy)
    assert mine == ManagedPolicy(
        account=ACCOUNT,
        name="mine",
        path="/team/",
        unique_id=mine.unique_id,
        created=NOW,
        updated=NOW,
        default="v1",
        versions=(PolicyVersion("v1", ALLOW, NOW),),
        description="for me",
        tags=(Tag("a", "b"),),
    )
    assert made == view(mine) | {"Tags": [{"Key": "a", "Value": "b"}]}
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:policy/team/mine"
    assert mine.unique_id.startswith("ANPA")


def test_a_policys_name_is_taken_in_its_account_whatever_its_case_and_path(known) -> None:
    known.put(
        managed_policy("mine", path="/team/"),
        an_account(OTHER),
        managed_policy("theirs", account=OTHER),
    )

    with refused(
        AlreadyExists, "A policy called Mine already exists. Duplicate names are not allowed."
    ):
        known.call(managed_policies.create_policy, PolicyName="Mine", PolicyDocument=ALLOW)
    for free in ("theirs", "ReadOnlyAccess"):
        assert known.call(managed_policies.create_policy, PolicyName=free, PolicyDocument=ALLOW)


def test_an_account_has_so_many_policies_not_counting_awss(known, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "POLICIES_MAX", 1)
    known.call(managed_policies.create_policy, PolicyName="first", PolicyDocument=ALLOW)

    with refused(TooMany, "Cannot exceed quota for PoliciesPerAccount: 1"):
        known.call(managed_policies.create_policy, PolicyName="second", PolicyDocument=ALLOW)


def test_a_document_counts_without_its_white_space(known, monkeypatch) -> None:
    monkeypatch.setattr(quotas, "MANAGED_POLICY_CHARACTERS_MAX", len(ALLOW))
    spaced = json.dumps(json.loads(ALLOW), indent=8)
    known.call(managed_policies.create_policy, PolicyName="spaced", PolicyDocument=spaced)

    assert known.account.of(ManagedPolicy).find("spaced").document == spaced
    with refused(TooMany, f"Cannot exceed quota for PolicySize: {len(ALLOW)}"):
        known.call(
            managed_policies.create_policy,
            PolicyName="long",
            PolicyDocument=ALLOW.replace('"*"', '"a:*"', 1),
        )


@pytest.mark.parametrize("text", ["no JSON", "[]", TRUST, ALLOW.replace("Allow", "allow")])
def test_a_document_that_iam_does_not_take_makes_no_policy(known, text) -> None:
    with pytest.raises(Malformed):
        known.call(managed_policies.create_policy, PolicyName="mine", PolicyDocument=text)
    assert names(known.account.of(ManagedPolicy)) == []


def test_a_policy_is_shown_with_how_often_it_is_used(known) -> None:
    mine = managed_policy(
        "mine", ALLOW, ALLOW, default="v1", description="for me", tags=(Tag("a", "b"),)
    )
    known.put(
        mine,
        managed_policy("bare"),
        user("alice", attached=(mine.arn,), boundary=mine.arn),
        group("friends", attached=(READ_ONLY, mine.arn)),
        role("worker", boundary=mine.arn),
        role("other"),
        an_account(OTHER),
        user("bob", OTHER, attached=(READ_ONLY,), boundary=READ_ONLY),
    )

    def shown(arn):
        return known.call(managed_policies.get_policy, PolicyArn=arn)["Policy"]

    assert shown(mine.arn) == view(mine, attached=2, boundaries=2) | {
        "Description": "for me",
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    assert shown(managed_policy("bare").arn) == view(managed_policy("bare")) | {"Tags": []}
    assert (
        shown(READ_ONLY)["AttachmentCount"],
        shown(READ_ONLY)["PermissionsBoundaryUsageCount"],
    ) == (1, 0)


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        (managed_policies.get_policy, {}),
        (managed_policies.delete_policy, {}),
        (managed_policies.list_entities_for_policy, {}),
        (managed_policies.tag_policy, {"Tags": []}),
        (managed_policies.untag_policy, {"TagKeys": []}),
        (managed_policies.list_policy_tags, {}),
    ],
)
@pytest.mark.parametrize(
    "arn",
    [
        f"{MINE}s",
        MINE.replace("mine", "Mine"),
        MINE.replace("mine", "a/mine"),
        MINE.replace("mine", "theirs").replace(ACCOUNT, OTHER),
        MINE.replace(":policy/", ":user/"),
    ],
)
def test_a_policy_is_found_by_its_exact_arn_in_its_own_account(known, operation, more, arn) -> None:
    # T237-PRIV
    known.put(
        managed_policy("mine"),
        user("mine"),
        an_account(OTHER),
        managed_policy("theirs", account=OTHER),
    )

    words = "was not found."
    if operation is managed_policies.list_entities_for_policy:
        words = "does not exist or is not attachable."
    with refused(NotFound, f"Policy {arn} {words}"):
        known.call(operation, PolicyArn=arn, **more)


def test_what_is_no_arn_is_refused(known) -> None:
    for operation in (managed_policies.get_policy, managed_policies.list_entities_for_policy):
        with refused(Violation, "ARN the-policy-of-that-name is not valid."):
            known.call(operation, PolicyArn="the-policy-of-that-name")


@pytest.mark.parametrize(
    ("operation", "more", "change"),
    [
        (managed_policies.delete_policy, {}, "delete"),
        (managed_policies.tag_policy, {"Tags": [{"Key": "a", "Value": "b"}]}, "update"),
        (managed_policies.untag_policy, {"TagKeys": ["a"]}, "update"),
    ],
)
def test_what_aws_manages_is_not_the_accounts_to_change(known, operation, more, change) -> None:
    before = known.directory

    with refused(Denied, f"Cannot {change} policies outside your own account."):
        known.call(operation, PolicyArn=READ_ONLY, **more)
    assert known.directory is before


@pytest.mark.parametrize(
    "holder",
    [
        user("one", attached=(MINE,)),
        group("one", attached=(MINE,)),
        role("one", attached=(MINE,)),
        user("one", boundary=MINE),
        role("one", boundary=MINE),
    ],
)
def test_a_policy_that_somebody_holds_is_not_deleted(known, holder) -> None:
    known.put(managed_policy("mine"), holder)

    with refused(InUse, "Cannot delete a policy attached to entities."):
        known.call(managed_policies.delete_policy, PolicyArn=MINE)
    assert names(known.account.of(ManagedPolicy)) == ["mine"]


def test_a_policy_is_deleted_with_its_last_version(known) -> None:
    known.put(managed_policy("mine", ALLOW, ALLOW), managed_policy("other"))

    with refused(
        InUse,
        "This policy has more than one version. Before you delete a policy, you must delete "
        "the policy's versions. The default version is deleted with the policy.",
    ):
        known.call(managed_policies.delete_policy, PolicyArn=MINE)
    known.put(managed_policy("mine"))
    assert known.call(managed_policies.delete_policy, PolicyArn=MINE) == {}
    assert names(known.account.of(ManagedPolicy)) == ["other"]


def listed(known, **more):
    """Return the names of listed policies, without AWS's that are attached to no entity."""
    found = known.call(managed_policies.list_policies, **more)["Policies"]
    return [
        each["PolicyName"]
        for each in found
        if ACCOUNT in each["Arn"]
        or each["AttachmentCount"]
        or each["PermissionsBoundaryUsageCount"]
    ]


@pytest.fixture
def used(known):
    """Return policies that are attached, a boundary, both and neither, each in a path."""
    both, attached, bounding, unused = (
        managed_policy(name, path=f"/{name}/")
        for name in ("both", "attached", "bounding", "unused")
    )
    known.put(
        both,
        attached,
        bounding,
        unused,
        user("alice", attached=(both.arn, READ_ONLY), boundary=bounding.arn),
        group("friends", attached=(attached.arn,)),
        role("worker", boundary=both.arn),
    )
    known.put(an_account(OTHER), managed_policy("theirs", account=OTHER))
    return known


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ["attached", "both", "bounding", "unused", "ReadOnlyAccess"]),
        ({"Scope": "All"}, ["attached", "both", "bounding", "unused", "ReadOnlyAccess"]),
        ({"Scope": "Local"}, ["attached", "both", "bounding", "unused"]),
        ({"Scope": "AWS"}, ["ReadOnlyAccess"]),
        ({"OnlyAttached": False}, ["attached", "both", "bounding", "unused", "ReadOnlyAccess"]),
        ({"OnlyAttached": True}, ["attached", "both", "ReadOnlyAccess"]),
        ({"PolicyUsageFilter": "PermissionsPolicy"}, ["attached", "both", "ReadOnlyAccess"]),
        ({"PolicyUsageFilter": "PermissionsBoundary"}, ["both", "bounding"]),
        ({"PolicyUsageFilter": "PermissionsBoundary", "OnlyAttached": True}, ["both", "bounding"]),
        ({"PolicyUsageFilter": "PermissionsPolicy", "Scope": "AWS"}, ["ReadOnlyAccess"]),
        ({"PathPrefix": "/both/"}, ["both"]),
        ({"PathPrefix": "/nowhere/"}, []),
    ],
)  # fmt: skip
def test_policies_are_listed_by_scope_path_and_use(used, more, expected) -> None:
    assert listed(used, **more) == expected


def test_every_policy_that_aws_manages_has_its_description(known) -> None:
    listed = known.call(managed_policies.list_policies, Scope="AWS")["Policies"]
    shown = [
        known.call(managed_policies.get_policy, PolicyArn=each["Arn"])["Policy"] for each in listed
    ]

    assert [each["PolicyName"] for each in shown if not each.get("Description")] == []
    by_name = {each["PolicyName"]: each for each in shown}
    assert by_name["IAMUserChangePassword"]["Description"] == (
        "Provides the ability for an IAM user to change their own password."
    )
    assert not any({"Description", "Tags"} & set(each) for each in listed)


def test_policies_are_listed_without_tags_and_descriptions(known) -> None:
    mine = known.put(managed_policy("mine", description="for me", tags=(Tag("a", "b"),)))

    assert known.call(managed_policies.list_policies, Scope="Local")["Policies"] == [view(mine)]
    assert len(known.call(managed_policies.list_policies, Scope="AWS")["Policies"]) == len(
        known.directory.partition("aws").of(ManagedPolicy)
    )


@pytest.fixture
def holders(known):
    """Return users, groups and roles that have a policy in each possible way."""
    known.put(
        managed_policy("mine"),
        user("attached", path="/a/", attached=(MINE,)),
        user("bounded", path="/b/", boundary=MINE),
        user("both", attached=(MINE,), boundary=MINE),
        user("free", attached=(READ_ONLY,)),
        group("friends", path="/a/", attached=(READ_ONLY, MINE)),
        role("worker", path="/a/", attached=(MINE,)),
        role("guest", path="/b/", boundary=MINE),
    )
    return known


@pytest.mark.parametrize(
    ("more", "groups", "users", "roles"),
    [
        ({}, ["friends"], ["attached", "both", "bounded"], ["guest", "worker"]),
        ({"PolicyUsageFilter": "PermissionsPolicy"}, ["friends"], ["attached", "both"], ["worker"]),
        ({"PolicyUsageFilter": "PermissionsBoundary"}, [], ["both", "bounded"], ["guest"]),
        ({"EntityFilter": "User"}, [], ["attached", "both", "bounded"], []),
        ({"EntityFilter": "Group"}, ["friends"], [], []),
        ({"EntityFilter": "Role"}, [], [], ["guest", "worker"]),
        ({"EntityFilter": "AWSManagedPolicy"}, [], [], []),
        ({"PathPrefix": "/a/"}, ["friends"], ["attached"], ["worker"]),
        (
            {
                "PathPrefix": "/b/",
                "EntityFilter": "Role",
                "PolicyUsageFilter": "PermissionsBoundary",
            },
            [],
            [],
            ["guest"],
        ),
    ],
)
def test_whoever_holds_a_policy_is_listed_once(holders, more, groups, users, roles) -> None:
    found = holders.call(managed_policies.list_entities_for_policy, PolicyArn=MINE, **more)

    assert [each["GroupName"] for each in found["PolicyGroups"]] == groups
    assert sorted(each["UserName"] for each in found["PolicyUsers"]) == users
    assert sorted(each["RoleName"] for each in found["PolicyRoles"]) == roles


def test_a_holder_is_shown_by_name_and_id(known) -> None:
    known.put(
        managed_policy("mine"),
        user("alice", attached=(MINE,)),
        group("friends", attached=(MINE,)),
        role("worker", attached=(MINE,)),
    )

    assert known.call(managed_policies.list_entities_for_policy, PolicyArn=MINE) == {
        "PolicyGroups": [{"GroupName": "friends", "GroupId": unique_id("AGPA", "friends")}],
        "PolicyUsers": [{"UserName": "alice", "UserId": unique_id("AIDA", "alice")}],
        "PolicyRoles": [{"RoleName": "worker", "RoleId": unique_id("AROA", "worker")}],
    }


def test_an_account_sees_no_holders_of_another(known) -> None:
    known.put(an_account(OTHER), user("bob", OTHER, attached=(READ_ONLY,), boundary=READ_ONLY))

    assert known.call(managed_policies.list_entities_for_policy, PolicyArn=READ_ONLY) == {
        "PolicyGroups": [],
        "PolicyUsers": [],
        "PolicyRoles": [],
    }


def test_a_policys_tags_are_put_replaced_and_taken_off(known) -> None:
    mine, other = (
        known.put(managed_policy("mine", ALLOW, ALLOW)),
        managed_policy("other", tags=(Tag("x", "y"),)),
    )
    known.put(other)
    known.call(
        managed_policies.tag_policy,
        PolicyArn=MINE,
        Tags=[{"Key": "team", "Value": "a"}, {"Key": "cost", "Value": "1"}],
    )
    known.call(managed_policies.tag_policy, PolicyArn=MINE, Tags=[{"Key": "team", "Value": "b"}])
    known.call(managed_policies.untag_policy, PolicyArn=MINE, TagKeys=["cost", "missing"])

    assert known.call(managed_policies.list_policy_tags, PolicyArn=MINE)["Tags"] == [
        {"Key": "team", "Value": "b"}
    ]
    assert list(known.account.of(ManagedPolicy)) == [replace(mine, tags=(Tag("team", "b"),)), other]


def test_what_aws_manages_has_no_tags(known) -> None:
    assert known.call(managed_policies.list_policy_tags, PolicyArn=READ_ONLY)["Tags"] == []
