"""Services that are trusted in an organization, and accounts that administer them."""

import pytest
from msgspec.structs import replace
from tests.services.organizations.conftest import refused

DAY = 24 * 60 * 60
RAM, SSO = "ram.amazonaws.com", "sso.amazonaws.com"


def trusted(org):
    """Return the trusted services, and since when."""
    found = org.o.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    return {each["ServicePrincipal"]: each["DateEnabled"].timestamp() for each in found}


def administrators(org, **params):
    found = org.o.list_delegated_administrators(**params)["DelegatedAdministrators"]
    return [each["Id"] for each in found]


@pytest.mark.parametrize(
    "service",
    [
        RAM,
        SSO,
        "iam.amazonaws.com",
        "account.amazonaws.com",
        "member.org.stacksets.cloudformation.amazonaws.com",
        "not-yet-known.amazonaws.com",
    ],
)
def test_a_service_is_trusted_until_it_is_not(org, service) -> None:
    org.o.enable_aws_service_access(ServicePrincipal=service)
    assert list(trusted(org)) == [service]
    org.o.disable_aws_service_access(ServicePrincipal=service)
    assert trusted(org) == {}
    # Again is not too much.
    org.o.disable_aws_service_access(ServicePrincipal=service)


def test_trust_that_is_given_twice_keeps_its_first_date(org) -> None:
    org.o.enable_aws_service_access(ServicePrincipal=RAM)
    record = org.view().record
    (access,) = record.trusted
    old = type(access)(access.principal, access.enabled - DAY, *_rest(access))
    org.put(replace(record, trusted=(old,)))
    org.o.enable_aws_service_access(ServicePrincipal=RAM)

    assert trusted(org) == {RAM: access.enabled - DAY}


def _rest(struct):
    return [getattr(struct, name) for name in struct.__struct_fields__[2:]]


@pytest.mark.parametrize(
    "call",
    [
        "enable_aws_service_access",
        "disable_aws_service_access",
        "register_delegated_administrator",
        "deregister_delegated_administrator",
    ],
)
@pytest.mark.parametrize(
    "service",
    [
        "ram",
        "amazonaws.com",
        ".amazonaws.com",
        "ram.example.com",
        "ram.amazonaws.com.example.com",
        "RAM.amazonaws.com",
    ],
)
def test_a_name_that_is_no_services_is_not_recognized(shared, call, service) -> None:
    more = {"AccountId": shared.management} if "delegated" in call else {}

    refused(
        "InvalidInput",
        getattr(shared.o, call),
        "UNRECOGNIZED_SERVICE_PRINCIPAL",
        ServicePrincipal=service,
        **more,
    )


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        ("", "MIN_LENGTH_EXCEEDED"),
        ("a" * 129, "MAX_LENGTH_EXCEEDED"),
        ("a/b.amazonaws.com", "INVALID_PATTERN"),
    ],
)
def test_a_name_that_breaks_the_model_is_refused_with_a_reason(shared, service, reason) -> None:
    refused(
        "InvalidInput", shared.unchecked.enable_aws_service_access, reason, ServicePrincipal=service
    )


def test_an_account_administers_a_service_until_it_does_not(org) -> None:
    account = org.account("Security")
    org.o.enable_aws_service_access(ServicePrincipal=RAM)
    link = {"AccountId": account, "ServicePrincipal": RAM}
    org.o.register_delegated_administrator(**link)

    (shown,) = org.o.list_delegated_administrators(ServicePrincipal=RAM)["DelegatedAdministrators"]
    since = shown.pop("DelegationEnabledDate")
    described = org.o.describe_account(AccountId=account)["Account"]
    described.pop("Paths")
    assert shown == described
    assert since >= shown["JoinedTimestamp"]
    (service,) = org.o.list_delegated_services_for_account(AccountId=account)["DelegatedServices"]
    assert service == {"ServicePrincipal": RAM, "DelegationEnabledDate": since}
    refused("AccountAlreadyRegistered", org.o.register_delegated_administrator, **link)
    org.o.deregister_delegated_administrator(**link)
    assert administrators(org) == []
    refused("AccountNotRegistered", org.o.list_delegated_services_for_account, AccountId=account)
    refused("AccountNotRegistered", org.o.deregister_delegated_administrator, **link)


def test_who_may_not_administer_is_told_why(org) -> None:
    register = org.o.register_delegated_administrator
    member, closed = org.account(), org.account()
    org.o.close_account(AccountId=closed)
    service = {"ServicePrincipal": RAM}

    refused(
        "ConstraintViolation", register, "SERVICE_ACCESS_NOT_ENABLED", AccountId=member, **service
    )
    org.o.enable_aws_service_access(**service)
    refused(
        "ConstraintViolation",
        register,
        "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
        AccountId=org.management,
        **service,
    )
    refused(
        "ConstraintViolation",
        register,
        "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
        AccountId=closed,
        **service,
    )
    for call in (register, org.o.deregister_delegated_administrator):
        refused("AccountNotFound", call, AccountId="000000000000", **service)
    refused("AccountNotFound", org.o.list_delegated_services_for_account, AccountId="000000000000")
    refused("AccountNotRegistered", org.o.list_delegated_services_for_account, AccountId=member)


def test_identity_center_has_one_administrator_and_other_services_many(org) -> None:
    first, second = org.account(), org.account()
    for service in (SSO, RAM):
        org.delegate(first, service)
    org.delegate(second, RAM)

    assert administrators(org, ServicePrincipal=RAM) == [first, second]
    refused(
        "ConstraintViolation",
        org.o.register_delegated_administrator,
        "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED",
        AccountId=second,
        ServicePrincipal=SSO,
    )
    org.o.deregister_delegated_administrator(AccountId=first, ServicePrincipal=SSO)
    org.o.register_delegated_administrator(AccountId=second, ServicePrincipal=SSO)
    assert administrators(org, ServicePrincipal=SSO) == [second]
    assert administrators(org) == [first, second]


def test_an_administrator_that_has_vanished_is_not_in_the_way(org) -> None:
    first, second = org.account(), org.account()
    org.delegate(first, SSO)
    org.o.close_account(AccountId=first)
    closed = org.record(first)
    org.put(replace(closed, closed=closed.closed - 90 * DAY))

    assert administrators(org) == []
    org.o.register_delegated_administrator(AccountId=second, ServicePrincipal=SSO)
    assert administrators(org) == [second]


def test_trust_that_is_taken_away_takes_its_administrators_along(org) -> None:
    first, second = org.account(), org.account()
    org.delegate(first, RAM)
    org.delegate(first, "account.amazonaws.com")
    org.delegate(second, RAM)
    org.o.disable_aws_service_access(ServicePrincipal=RAM)

    assert administrators(org, ServicePrincipal=RAM) == []
    assert administrators(org) == [first]
    org.o.enable_aws_service_access(ServicePrincipal=RAM)
    assert administrators(org, ServicePrincipal=RAM) == []


def test_any_delegation_lets_read_and_the_last_one_takes_it_away(org) -> None:
    account = org.account()
    own = org.client(account=account)
    refused("AccessDenied", own.list_accounts)
    for service in (RAM, "account.amazonaws.com"):
        org.delegate(account, service)

    assert len(own.list_accounts()["Accounts"]) == 2
    org.o.deregister_delegated_administrator(AccountId=account, ServicePrincipal=RAM)
    assert own.list_accounts()["Accounts"]
    org.o.deregister_delegated_administrator(
        AccountId=account, ServicePrincipal="account.amazonaws.com"
    )
    refused("AccessDenied", own.list_accounts)
