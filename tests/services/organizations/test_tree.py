"""The organization and its tree on the wire: created, listed, renamed, deleted."""

import pytest
from tests.services.organizations.conftest import FULL, HARMLESS, Org, founded, fresh, refused

from daypass.core.domain.organizations.organizational_unit import OrganizationalUnit

# The organization.


def test_an_authority_begins_with_an_organization_of_all_features(first) -> None:
    shown = first.o.describe_organization()["Organization"]

    account = first.management
    assert shown["FeatureSet"] == "ALL"
    assert shown["Arn"] == f"arn:aws:organizations::{account}:organization/{shown['Id']}"
    assert shown["MasterAccountId"] == account
    assert shown["MasterAccountArn"] == f"{first.prefix}:account/{shown['Id']}/{account}"
    assert "@" in shown["MasterAccountEmail"]
    assert shown["AvailablePolicyTypes"] == [
        {"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}
    ]


def test_a_new_organization_has_its_root_its_management_account_and_its_policies(first) -> None:
    org = Org(first.live, first.standalone())
    made = org.o.create_organization()["Organization"]

    (root,) = org.o.list_roots()["Roots"]
    (account,) = org.o.list_accounts()["Accounts"]
    assert made == org.o.describe_organization()["Organization"]
    assert made["FeatureSet"] == "ALL"
    assert root["Name"] == "Root"
    assert root["Arn"] == f"{org.prefix}:root/{made['Id']}/{root['Id']}"
    assert root["PolicyTypes"] == [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]
    assert (account["Id"], account["JoinedMethod"]) == (org.management, "INVITED")
    assert org.on(root["Id"]) == org.on(org.management) == ["FullAWSAccess"]
    roles = org.client("iam").list_roles(PathPrefix="/aws-service-role/")["Roles"]
    assert [each["RoleName"] for each in roles] == [
        "AWSServiceRoleForOrganizations",
        "AWSServiceRoleForSSO",
    ]


def test_an_organization_of_shared_bills_has_no_policy_type(billing) -> None:
    assert billing.o.describe_organization()["Organization"]["FeatureSet"] == "CONSOLIDATED_BILLING"
    assert billing.types() == []


def test_what_needs_all_features_is_refused_without_them(billing) -> None:
    o, member = billing.o, billing.account()
    why = "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"
    service = {"ServicePrincipal": "ram.amazonaws.com"}

    refused("ConstraintViolation", o.close_account, why, AccountId=member)
    refused("ConstraintViolation", o.enable_aws_service_access, why, **service)
    refused("ConstraintViolation", o.disable_aws_service_access, why, **service)
    refused(
        "ConstraintViolation", o.register_delegated_administrator, why, AccountId=member, **service
    )
    refused("ConstraintViolation", o.put_resource_policy, why, Content="{}")
    unavailable = "PolicyTypeNotAvailableForOrganization"
    for kind in ("SERVICE_CONTROL_POLICY", "TAG_POLICY"):
        refused(unavailable, o.enable_policy_type, RootId=billing.root, PolicyType=kind)
        refused(unavailable, o.create_policy, Content="{}", Description="", Name="n", Type=kind)
    refused("PolicyTypeNotEnabled", o.attach_policy, PolicyId=FULL, TargetId=member)


def test_who_is_in_an_organization_makes_none(org) -> None:
    member = org.account()

    refused("AlreadyInOrganization", org.o.create_organization)
    refused("AlreadyInOrganization", org.client(account=member).create_organization)


def test_an_organization_with_members_stays(org) -> None:
    member = org.account()

    refused("OrganizationNotEmpty", org.o.delete_organization)
    org.o.close_account(AccountId=member)
    refused("OrganizationNotEmpty", org.o.delete_organization)
    org.o.remove_account_from_organization(AccountId=member)
    org.o.delete_organization()
    refused("AWSOrganizationsNotInUse", org.o.describe_organization)


def test_an_organization_that_is_let_go_takes_its_units_policies_and_tags_along(org) -> None:
    unit = org.unit(Tags=[{"Key": "a", "Value": "b"}])
    made = org.policy(HARMLESS, on=unit)
    before, root = org.id, org.root
    org.o.delete_organization()

    after = org.o.create_organization()["Organization"]["Id"]
    assert after != before
    assert org.o.list_roots()["Roots"][0]["Id"] != root
    refused("PolicyNotFound", org.o.describe_policy, PolicyId=made["Id"])
    refused(
        "OrganizationalUnitNotFound", org.o.describe_organizational_unit, OrganizationalUnitId=unit
    )
    roles = org.client("iam").list_roles(PathPrefix="/aws-service-role/")["Roles"]
    assert [each["RoleName"] for each in roles] == [
        "AWSServiceRoleForOrganizations",
        "AWSServiceRoleForSSO",
    ]


# Units.


def test_a_unit_is_made_shown_renamed_and_forgotten(org) -> None:
    made = org.o.create_organizational_unit(ParentId=org.root, Name="Sandbox")["OrganizationalUnit"]
    unit = made["Id"]

    assert made["Arn"] == org.arn(unit)
    assert unit.startswith(f"ou-{org.root.removeprefix('r-')}-")
    assert made["Path"] == f"{org.id}/{org.root}/{unit}/"
    shown = org.o.describe_organizational_unit(OrganizationalUnitId=unit)["OrganizationalUnit"]
    assert shown == made
    assert org.on(unit) == ["FullAWSAccess"]
    renamed = org.o.update_organizational_unit(OrganizationalUnitId=unit, Name="sandbox")
    assert renamed["OrganizationalUnit"] == {**made, "Name": "sandbox"}
    same = org.o.update_organizational_unit(OrganizationalUnitId=unit)["OrganizationalUnit"]
    assert same == renamed["OrganizationalUnit"]
    org.o.delete_organizational_unit(OrganizationalUnitId=unit)
    refused(
        "OrganizationalUnitNotFound", org.o.describe_organizational_unit, OrganizationalUnitId=unit
    )


def test_units_are_five_levels_deep_and_no_more(org) -> None:
    line = [org.root]
    for _ in range(5):
        line.append(org.unit(parent=line[-1]))

    shown = org.o.describe_organizational_unit(OrganizationalUnitId=line[-1])["OrganizationalUnit"]
    assert shown["Path"] == f"{org.id}/{'/'.join(line)}/"
    refused(
        "ConstraintViolation",
        org.o.create_organizational_unit,
        "OU_DEPTH_LIMIT_EXCEEDED",
        ParentId=line[-1],
        Name="sixth",
    )


def test_there_are_two_thousand_units_and_no_more(org) -> None:
    one = org.unit()
    record = org.view().of(OrganizationalUnit).get(one)
    kind = type(record)
    fields = {name: getattr(record, name) for name in ("account", "parent", "attached")}
    org.put(
        *(
            kind(id=f"{one[:-8]}{at:08}", name=f"u{at}", serial=1_000 + at, **fields)
            for at in range(1_998)
        )
    )

    org.unit("last")
    refused(
        "ConstraintViolation",
        org.o.create_organizational_unit,
        "OU_NUMBER_LIMIT_EXCEEDED",
        ParentId=org.root,
        Name="more",
    )


def test_a_name_is_taken_among_siblings_and_as_it_is_spelled(org) -> None:
    outer = org.unit("twin")

    refused(
        "DuplicateOrganizationalUnit",
        org.o.create_organizational_unit,
        ParentId=org.root,
        Name="twin",
    )
    inner, other = org.unit("twin", outer), org.unit("Twin")
    assert len({outer, inner, other}) == 3
    refused(
        "DuplicateOrganizationalUnit",
        org.o.update_organizational_unit,
        OrganizationalUnitId=other,
        Name="twin",
    )


def test_a_unit_in_which_something_is_left_stays(org) -> None:
    with_unit, with_account = org.unit(), org.unit()
    inner, account = org.unit(parent=with_unit), org.account(parent=with_account)

    for unit in (with_unit, with_account):
        refused(
            "OrganizationalUnitNotEmpty",
            org.o.delete_organizational_unit,
            OrganizationalUnitId=unit,
        )
    org.o.delete_organizational_unit(OrganizationalUnitId=inner)
    org.move(account, org.root)
    for unit in (with_unit, with_account):
        org.o.delete_organizational_unit(OrganizationalUnitId=unit)
    assert (
        org.o.list_organizational_units_for_parent(ParentId=org.root)["OrganizationalUnits"] == []
    )


# Parents and children.


def test_the_tree_is_walked_from_the_root_down_and_back(org) -> None:
    outer = org.unit()
    inner = org.unit(parent=outer)
    account = org.account(parent=inner)
    o = org.o

    assert o.list_parents(ChildId=account)["Parents"] == [
        {"Id": inner, "Type": "ORGANIZATIONAL_UNIT"}
    ]
    assert o.list_parents(ChildId=inner)["Parents"] == [
        {"Id": outer, "Type": "ORGANIZATIONAL_UNIT"}
    ]
    assert o.list_parents(ChildId=outer)["Parents"] == [{"Id": org.root, "Type": "ROOT"}]
    children = o.list_children(ParentId=org.root, ChildType="ORGANIZATIONAL_UNIT")["Children"]
    assert children == [{"Id": outer, "Type": "ORGANIZATIONAL_UNIT"}]
    children = o.list_children(ParentId=org.root, ChildType="ACCOUNT")["Children"]
    assert children == [{"Id": org.management, "Type": "ACCOUNT"}]
    assert o.list_children(ParentId=outer, ChildType="ACCOUNT")["Children"] == []
    (shown,) = o.list_accounts_for_parent(ParentId=inner)["Accounts"]
    assert shown == o.describe_account(AccountId=account)["Account"]
    assert shown["Paths"] == [f"{org.id}/{org.root}/{outer}/{inner}/{account}/"]
    (unit,) = o.list_organizational_units_for_parent(ParentId=outer)["OrganizationalUnits"]
    assert unit == o.describe_organizational_unit(OrganizationalUnitId=inner)["OrganizationalUnit"]


def test_an_account_moves_from_where_it_is_to_where_it_is_not(org) -> None:
    unit, other, account = org.unit(), org.unit(), org.account()
    gone = f"{unit[:-8]}00000000"

    def moved(code, account, source, destination):
        refused(
            code,
            org.o.move_account,
            AccountId=account,
            SourceParentId=source,
            DestinationParentId=destination,
        )

    moved("AccountNotFound", "000000000000", org.root, unit)
    moved("SourceParentNotFound", account, other, unit)
    moved("SourceParentNotFound", account, gone, unit)
    moved("DestinationParentNotFound", account, org.root, gone)
    moved("DuplicateAccount", account, org.root, org.root)
    org.move(account, unit, org.root)
    assert org.o.list_parents(ChildId=account)["Parents"][0]["Id"] == unit
    org.move(org.management, other, org.root)
    assert org.o.list_parents(ChildId=org.management)["Parents"][0]["Id"] == other


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "cn-north-1"])
def test_any_region_may_be_signed_for(first, region) -> None:
    assert first.client(region=region).list_roots()["Roots"]


# Ids.


def test_an_id_of_another_organization_is_answered_as_one_that_does_not_exist(org, first) -> None:
    other = founded(first)
    account, unit = other.account(), other.unit()
    policy = other.policy(HARMLESS)["Id"]
    there = {"account": account, "unit": unit, "policy": policy, "root": other.root}
    nowhere = {
        "account": "000000000000",
        "unit": "ou-zzzz-00000000",
        "policy": "p-0000000000",
        "root": "r-zzzz",
    }
    calls = [
        ("describe_account", {"AccountId": "account"}),
        ("describe_organizational_unit", {"OrganizationalUnitId": "unit"}),
        ("delete_organizational_unit", {"OrganizationalUnitId": "unit"}),
        ("describe_policy", {"PolicyId": "policy"}),
        ("delete_policy", {"PolicyId": "policy"}),
        ("list_targets_for_policy", {"PolicyId": "policy"}),
        ("attach_policy", {"PolicyId": "policy", "TargetId": "root"}),
        ("list_children", {"ParentId": "unit", "ChildType": "!ACCOUNT"}),
        ("list_children", {"ParentId": "root", "ChildType": "!ACCOUNT"}),
        ("list_parents", {"ChildId": "account"}),
        ("list_tags_for_resource", {"ResourceId": "account"}),
        ("list_tags_for_resource", {"ResourceId": "policy"}),
        ("close_account", {"AccountId": "account"}),
        ("remove_account_from_organization", {"AccountId": "account"}),
        ("enable_policy_type", {"RootId": "root", "PolicyType": "!TAG_POLICY"}),
        ("describe_effective_policy", {"TargetId": "account", "PolicyType": "!TAG_POLICY"}),
        ("list_policies_for_target", {"TargetId": "unit", "Filter": "!TAG_POLICY"}),
    ]

    def answer(name, params, ids):
        filled = {
            key: value[1:] if value[0] == "!" else ids[value] for key, value in params.items()
        }
        with pytest.raises(org.o.exceptions.ClientError) as caught:
            getattr(org.o, name)(**filled)
        return caught.value.response["Error"]

    for name, params in calls:
        found = answer(name, params, there)
        assert found == answer(name, params, nowhere), name
        assert found["Code"].endswith("NotFoundException"), name


@pytest.mark.parametrize(
    ("call", "params", "code"),
    [
        ("describe_account", {"AccountId": "000000000000"}, "AccountNotFound"),
        (
            "describe_organizational_unit",
            {"OrganizationalUnitId": "ou-zzzz-00000000"},
            "OrganizationalUnitNotFound",
        ),
        (
            "update_organizational_unit",
            {"OrganizationalUnitId": "ou-zzzz-00000000"},
            "OrganizationalUnitNotFound",
        ),
        ("create_organizational_unit", {"ParentId": "r-zzzz", "Name": "n"}, "ParentNotFound"),
        ("list_accounts_for_parent", {"ParentId": "ou-zzzz-00000000"}, "ParentNotFound"),
        ("list_organizational_units_for_parent", {"ParentId": "r-zzzz"}, "ParentNotFound"),
        ("list_children", {"ParentId": "r-zzzz", "ChildType": "ACCOUNT"}, "ParentNotFound"),
        ("list_parents", {"ChildId": "000000000000"}, "ChildNotFound"),
        ("enable_policy_type", {"RootId": "r-zzzz", "PolicyType": "TAG_POLICY"}, "RootNotFound"),
        ("disable_policy_type", {"RootId": "r-zzzz", "PolicyType": "TAG_POLICY"}, "RootNotFound"),
        (
            "list_policies_for_target",
            {"TargetId": "r-zzzz", "Filter": "TAG_POLICY"},
            "TargetNotFound",
        ),
    ],
)
def test_what_is_not_there_is_told_by_its_kind(shared, call, params, code) -> None:
    refused(code, getattr(shared.o, call), **params)


@pytest.mark.parametrize(
    ("call", "params", "reason"),
    [
        ("describe_account", {"AccountId": "12345678901"}, "INVALID_PATTERN"),
        ("describe_account", {"AccountId": "1234567890123"}, "MAX_LENGTH_EXCEEDED"),
        ("describe_account", {}, "INPUT_REQUIRED"),
        ("create_organizational_unit", {"ParentId": "r-zzzz/x", "Name": "n"}, "INVALID_PATTERN"),
        (
            "create_organizational_unit",
            {"ParentId": "xou-zzzz-00000000", "Name": "n"},
            "INVALID_PATTERN",
        ),
        ("create_organizational_unit", {"ParentId": "r-zzzz", "Name": ""}, "MIN_LENGTH_EXCEEDED"),
        (
            "create_organizational_unit",
            {"ParentId": "r-zzzz", "Name": "n" * 129},
            "MAX_LENGTH_EXCEEDED",
        ),
        ("list_children", {"ParentId": "r-zzzz", "ChildType": "ROOT"}, "INVALID_ENUM"),
        ("list_parents", {"ChildId": "r-zzzz"}, "INVALID_PATTERN"),
        ("create_organization", {"FeatureSet": "SOME"}, "INVALID_ENUM"),
        ("list_accounts", {"MaxResults": 0}, "MIN_VALUE_EXCEEDED"),
        ("list_accounts", {"MaxResults": 21}, "MAX_VALUE_EXCEEDED"),
        ("list_accounts", {"NextToken": "bm9uZQ=="}, "INVALID_NEXT_TOKEN"),
        ("list_accounts", {"NextToken": "not a token"}, "INVALID_NEXT_TOKEN"),
    ],
)
def test_what_breaks_the_model_is_invalid_input_with_a_reason(shared, call, params, reason) -> None:
    refused("InvalidInput", getattr(shared.unchecked, call), reason, **params)


def test_a_name_of_every_character_and_length_is_kept(org) -> None:
    name = "Ünïts & <more>\n" + fresh() + "x" * 100

    unit = org.unit(name[:128])
    shown = org.o.describe_organizational_unit(OrganizationalUnitId=unit)["OrganizationalUnit"]
    assert shown["Name"] == name[:128]
