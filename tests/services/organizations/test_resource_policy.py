"""The resource policy on the wire: stored, replaced, deleted, and what it delegates."""

import json

import pytest
from tests.documents import deny, policy
from tests.services.organizations.conftest import (
    ALL,
    FLAT,
    FULL,
    HARMLESS,
    SCP,
    TAG,
    cases,
    denied,
    founded,
    fresh,
    refused,
    tag_policy,
)

REFUSED = cases("resource_policies")


def granting(account, *actions, resource="*", effect="Allow", **more):
    """Return a statement that allows an account some actions."""
    return {
        "Sid": "a",
        "Effect": effect,
        "Principal": {"AWS": account},
        "Action": [f"organizations:{each}" for each in actions],
        "Resource": resource,
        **more,
    }


def put(org, *statements, **more):
    return org.o.put_resource_policy(Content=policy(*statements), **more)["ResourcePolicy"]


@pytest.fixture
def member(org):
    return org.account()


def test_there_is_one_and_it_is_replaced(org, member) -> None:
    refused("ResourcePolicyNotFound", org.o.describe_resource_policy)
    refused("ResourcePolicyNotFound", org.o.delete_resource_policy)
    first = put(org, granting(member, "ListPolicies"), Tags=[{"Key": "a", "Value": "b"}])
    summary = first["ResourcePolicySummary"]

    assert summary["Id"].startswith("rp-")
    assert summary["Arn"] == f"{org.prefix}:resourcepolicy/{org.id}/{summary['Id']}"
    assert org.o.describe_resource_policy()["ResourcePolicy"] == first
    second = put(org, granting(member, "ListRoots"))
    assert second["ResourcePolicySummary"] == summary
    assert org.o.describe_resource_policy()["ResourcePolicy"] == second
    tags = org.o.list_tags_for_resource(ResourceId=summary["Id"])["Tags"]
    assert tags == [{"Key": "a", "Value": "b"}]
    org.o.delete_resource_policy()
    refused("ResourcePolicyNotFound", org.o.describe_resource_policy)
    refused("TargetNotFound", org.o.list_tags_for_resource, ResourceId=summary["Id"])


def test_its_text_comes_back_as_it_was_sent(org, member) -> None:
    text = " \n" + policy(granting(member, "ListRoots")) + "\n"

    assert org.o.put_resource_policy(Content=text)["ResourcePolicy"]["Content"] == text


def test_it_has_tags_when_it_is_made_and_not_when_it_is_replaced(org, member) -> None:
    content = policy(granting(member, "ListRoots"))
    put(org, granting(member, "ListRoots"))

    refused(
        "InvalidInput",
        org.o.put_resource_policy,
        "INVALID_LIST_MEMBER",
        Content=content,
        Tags=[{"Key": "a", "Value": "b"}],
    )
    org.o.delete_resource_policy()
    refused(
        "InvalidInput",
        org.o.put_resource_policy,
        "DUPLICATE_TAG_KEY",
        Content=content,
        Tags=[{"Key": "a", "Value": "b"}] * 2,
    )
    refused("ResourcePolicyNotFound", org.o.describe_resource_policy)


def test_it_has_forty_thousand_characters_and_no_more(org, member) -> None:
    text = policy(granting(member, "ListRoots"))

    org.o.put_resource_policy(Content=text + " " * (40_000 - len(text)))
    refused(
        "InvalidInput",
        org.o.put_resource_policy,
        "MAX_LENGTH_EXCEEDED",
        Content=text + " " * (40_001 - len(text)),
    )
    refused("InvalidInput", org.unchecked.put_resource_policy, "MIN_LENGTH_EXCEEDED", Content="")
    refused("InvalidInput", org.unchecked.put_resource_policy, "INPUT_REQUIRED")


@pytest.mark.parametrize("case", REFUSED, ids=[case["case"] for case in REFUSED])
def test_what_may_not_be_delegated_is_refused_with_a_reason(org, member, case) -> None:
    text = case.get("text") or json.dumps(case["document"])
    for name, value in {
        "MEMBER": member,
        "MANAGEMENT": org.management,
        "ORGANIZATION": org.id,
    }.items():
        text = text.replace(name, value)

    if case["reason"]:
        refused("InvalidInput", org.o.put_resource_policy, case["reason"], Content=text)
    else:
        org.o.put_resource_policy(Content=text)


def test_neither_a_stranger_nor_who_has_left_is_a_principal(org, member, first) -> None:
    put(org, granting(member, "ListRoots"))
    org.o.remove_account_from_organization(AccountId=member)

    for account in (member, founded(first).management, "000000000000"):
        refused(
            "InvalidInput",
            org.o.put_resource_policy,
            "INVALID_PRINCIPAL",
            Content=policy(granting(account, "ListRoots")),
        )
    refused("AWSOrganizationsNotInUse", org.client(account=member).list_roots)


def test_a_named_member_does_what_it_was_given_and_nothing_else(org, member) -> None:
    put(org, granting(member, "CreatePolicy", "ListPolicies", "DescribePolicy"))
    own = org.client(account=member)
    made = own.create_policy(Content=HARMLESS, Description="", Name="Theirs", Type=SCP)["Policy"]

    assert made["PolicySummary"] in own.list_policies(Filter=SCP)["Policies"]
    assert made["PolicySummary"]["Arn"].startswith(f"{org.prefix}:policy/{org.id}/")
    link = {"PolicyId": made["PolicySummary"]["Id"], "TargetId": org.root}
    assert "organizations:AttachPolicy" in denied(own.attach_policy, **link)
    denied(own.list_accounts)
    # With tags one more permission is needed.
    denied(
        own.create_policy,
        Content=HARMLESS,
        Description="",
        Name="t",
        Type=SCP,
        Tags=[{"Key": "a", "Value": "b"}],
    )
    # What may not be delegated stays the management account's alone.
    answer = refused("AccessDenied", own.create_organizational_unit, ParentId=org.root, Name="n")
    assert answer["Error"]["Message"] == FLAT
    org.o.delete_resource_policy()
    answer = refused("AccessDenied", own.list_policies, Filter=SCP)
    assert answer["Error"]["Message"] == FLAT


def test_another_member_is_not_meant(org, member) -> None:
    put(org, granting(member, "ListRoots"))

    refused("AccessDenied", org.client(account=org.account()).list_roots)


def test_the_members_own_policies_must_allow_as_well(org, member) -> None:
    put(org, granting(member, "ListRoots", "ListAccounts"))
    may = {"Effect": "Allow", "Action": "organizations:ListRoots", "Resource": "*"}
    own = org.client(account=member, key=org.user(member, may))

    assert own.list_roots()["Roots"]
    assert "identity-based policy" in denied(own.list_accounts)
    denied(org.client(account=member, key=org.user(member)).list_roots)


def test_what_stands_above_the_member_holds_for_what_it_was_given(org, member) -> None:
    put(org, granting(member, "ListRoots", "ListAccounts"))
    made = org.policy(policy(deny("organizations:ListRoots")), on=member)
    own = org.client(account=member)

    assert made["Arn"] in denied(own.list_roots)
    assert own.list_accounts()["Accounts"]


def test_who_is_named_only_to_be_denied_is_not_named(org, member) -> None:
    other = org.account()
    put(org, granting(member, "ListRoots"), granting(other, "ListRoots", effect="Deny"))

    answer = refused("AccessDenied", org.client(account=other).list_roots)
    assert answer["Error"]["Message"] == FLAT


def test_one_role_may_be_named_and_the_rest_of_its_account_is_not(org, member) -> None:
    role = org.role(member, f"arn:aws:iam::{member}:root")
    put(org, granting(role, "ListRoots"))
    key = org.user(member, ALL)
    session = org.client("sts", key=key).assume_role(RoleArn=role, RoleSessionName="me")

    assert org.client(key=session["Credentials"]).list_roots()["Roots"]
    refused("AccessDenied", org.client(key=key).list_roots)


def test_a_statement_that_denies_wins(org, member) -> None:
    put(
        org,
        granting(member, "ListPolicies", "ListRoots"),
        granting(member, "ListRoots", effect="Deny"),
    )
    own = org.client(account=member)

    assert own.list_policies(Filter=SCP)["Policies"]
    assert "with an explicit deny in a resource-based policy" in denied(own.list_roots)


@pytest.mark.parametrize("operator", ["StringEquals", "StringLike", "StringEqualsIfExists"])
def test_the_type_of_policy_is_a_condition_of_every_operation_on_policies(
    org, member, operator
) -> None:
    org.enable(TAG)
    condition = {operator: {"organizations:PolicyType": TAG}}
    put(
        org,
        granting(
            member,
            "CreatePolicy",
            "DescribePolicy",
            "UpdatePolicy",
            "DeletePolicy",
            "AttachPolicy",
            "DetachPolicy",
            "ListPolicies",
            "ListPoliciesForTarget",
            "ListTargetsForPolicy",
            "DisablePolicyType",
            "EnablePolicyType",
            "TagResource",
            Condition=condition,
        ),
    )
    own, unit = org.client(account=member), org.unit()
    scp = {"PolicyId": org.policy(HARMLESS)["Id"]}
    new = {"Description": "", "Name": fresh()}
    tags = [{"Key": "a", "Value": "b"}]

    made = {
        "PolicyId": own.create_policy(Content=tag_policy(), Type=TAG, **new)["Policy"][
            "PolicySummary"
        ]["Id"]
    }
    for call in (own.describe_policy, own.update_policy, own.list_targets_for_policy):
        call(**made)
        denied(call, **scp)
    own.attach_policy(**made, TargetId=unit)
    denied(own.attach_policy, **scp, TargetId=unit)
    own.list_policies_for_target(TargetId=unit, Filter=TAG)
    denied(own.list_policies_for_target, TargetId=unit, Filter=SCP)
    own.detach_policy(**made, TargetId=unit)
    denied(own.detach_policy, PolicyId=FULL, TargetId=unit)
    own.list_policies(Filter=TAG)
    denied(own.list_policies, Filter=SCP)
    own.tag_resource(ResourceId=made["PolicyId"], Tags=tags)
    denied(own.tag_resource, ResourceId=scp["PolicyId"], Tags=tags)
    denied(own.create_policy, Content=HARMLESS, Type=SCP, **new)
    own.delete_policy(**made)
    denied(own.delete_policy, **scp)
    root = {"RootId": org.root}
    own.disable_policy_type(**root, PolicyType=TAG)
    own.enable_policy_type(**root, PolicyType=TAG)
    denied(own.disable_policy_type, **root, PolicyType=SCP)


def test_where_a_member_may_attach_is_a_resource(org, member) -> None:
    mine, other = org.unit(), org.unit()
    made = org.policy(HARMLESS)["Id"]
    put(
        org,
        granting(
            member,
            "AttachPolicy",
            resource=[org.arn(mine), f"{org.prefix}:policy/{org.id}/service_control_policy/*"],
        ),
    )
    own = org.client(account=member)

    own.attach_policy(PolicyId=made, TargetId=mine)
    assert org.arn(other) in denied(own.attach_policy, PolicyId=made, TargetId=other)
    denied(own.attach_policy, PolicyId=FULL, TargetId=mine)


def test_a_deny_of_the_resource_policy_reaches_a_delegated_administrator(first) -> None:
    org = founded(first)
    account = org.account()
    org.delegate(account)
    org.client(account=account).list_roots()
    denied_to = {
        "Effect": "Deny",
        "Principal": {"AWS": account},
        "Action": "organizations:ListRoots",
        "Resource": "*",
    }
    org.o.put_resource_policy(Content=policy(denied_to))

    words = denied(org.client(account=account).list_roots)
    assert "with an explicit deny in a resource-based policy" in words
    org.client(account=account).list_accounts()
