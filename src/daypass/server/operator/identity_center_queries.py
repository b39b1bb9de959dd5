"""Answers to the operator's reading messages about IAM Identity Center, from one snapshot."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from daypass.core.domain.account import Account
from daypass.core.domain.identity_center.assignment import GROUP, USER, Assignment
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.people_group import PeopleGroup
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.core.domain.identity_center.person import Person
from daypass.core.domain.identity_center.portal_session import PortalSession, person_partition
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.faults import Invalid, NotFound
from daypass.core.identity_center.folding import fold_name
from daypass.server.operator.identity_center_messages import (
    PAGE_SIZE,
    FindPrincipal,
    FindTarget,
    IdentityCenterQuery,
    ListAssignments,
    ListGroupsOf,
    ListInstances,
    ListPortalSessions,
)
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.identity_store_view import IdentityStoreView
from daypass.state.snapshot.instance_view import InstanceView

Answer = dict[str, Any]


def answer_query(message: IdentityCenterQuery, directory: Directory, *, steady: int) -> Answer:
    """Return the records that a message asks for; `steady` is steady time, in seconds since 1970.

    Raises `NotFound` if the message names an instance or a store that does not exist, and `Invalid`
    for a name that several accounts have.
    """
    match message:
        case ListInstances():
            return list_instances(directory)
        case FindPrincipal():
            return find_principal(store_view(directory, message.store), message.name)
        case FindTarget():
            return _find_target(message, directory)
        case ListAssignments():
            return _list_assignments(message, directory)
        case ListGroupsOf():
            return _list_groups(message, store_view(directory, message.store))
        case ListPortalSessions():
            return _list_portal_sessions(message, directory, steady)


def store_view(directory: Directory, store: str) -> IdentityStoreView:
    """Return the view of an identity store; raises `NotFound` if there is none of that id."""
    view = directory.identity_store(store)
    if view.record is None:
        raise NotFound(f"there is no identity store {store}")
    return view


def instance_view(directory: Directory, instance: str) -> InstanceView:
    """Return the view of an instance; raises `NotFound` if there is none of that id."""
    view = directory.instance(instance)
    if view.record is None:
        raise NotFound(f"there is no instance {instance}")
    return view


def list_instances(directory: Directory) -> Answer:
    """Return every instance, and every organization without one, with its management account."""
    instances = sorted(directory.all_records(Instance), key=lambda each: each.id)
    without = [
        {"organization": each.id, "owner": each.management}
        for each in directory.all_records(Organization)
        if not each.instance
    ]
    return {
        "instances": [_shown_instance(directory, each) for each in instances],
        "organizations_without": without,
    }


def _shown_instance(directory: Directory, instance: Instance) -> Answer:
    view, store = directory.instance(instance.id), directory.identity_store(instance.store)
    return {
        "id": instance.id,
        "arn": instance.arn,
        "store": instance.store,
        "name": instance.name,
        "owner": instance.owner,
        "organization": instance.organization,
        "region": instance.region,
        "has_permission_sets": instance.has_permission_sets,
        "network": None if instance.network is None else list(instance.network.source_ips),
        "store_network": _store_addresses(store),
        "people": len(store.of(Person)),
        "groups": len(store.of(PeopleGroup)),
        "permission_sets": len(view.of(PermissionSet)),
        "assignments": len(view.of(Assignment)),
    }


def _store_addresses(store: IdentityStoreView) -> list[str] | None:
    if store.record is None or store.record.network is None:
        return None
    return list(store.record.network.source_ips)


def find_principal(store: IdentityStoreView, name: str) -> Answer:
    """Return the person and the group of a name or an id, each None without one."""
    folded = fold_name(name)
    person = store.person_named(folded) or store.of(Person).get(name)
    group = store.group_named(folded) or store.of(PeopleGroup).get(name)
    return {
        "person": None if person is None else _shown_person(person),
        "group": None if group is None else {"id": group.id, "name": group.name},
    }


def _shown_person(person: Person) -> Answer:
    return {
        "id": person.id,
        "name": person.name,
        "display_name": person.profile.display_name,
        "email": next((each.value for each in person.profile.emails), ""),
        "is_enabled": person.is_enabled,
    }


def _find_target(message: FindTarget, directory: Directory) -> Answer:
    """Return a permission set and an account, each None without one of that name."""
    instance = instance_view(directory, message.instance)
    found = instance.set_named(message.permission_set)
    account = _find_account(directory, instance, message.account)
    return {
        "permission_set": None if found is None else _shown_set(found),
        "account": None if account is None else {"id": account.account, "name": account.name},
    }


def _shown_set(found: PermissionSet) -> Answer:
    return {"id": found.id, "arn": found.arn, "name": found.name}


def _find_account(directory: Directory, instance: InstanceView, name: str) -> Account | None:
    """Return the account of an id, or of a name among those that the instance reaches."""
    by_id = directory.account(name).record if name else None
    if by_id is not None or not name:
        return by_id
    named = [each for each in _accounts_of(directory, instance) if each.name == name]
    if len(named) > 1:
        ids = ", ".join(each.account for each in named)
        raise Invalid(f"several accounts are called {name}: {ids}")
    return named[0] if named else None


def _accounts_of(directory: Directory, instance: InstanceView) -> Iterator[Account]:
    """Yield the accounts of an instance's organization, or the account that owns it."""
    assert instance.record is not None  # noqa: S101 - looked up before
    organization = instance.record.organization
    ids: Iterable[str] = [instance.record.owner]
    if organization:
        ids = (each.id for each in directory.organization(organization).of(Member))
    for each in ids:
        record = directory.account(each).record
        if record is not None:
            yield record


def _list_assignments(message: ListAssignments, directory: Directory) -> Answer:
    instance = instance_view(directory, message.instance)
    assert instance.record is not None  # noqa: S101 - looked up before
    store = directory.identity_store(instance.record.store)
    chosen = (
        each
        for each in _assignments_after(message, instance)
        if not message.permission_set or each.permission_set == message.permission_set
    )
    page = list(islice(chosen, PAGE_SIZE + 1))
    shown = [_shown_assignment(each, instance, store, directory) for each in page[:PAGE_SIZE]]
    return {"assignments": shown, "after": _after(page)}


def _assignments_after(message: ListAssignments, instance: InstanceView) -> Iterator[Assignment]:
    """Yield the assignments of a principal or in an account, those after a key alone."""
    table = instance.of(Assignment)
    if message.principal:
        found = table.group(message.principal)
        start = f"{message.account}/" if message.account else ""
        return (each for each in found if each.key.startswith(start) and each.key > message.after)
    return table.beginning_with(f"{message.account}/" if message.account else "", message.after)


def _after(page: list[Any]) -> str:
    """Return the key that the next page continues after; empty on the last page."""
    return page[PAGE_SIZE - 1].key if len(page) > PAGE_SIZE else ""


def _shown_assignment(
    assignment: Assignment,
    instance: InstanceView,
    store: IdentityStoreView,
    directory: Directory,
) -> Answer:
    found = instance.of(PermissionSet).get(assignment.permission_set)
    account = directory.account(assignment.target).record
    return {
        "account": assignment.target,
        "account_name": account.name if account else "",
        "permission_set": assignment.permission_set,
        "permission_set_name": found.name if found else "",
        "principal_type": assignment.principal_type,
        "principal": assignment.principal,
        "principal_name": _principal_name(assignment, store),
    }


def _principal_name(assignment: Assignment, store: IdentityStoreView) -> str | None:
    """Return the name of an assignment's principal; None for one that was deleted."""
    tables: Mapping[str, type[Person | PeopleGroup]] = {USER: Person, GROUP: PeopleGroup}
    record = store.of(tables[assignment.principal_type]).get(assignment.principal)
    return None if record is None else record.name


def _list_groups(message: ListGroupsOf, store: IdentityStoreView) -> Answer:
    memberships = (
        each for each in store.memberships_of(message.person) if each.group > message.after
    )
    page = list(islice(memberships, PAGE_SIZE + 1))
    groups = (store.of(PeopleGroup).get(each.group) for each in page[:PAGE_SIZE])
    return {
        "groups": [{"id": each.id, "name": each.name} for each in groups if each is not None],
        "after": page[PAGE_SIZE - 1].group if len(page) > PAGE_SIZE else "",
    }


def _list_portal_sessions(message: ListPortalSessions, directory: Directory, steady: int) -> Answer:
    person = store_view(directory, message.store).of(Person).get(message.person)
    if person is None:
        raise NotFound(f"there is no person {message.person}")
    sessions = directory.partition(person_partition(person.id)).of(PortalSession)
    live = [
        each
        for each in sessions
        if person.is_enabled and each.generation == person.generation and each.expires > steady
    ]
    return {
        "sessions": [
            {
                "id": each.id,
                "started": each.started,
                "expires": each.expires,
                "opened_by": each.opened_by,
            }
            for each in sorted(live, key=lambda one: (one.started, one.id))
        ]
    }
