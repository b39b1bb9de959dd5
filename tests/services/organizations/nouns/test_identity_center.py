"""What accounts that join, leave or close, and organizations that end, mean for Identity Center."""

import pytest
from msgspec.structs import replace
from tests.services.organizations.organized import (
    ELSEWHERE,
    FULL,
    MANAGEMENT,
    MEMBER,
    ORGANIZATION,
    SECOND,
    STRANGER,
    constraint,
)
from tests.services.organizations.with_instance import (
    ADMIN,
    INSTANCE,
    OWN_INSTANCE,
    READER,
    STORE,
    WithInstance,
)
from tests.services.support import NOW, role

from daypass.core import quotas
from daypass.core.domain.iam.role import Role
from daypass.core.domain.identity_center.assignment import Assignment
from daypass.core.domain.identity_center.ended_instance import EndedInstance
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.core.domain.organizations.member import Delegation, Member
from daypass.services.kit.identity_center.standing import Standing, standing_of
from daypass.services.organizations import (
    account_creations,
    accounts,
    organization,
    service_access,
)
from daypass.services.organizations.handshakes import handshake_lifecycle
from daypass.services.organizations.tree import units

SSO = "sso.amazonaws.com"
SERVICE_ROLE, ORGANIZATIONS_ROLE = "AWSServiceRoleForSSO", "AWSServiceRoleForOrganizations"
WAYS_OUT = {
    "removed": lambda known: known.call(
        accounts.remove_account_from_organization, AccountId=MEMBER
    ),
    "left": lambda known: known.call(accounts.leave_organization, known.root(MEMBER)),
}


@pytest.fixture
def known():
    made = WithInstance()
    for account in (MEMBER, SECOND):
        made.member(account)
        made.service_role(account)
        made.put(role("own", account))
    return made


def join(known, account, *, of=ORGANIZATION):
    """Have an account accept an invitation."""
    invitation = known.handshake("again", of=of, target=account)
    known.call(handshake_lifecycle.accept_handshake, known.root(account), HandshakeId=invitation.id)


@pytest.mark.parametrize("leave", WAYS_OUT.values(), ids=WAYS_OUT)
def test_an_account_that_leaves_takes_nothing_of_identity_center_along(known, leave) -> None:
    known.assigned(MEMBER, ADMIN)
    known.assigned(MEMBER, READER)
    known.assigned(SECOND, ADMIN)
    leave(known)

    assert known.names_in(MEMBER) == ["own"]
    assert known.targets() == ({SECOND}, {SECOND})
    assert len(known.names_in(SECOND)) == 4
    assert len(known.directory.instance(INSTANCE).of(PermissionSet)) == 2
    assert known.directory.organization_of(MEMBER) is None


def test_an_account_that_comes_back_finds_nothing_of_before(known) -> None:
    known.assigned(MEMBER)
    WAYS_OUT["left"](known)
    join(known, MEMBER)

    assert known.names_in(MEMBER) == [ORGANIZATIONS_ROLE, SERVICE_ROLE, "own"]
    assert known.targets() == (set(), set())


@pytest.mark.parametrize("features", ["ALL", "CONSOLIDATED_BILLING"])
def test_an_account_that_goes_straight_into_another_organization_is_in_that_one_alone(
    known, features
) -> None:
    known.assigned(MEMBER)
    before = known.directory.account(MEMBER).of(Role).find(SERVICE_ROLE)
    known.elsewhere(features=features)
    if features == "ALL":
        known.instance(OWN_INSTANCE, "d-1", STRANGER, organization=ELSEWHERE)
        theirs = known.directory.organization(ELSEWHERE).record
        known.put(replace(theirs, instance=OWN_INSTANCE))
    join(known, MEMBER, of=ELSEWHERE)

    has_instance = features == "ALL"
    after = known.directory.account(MEMBER).of(Role).find(SERVICE_ROLE)
    assert known.targets() == (set(), set())
    assert known.names_in(MEMBER) == (
        [ORGANIZATIONS_ROLE, SERVICE_ROLE, "own"] if has_instance else ["own"]
    )
    assert (after is not None) is has_instance
    assert after is None or after.unique_id != before.unique_id


def test_what_an_accounts_own_instance_made_stays_in_it(known) -> None:
    known.own_instance(MEMBER)
    known.assigned(MEMBER)
    kept = known.assigned(MEMBER, instance=OWN_INSTANCE)
    WAYS_OUT["left"](known)

    assert known.names_in(MEMBER) == [kept[3].name, SERVICE_ROLE, "own", kept[4].name]
    assert known.targets() == (set(), set())
    assert known.targets(OWN_INSTANCE) == ({MEMBER}, {MEMBER})


def test_a_created_account_has_the_role_of_the_service(known) -> None:
    known.call(account_creations.create_account, Email="new@example.com", AccountName="new")
    [created] = {each.id for each in known.new if isinstance(each, Member)}

    assert known.names_in(created) == [
        ORGANIZATIONS_ROLE,
        SERVICE_ROLE,
        "OrganizationAccountAccessRole",
    ]


def test_an_organization_without_an_instance_makes_no_role_of_the_service(known) -> None:
    known.put(replace(known.record, instance=""))
    known.call(account_creations.create_account, Email="new@example.com", AccountName="new")
    [created] = {each.id for each in known.new if isinstance(each, Member)}

    assert SERVICE_ROLE not in known.names_in(created)


def test_a_role_of_another_name_in_other_letters_is_not_replaced_by_the_services(known) -> None:
    known.standalone(STRANGER)
    squatter = known.put(role(SERVICE_ROLE.lower(), STRANGER))
    join(known, STRANGER)

    assert squatter in list(known.directory.account(STRANGER).of(Role))
    assert SERVICE_ROLE not in known.names_in(STRANGER)


def test_what_a_closed_account_has_is_listed_until_the_account_vanishes(known) -> None:
    known.assigned(MEMBER)
    before = known.names_in(MEMBER)
    known.call(accounts.close_account, AccountId=MEMBER)

    assert known.names_in(MEMBER) == before
    assert known.targets() == ({MEMBER}, {MEMBER})


def test_what_a_vanished_account_has_goes_with_its_membership(known) -> None:
    unit = known.unit("team")
    known.assigned(SECOND)
    member = known.directory.organization(ORGANIZATION).of(Member).get(SECOND)
    known.put(replace(member, parent=unit.id))
    closed = NOW - quotas.CLOSED_ACCOUNT_SECONDS
    known.put(replace(known.directory.account(SECOND).record, closed=closed))
    known.call(units.delete_organizational_unit, OrganizationalUnitId=unit.id)

    assert known.names_in(SECOND) == ["own"]
    assert known.targets() == (set(), set())


def test_an_account_joins_an_organization_whose_instance_was_deleted(known) -> None:
    known.put(replace(known.record, instance="", instance_deleted=NOW))
    known.standalone(STRANGER)
    join(known, STRANGER)

    assert known.names_in(STRANGER) == [ORGANIZATIONS_ROLE]


# Trusted access and delegation.


def test_an_instance_works_without_trusted_access_and_a_delegation_needs_it(known) -> None:
    named = {"AccountId": MEMBER, "ServicePrincipal": SSO}
    assert known.record.trusted == ()

    with constraint("SERVICE_ACCESS_NOT_ENABLED", "Enable trusted access of the service first."):
        known.call(service_access.register_delegated_administrator, **named)
    known.call(service_access.enable_aws_service_access, ServicePrincipal=SSO)
    known.call(service_access.register_delegated_administrator, **named)
    assert standing(known, MEMBER) is Standing.DELEGATED


def test_who_switches_trusted_access_off_ends_the_delegation_and_nothing_else(known) -> None:
    known.assigned(MEMBER)
    known.call(service_access.enable_aws_service_access, ServicePrincipal=SSO)
    named = {"AccountId": MEMBER, "ServicePrincipal": SSO}
    known.call(service_access.register_delegated_administrator, **named)
    known.call(service_access.disable_aws_service_access, ServicePrincipal=SSO)

    assert standing(known, MEMBER) is Standing.MEMBER
    assert known.targets() == ({MEMBER}, {MEMBER})
    assert known.record.instance == INSTANCE


def test_a_delegated_administrator_is_one_until_it_is_deregistered(known) -> None:
    known.assigned(MEMBER)
    delegated = known.directory.organization(ORGANIZATION).of(Member).get(MEMBER)
    known.put(replace(delegated, delegations=(Delegation(SSO, 1),)))
    assert standing(known, MEMBER) is Standing.DELEGATED

    known.call(
        service_access.deregister_delegated_administrator, AccountId=MEMBER, ServicePrincipal=SSO
    )

    assert standing(known, MEMBER) is Standing.MEMBER
    assert known.targets() == ({MEMBER}, {MEMBER})


def standing(known, account, instance=INSTANCE):
    return standing_of(known.context(), account, known.directory.instance(instance).record)


def test_two_organizations_have_no_part_in_each_others_instance(known) -> None:
    # T421-PRIV

    known.elsewhere()
    known.instance(OWN_INSTANCE, "d-1", STRANGER, organization=ELSEWHERE)

    assert [standing(known, each) for each in (MANAGEMENT, MEMBER, STRANGER)] == [
        Standing.OWNER,
        Standing.MEMBER,
        Standing.OUTSIDE,
    ]
    assert [standing(known, each, OWN_INSTANCE) for each in (MANAGEMENT, MEMBER, STRANGER)] == [
        Standing.OUTSIDE,
        Standing.OUTSIDE,
        Standing.OWNER,
    ]


# The organization ends.


def test_an_organization_is_deleted_with_its_instance_and_all_that_came_of_it(known) -> None:
    known.own_instance(MANAGEMENT)
    kept = known.assigned(MANAGEMENT, instance=OWN_INSTANCE)
    known.assigned(MANAGEMENT)
    for account in (MEMBER, SECOND):
        known.call(accounts.remove_account_from_organization, AccountId=account)
    known.call(organization.delete_organization)

    left = {each.account for each in known.records()}
    assert not {each for each in left if each.startswith("person-")}
    assert not {INSTANCE, STORE, ORGANIZATION} & left
    assert known.names_in(MANAGEMENT) == [kept[3].name, SERVICE_ROLE, kept[4].name]
    assert known.directory.account(MANAGEMENT).record.organization == ""
    assert known.directory.account(MANAGEMENT).record.instance == OWN_INSTANCE


def test_an_instance_is_no_obstacle_to_the_end_of_an_organization(known) -> None:
    for account in (MEMBER, SECOND):
        known.call(accounts.remove_account_from_organization, AccountId=account)
    assert FULL in known.record.attached
    known.call(organization.delete_organization)

    assert known.directory.organizations == []
    assert list(known.directory.all_records(EndedInstance)) == []
    assert list(known.directory.all_records(Assignment)) == []


def test_a_new_organization_of_the_same_account_has_a_new_instance(known) -> None:
    known.assigned(MANAGEMENT)
    for account in (MEMBER, SECOND):
        known.call(accounts.remove_account_from_organization, AccountId=account)
    known.call(organization.delete_organization)
    known.call(organization.create_organization)

    [view] = known.directory.organizations
    instance = known.directory.instance(view.record.instance).record
    assert instance.id != INSTANCE
    assert instance.store != STORE
    assert known.names_in(MANAGEMENT) == [ORGANIZATIONS_ROLE, SERVICE_ROLE]
