"""Lists: their order, their pages, and tokens that are good for one list alone.

Times, which are numbers on the wire.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from botocore import xform_name
from botocore.session import Session
from tests.services.organizations.conftest import (
    FULL,
    HARMLESS,
    SCP,
    TAG,
    founded,
    fresh,
    refused,
    tag_policy,
)

MODEL = Session().get_service_model("organizations")
PAGED = sorted(
    name
    for name in MODEL.operation_names
    if MODEL.operation_model(name).input_shape
    and "MaxResults" in MODEL.operation_model(name).input_shape.members
    and not any(word in name for word in ("Handshakes", "ResponsibilityTransfers"))
)


@dataclass
class Listed:
    """A list that is empty at first, or has initial entries; `make` adds one, `drop` removes it."""

    operation: str
    result: str
    params: dict
    make: object
    drop: object = None
    show: object = None
    before: int = 0

    def call(self, org, **more):
        return getattr(org.o, xform_name(self.operation))(**self.params, **more)

    def names(self, page):
        return [self.show(each) if self.show else each["Id"] for each in page[self.result]]

    def pages(self, org, **more):
        """Return every page, without the initial entries."""
        found, token = [], {}
        while True:
            page = self.call(org, **more, **token)
            found.append(self.names(page))
            if "NextToken" not in page:
                return found
            token = {"NextToken": page["NextToken"]}


def accounts(org):
    return Listed(
        "ListAccounts",
        "Accounts",
        {},
        org.account,
        lambda each: org.o.remove_account_from_organization(AccountId=each),
        before=1,
    )


def accounts_of_parent(org):
    unit = org.unit()
    return Listed(
        "ListAccountsForParent",
        "Accounts",
        {"ParentId": unit},
        lambda: org.account(parent=unit),
        lambda each: org.move(each, org.root),
    )


def child_accounts(org):
    unit = org.unit()
    return Listed(
        "ListChildren",
        "Children",
        {"ParentId": unit, "ChildType": "ACCOUNT"},
        lambda: org.account(parent=unit),
        lambda each: org.move(each, org.root),
    )


def child_units(org):
    unit = org.unit()
    return Listed(
        "ListChildren",
        "Children",
        {"ParentId": unit, "ChildType": "ORGANIZATIONAL_UNIT"},
        lambda: org.unit(parent=unit),
        lambda each: org.o.delete_organizational_unit(OrganizationalUnitId=each),
    )


def units_of_parent(org):
    unit = org.unit()
    return Listed(
        "ListOrganizationalUnitsForParent",
        "OrganizationalUnits",
        {"ParentId": unit},
        lambda: org.unit(parent=unit),
        lambda each: org.o.delete_organizational_unit(OrganizationalUnitId=each),
    )


def policies(org):
    return Listed(
        "ListPolicies",
        "Policies",
        {"Filter": SCP},
        lambda: org.policy(HARMLESS)["Id"],
        lambda each: org.o.delete_policy(PolicyId=each),
        before=1,
    )


def targets(org):
    policy = org.policy(HARMLESS)["Id"]

    def make():
        unit = org.unit()
        org.o.attach_policy(PolicyId=policy, TargetId=unit)
        return unit

    return Listed(
        "ListTargetsForPolicy",
        "Targets",
        {"PolicyId": policy},
        make,
        lambda each: org.o.detach_policy(PolicyId=policy, TargetId=each),
        lambda each: each["TargetId"],
    )


def creations(org):
    def make():
        asked = org.o.create_account(Email="a(b@example.com", AccountName="x")
        return asked["CreateAccountStatus"]["Id"]

    return Listed("ListCreateAccountStatus", "CreateAccountStatuses", {}, make)


def administrators(org):
    link = {"ServicePrincipal": "ram.amazonaws.com"}

    def make():
        account = org.account()
        org.delegate(account, "ram.amazonaws.com")
        return account

    return Listed(
        "ListDelegatedAdministrators",
        "DelegatedAdministrators",
        link,
        make,
        lambda each: org.o.deregister_delegated_administrator(AccountId=each, **link),
    )


def delegated_services(org):
    account = org.account()
    org.delegate(account, "first.amazonaws.com")

    def make():
        service = f"{fresh('s')}.amazonaws.com"
        org.delegate(account, service)
        return service

    return Listed(
        "ListDelegatedServicesForAccount",
        "DelegatedServices",
        {"AccountId": account},
        make,
        lambda each: org.o.deregister_delegated_administrator(
            AccountId=account, ServicePrincipal=each
        ),
        lambda each: each["ServicePrincipal"],
        before=1,
    )


def trusted_services(org):
    def make():
        service = f"{fresh('s')}.amazonaws.com"
        org.o.enable_aws_service_access(ServicePrincipal=service)
        return service

    return Listed(
        "ListAWSServiceAccessForOrganization",
        "EnabledServicePrincipals",
        {},
        make,
        lambda each: org.o.disable_aws_service_access(ServicePrincipal=each),
        lambda each: each["ServicePrincipal"],
    )


def invalid_accounts(org):
    org.enable(TAG)
    unit = org.unit()
    for key in ("one", "two"):
        org.policy(tag_policy(key, tag_value={"@@assign": [key * 2_000]}), kind=TAG, on=unit)
    return Listed(
        "ListAccountsWithInvalidEffectivePolicy",
        "Accounts",
        {"PolicyType": TAG},
        lambda: org.account(parent=unit),
        lambda each: org.move(each, org.root),
    )


def policies_of_target(org):
    org.enable(TAG)
    return Listed(
        "ListPoliciesForTarget",
        "Policies",
        {"TargetId": org.root, "Filter": TAG},
        lambda: org.policy(tag_policy(), kind=TAG, on=org.root)["Id"],
        lambda each: org.o.detach_policy(PolicyId=each, TargetId=org.root),
    )


LONG = [
    accounts, accounts_of_parent, child_accounts, child_units, units_of_parent, policies, targets,
    creations, administrators, delegated_services, trusted_services, invalid_accounts,
]  # fmt: skip
"""Lists that may have more than twenty entries."""
ALL = [*LONG, policies_of_target]
SHRINKING = [each for each in ALL if each is not creations]


@pytest.mark.parametrize("kind", ALL)
def test_a_list_has_the_order_of_creation_on_pages_of_one(org, kind) -> None:
    listed = kind(org)
    made = [listed.make() for _ in range(4)]
    everything = listed.names(listed.call(org))

    pages = listed.pages(org, MaxResults=1)
    assert everything[listed.before :] == made
    assert pages == [[each] for each in everything]
    assert listed.pages(org, MaxResults=len(everything)) == [everything]


@pytest.mark.parametrize("kind", LONG)
def test_a_page_has_twenty_entries_unless_it_is_told_otherwise(org, kind) -> None:
    listed = kind(org)
    made = [listed.make() for _ in range(21 - listed.before)]

    for more in ({}, {"MaxResults": 20}):
        first, second = listed.pages(org, **more)
        assert (len(first), second) == (20, made[-1:])
        assert [*first, *second][listed.before :] == made


@pytest.mark.parametrize("kind", SHRINKING)
@pytest.mark.parametrize(
    "gone", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2, 3), (0, 1, 2, 3)], ids=str
)
def test_what_goes_in_between_repeats_and_skips_nothing(org, kind, gone) -> None:
    listed = kind(org)
    made = [listed.make() for _ in range(5)]
    page = listed.call(org, MaxResults=2 + listed.before)
    assert listed.names(page)[listed.before :] == made[:2]

    for at in gone:
        listed.drop(made[at])
    new = listed.make()
    rest = listed.names(listed.call(org, NextToken=page["NextToken"]))
    assert rest == [each for at, each in enumerate(made) if at >= 2 and at not in gone] + [new]


@pytest.mark.parametrize("kind", ALL)
def test_a_token_is_good_for_one_caller_one_operation_and_its_arguments(org, kind) -> None:
    listed = kind(org)
    for _ in range(3):
        listed.make()
    token = listed.call(org, MaxResults=1)["NextToken"]
    reader = org.account()
    org.delegate(reader)
    why = {"code": "InvalidInput", "reason": "INVALID_NEXT_TOKEN", "NextToken": token}

    assert listed.call(org, NextToken=token, MaxResults=2)
    other = getattr(org.client(account=reader), xform_name(listed.operation))
    assert other(**listed.params)
    refused(call=other, **listed.params, **why)
    another = org.o.list_roots if listed.operation == "ListAccounts" else org.o.list_accounts
    refused(call=another, **why)
    mine = getattr(org.o, xform_name(listed.operation))
    changed = different(org, listed)
    if changed:
        assert mine(**changed)
        refused(call=mine, **changed, **why)
    for broken in (token[:-4], token[4:], f"{token}AAAA", "", "AAAA"):
        refused("InvalidInput", mine, "INVALID_NEXT_TOKEN", **listed.params, NextToken=broken)


def different(org, listed):
    """Return the same call with another argument; None if it has none."""
    changed = dict(listed.params)
    for name, value in {
        "ParentId": org.root,
        "Filter": "BACKUP_POLICY",
        "ServicePrincipal": "account.amazonaws.com",
        "PolicyId": FULL,
        "PolicyType": "BACKUP_POLICY",
    }.items():
        if name in changed:
            return {**changed, name: value}
    if "AccountId" in changed:
        account = org.account()
        org.delegate(account)
        return {"AccountId": account}
    return {"States": ["FAILED"]} if listed.operation == "ListCreateAccountStatus" else None


def test_a_token_of_another_organization_is_none_here(org, first) -> None:
    other = founded(first)
    other.account()
    token = other.o.list_accounts(MaxResults=1)["NextToken"]

    refused("InvalidInput", org.o.list_accounts, "INVALID_NEXT_TOKEN", NextToken=token)


@pytest.mark.parametrize("operation", PAGED)
@pytest.mark.parametrize(
    ("size", "reason"),
    [
        (0, "MIN_VALUE_EXCEEDED"),
        (-1, "MIN_VALUE_EXCEEDED"),
        (21, "MAX_VALUE_EXCEEDED"),
        (1_000, "MAX_VALUE_EXCEEDED"),
    ],
)
def test_a_page_has_one_to_twenty_entries(shared, operation, size, reason) -> None:
    values = {
        "ParentId": shared.root,
        "ChildId": shared.management,
        "AccountId": shared.management,
        "PolicyId": FULL,
        "TargetId": shared.root,
        "Filter": TAG,
        "PolicyType": TAG,
        "ChildType": "ACCOUNT",
    }
    required = MODEL.operation_model(operation).input_shape.required_members
    params = {name: values[name] for name in required}

    refused(
        "InvalidInput",
        getattr(shared.unchecked, xform_name(operation)),
        reason,
        **params,
        MaxResults=size,
    )


def test_one_entry_is_one_page(shared) -> None:
    for size in (1, 20):
        roots = shared.o.list_roots(MaxResults=size)
        parents = shared.o.list_parents(ChildId=shared.management, MaxResults=size)
        assert len(roots["Roots"]) == len(parents["Parents"]) == 1
        assert "NextToken" not in {**roots, **parents}


def test_an_empty_list_is_a_list(shared) -> None:
    assert shared.o.list_aws_service_access_for_organization()["EnabledServicePrincipals"] == []
    assert shared.o.list_delegated_administrators()["DelegatedAdministrators"] == []
    assert shared.o.list_policies(Filter="BACKUP_POLICY")["Policies"] == []


# Times.


def sent(org, operation, **params):
    """Make a call and return the body of the answer's bytes."""
    found = {}
    client = org.client(checked=True)
    event = f"before-parse.organizations.{operation}"
    client.meta.events.register(event, lambda response_dict, **_: found.update(response_dict))
    getattr(client, xform_name(operation))(**params)
    return json.loads(found["body"])


def times(value, name=""):
    """Yield every time in a body, with its name."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from times(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from times(each, name)
    elif name.endswith(("Timestamp", "DateEnabled", "EnabledDate")):
        yield name, value


def test_times_are_numbers_of_seconds(org) -> None:
    account = org.account()
    org.delegate(account)
    org.enable(TAG)
    org.policy(tag_policy(), kind=TAG, on=org.root)
    calls = [
        (
            "CreateAccount",
            {"Email": f"{fresh()}@example.com", "AccountName": "x"},
            {"RequestedTimestamp"},
        ),
        ("ListCreateAccountStatus", {}, {"RequestedTimestamp", "CompletedTimestamp"}),
        ("DescribeAccount", {"AccountId": account}, {"JoinedTimestamp"}),
        ("ListAccounts", {}, {"JoinedTimestamp"}),
        ("ListAccountsForParent", {"ParentId": org.root}, {"JoinedTimestamp"}),
        ("ListAWSServiceAccessForOrganization", {}, {"DateEnabled"}),
        ("ListDelegatedAdministrators", {}, {"JoinedTimestamp", "DelegationEnabledDate"}),
        ("ListDelegatedServicesForAccount", {"AccountId": account}, {"DelegationEnabledDate"}),
        ("DescribeEffectivePolicy", {"PolicyType": TAG}, {"LastUpdatedTimestamp"}),
        (
            "ListEffectivePolicyValidationErrors",
            {"PolicyType": TAG, "AccountId": account},
            {"EvaluationTimestamp"},
        ),
    ]
    now = datetime.now(UTC).timestamp()

    for operation, params, names in calls:
        found = list(times(sent(org, operation, **params)))
        assert {name for name, _ in found} == names, operation
        for _, value in found:
            assert type(value) in {int, float}, operation
            assert abs(value - now) < 600, operation
