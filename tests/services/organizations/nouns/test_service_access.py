"""Trusted services and their delegated administrators."""

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import (
    DAY,
    MANAGEMENT,
    MEMBER,
    SCP,
    SECOND,
    STRANGER,
    THIRD,
    Organized,
    arn,
    constraint,
    invalid,
    refuses,
)
from tests.services.support import NOW

from daypass.core.domain.organizations.member import INVITED, Delegation, Member
from daypass.core.domain.organizations.organization import ServiceAccess
from daypass.services.organizations import service_access

SSO, CONFIG, INSPECTOR = "sso.amazonaws.com", "config.amazonaws.com", "inspector2.amazonaws.com"
BY_SERVICE = [service_access.enable_aws_service_access, service_access.disable_aws_service_access]
BY_ACCOUNT = [
    service_access.register_delegated_administrator,
    service_access.deregister_delegated_administrator,
]
MISSING = "You specified an account that doesn't exist."


@pytest.fixture
def known():
    found = Organized()
    found.put(
        replace(found.record, trusted=(ServiceAccess(SSO, 1, 1), ServiceAccess(CONFIG, 2, 2)))
    )
    found.member(MEMBER)
    return found


def enable(known, service, **more):
    return known.call(service_access.enable_aws_service_access, ServicePrincipal=service, **more)


def disable(known, service):
    return known.call(service_access.disable_aws_service_access, ServicePrincipal=service)


def register(known, account=MEMBER, service=CONFIG, **more):
    return known.call(
        service_access.register_delegated_administrator,
        AccountId=account,
        ServicePrincipal=service,
        **more,
    )


def deregister(known, account=MEMBER, service=CONFIG):
    return known.call(
        service_access.deregister_delegated_administrator,
        AccountId=account,
        ServicePrincipal=service,
    )


def administrators(known, **more):
    found = known.call(service_access.list_delegated_administrators, **more)
    return [
        (each["Id"], each["DelegationEnabledDate"]) for each in found["DelegatedAdministrators"]
    ]


def test_a_service_is_trusted_from_now_on(known) -> None:
    record = known.record

    assert enable(known, INSPECTOR) == {}
    assert known.gone == {record}
    assert known.new == {
        replace(
            record,
            made=record.made + 1,
            trusted=(*record.trusted, ServiceAccess(INSPECTOR, NOW, record.made + 1)),
        )
    }


def test_a_service_that_is_trusted_keeps_its_date(known) -> None:
    assert enable(known, SSO) == {}
    assert (known.gone, known.new) == (set(), set())


def test_services_are_listed_in_the_order_in_which_they_were_trusted(known) -> None:
    enable(known, "access-analyzer.amazonaws.com")

    assert known.call(service_access.list_aws_service_access_for_organization) == {
        "EnabledServicePrincipals": [
            {"ServicePrincipal": SSO, "DateEnabled": 1},
            {"ServicePrincipal": CONFIG, "DateEnabled": 2},
            {"ServicePrincipal": "access-analyzer.amazonaws.com", "DateEnabled": NOW},
        ]
    }


@pytest.mark.parametrize(
    "name",
    ["config", "config.example.com", "CONFIG.amazonaws.com", "config.amazonaws.com.evil.com"],
)
def test_a_name_that_no_service_has_is_not_recognized(known, name) -> None:
    unrecognized = (
        "UNRECOGNIZED_SERVICE_PRINCIPAL",
        "You specified a service principal that isn't recognized.",
    )

    for operation in BY_SERVICE:
        with invalid(*unrecognized):
            known.call(operation, ServicePrincipal=name)
    for operation in BY_ACCOUNT:
        with invalid(*unrecognized):
            known.call(operation, AccountId=MEMBER, ServicePrincipal=name)


def test_a_service_that_is_trusted_no_longer_has_no_administrators(known) -> None:
    both = (Delegation(SSO, 1, 1), Delegation(CONFIG, 2, 2))
    member = known.member(MEMBER, delegations=both)
    known.member(SECOND, delegations=both[:1])
    record = known.record

    assert disable(known, CONFIG) == {}
    assert known.gone == {record, member}
    assert known.new == {
        replace(record, trusted=record.trusted[:1]),
        replace(member, delegations=both[:1]),
    }


def test_a_service_that_was_never_trusted_may_be_distrusted(known) -> None:
    assert disable(known, INSPECTOR) == {}
    assert (known.gone, known.new) == (set(), set())


def test_a_service_whose_policy_type_is_enabled_stays_trusted(known) -> None:
    trusted = (*known.record.trusted, ServiceAccess(INSPECTOR, 3, 3))
    known.put(replace(known.record, policy_types=(SCP, "INSPECTOR_POLICY"), trusted=trusted))

    with constraint(
        "POLICY_TYPE_ENABLED_FOR_THIS_SERVICE",
        "Disable the service's policy types before its trusted access.",
    ):
        disable(known, INSPECTOR)
    disable(known, CONFIG)


@pytest.mark.parametrize(
    "act", [enable, disable, lambda known, service: register(known, MEMBER, service)]
)
def test_without_all_features_no_service_is_trusted(act) -> None:
    known = Organized(features="CONSOLIDATED_BILLING")
    known.member(MEMBER)

    with constraint(
        "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
        "This action requires an organization with all features.",
    ):
        act(known, CONFIG)


def test_an_account_administers_a_service_from_now_on(known) -> None:
    register(known, service=SSO)
    member, record = known.organization.of(Member).get(MEMBER), known.record

    assert register(known) == {}
    assert known.gone == {member, record}
    delegation = Delegation(CONFIG, NOW, record.made + 1)
    assert known.new == {
        replace(record, made=record.made + 1),
        replace(member, delegations=(*member.delegations, delegation)),
    }


def test_an_account_administers_a_service_once(known) -> None:
    register(known)

    with refuses(
        "AccountAlreadyRegistered",
        "The account is already a delegated administrator of this service.",
    ):
        register(known)


@pytest.mark.parametrize(
    ("account", "service", "reason", "words"),
    [
        (
            MANAGEMENT,
            CONFIG,
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            "The management account cannot be a delegated administrator.",
        ),
        (
            SECOND,
            CONFIG,
            "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
            "A closed account cannot be a delegated administrator.",
        ),
        (
            MEMBER,
            INSPECTOR,
            "SERVICE_ACCESS_NOT_ENABLED",
            "Enable trusted access of the service first.",
        ),
    ],
)
def test_who_may_not_administer_a_service_is_not_registered(
    known, account, service, reason, words
) -> None:
    known.member(SECOND, closed=NOW - DAY)

    with constraint(reason, words):
        register(known, account, service)


def test_some_services_have_one_administrator_alone(known) -> None:
    known.member(SECOND)
    register(known, service=SSO)

    with constraint(
        "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED",
        "The service has a delegated administrator, and may have only one.",
    ):
        register(known, SECOND, SSO)
    register(known, MEMBER, CONFIG)
    register(known, SECOND, CONFIG)
    deregister(known, service=SSO)
    register(known, SECOND, SSO)


def test_an_account_that_was_closed_long_ago_administers_nothing(known) -> None:
    known.member(SECOND, closed=NOW - 90 * DAY, delegations=(Delegation(SSO, 1, 1),))
    assert administrators(known) == []

    register(known, service=SSO)
    assert administrators(known) == [(MEMBER, NOW)]


@pytest.mark.parametrize("act", [register, deregister])
def test_an_account_that_is_not_of_the_organization_administers_nothing(known, act) -> None:
    known.elsewhere()

    for account in (STRANGER, "999988887777"):
        with refuses("AccountNotFound", MISSING):
            act(known, account)


def test_an_account_that_administers_no_longer_keeps_its_other_services(known) -> None:
    both = (Delegation(SSO, 1, 1), Delegation(CONFIG, 2, 2))
    member = known.member(MEMBER, delegations=both)

    assert deregister(known) == {}
    assert (known.gone, known.new) == ({member}, {replace(member, delegations=both[:1])})


def test_who_does_not_administer_a_service_is_not_deregistered(known) -> None:
    register(known, service=SSO)

    with refuses(
        "AccountNotRegistered", "The account isn't a delegated administrator of this service."
    ):
        deregister(known)


def test_administrators_are_listed_in_order_since_their_first_service_or_the_one_that_is_named(
    known,
) -> None:
    known.member(THIRD, delegations=(Delegation(CONFIG, 9, 9), Delegation(SSO, 7, 7)))
    known.member(SECOND)
    known.member(MEMBER, delegations=(Delegation(CONFIG, 8, 8),))

    assert administrators(known) == [(THIRD, 7), (MEMBER, 8)]
    assert administrators(known, ServicePrincipal=CONFIG) == [(THIRD, 9), (MEMBER, 8)]
    assert administrators(known, ServicePrincipal=SSO) == [(THIRD, 7)]
    assert administrators(known, ServicePrincipal=INSPECTOR) == []


def test_an_administrator_is_shown_in_whole(known) -> None:
    known.member(
        MEMBER,
        parent=known.unit("team").id,
        joined=5,
        method=INVITED,
        delegations=(Delegation(CONFIG, 8, 8),),
    )

    assert known.call(service_access.list_delegated_administrators) == {
        "DelegatedAdministrators": [
            {
                "Id": MEMBER,
                "Arn": arn("account", MEMBER),
                "Email": "2222@example.com",
                "Name": "account 2222",
                "State": "ACTIVE",
                "Status": "ACTIVE",
                "JoinedMethod": "INVITED",
                "JoinedTimestamp": 5,
                "DelegationEnabledDate": 8,
            }
        ]
    }


def test_the_services_of_an_administrator_are_listed_in_their_order(known) -> None:
    known.member(MEMBER, delegations=(Delegation(SSO, 7, 7), Delegation(CONFIG, 8, 8)))

    assert known.call(service_access.list_delegated_services_for_account, AccountId=MEMBER) == {
        "DelegatedServices": [
            {"ServicePrincipal": SSO, "DelegationEnabledDate": 7},
            {"ServicePrincipal": CONFIG, "DelegationEnabledDate": 8},
        ]
    }


def test_the_services_of_who_administers_none_are_not_listed(known) -> None:
    with refuses("AccountNotRegistered", "The account isn't a delegated administrator."):
        known.call(service_access.list_delegated_services_for_account, AccountId=MEMBER)
    with refuses("AccountNotFound", MISSING):
        known.call(service_access.list_delegated_services_for_account, AccountId="999988887777")


def test_an_administrator_reads_and_does_not_change(known) -> None:
    register(known)
    member = known.root(MEMBER)

    assert administrators(known, caller=member) == [(MEMBER, NOW)]
    for operation in BY_SERVICE:
        with refuses("AccessDenied", "You don't have permissions to access this resource."):
            known.call(operation, member, ServicePrincipal=CONFIG)
    for operation in BY_ACCOUNT:
        with refuses("AccessDenied", "You don't have permissions to access this resource."):
            known.call(operation, member, AccountId=MEMBER, ServicePrincipal=CONFIG)
