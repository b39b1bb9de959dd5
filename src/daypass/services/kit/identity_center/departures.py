"""Staging what goes when an account leaves an organization, and when an instance is deleted.

Organizations and Identity Center share this, so that whatever ends an instance's access to an
account ends it in the same commit. Which records go is decided in
`core.identity_center.instances.departures`.
"""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from msgspec.structs import replace

from daypass.core import quotas
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.saml_provider import SamlProvider
from daypass.core.domain.identity_center.ended_instance import EndedInstance
from daypass.core.domain.identity_center.identity_store import IdentityStore
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.person import Person
from daypass.core.domain.identity_center.portal_session import person_partition
from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.partition import IDENTITY_STORE, INSTANCE
from daypass.core.domain.record import Record
from daypass.core.identity_center.instances import departures as rules
from daypass.services.kit.context import Context
from daypass.state.snapshot.directory import Directory
from daypass.state.snapshot.kinds import RECORDS


def stage_account_departure(ctx: Context, organization: Organization, account: str) -> None:
    """Stage that an account has left the instance of an organization.

    Its assignments, roles, SAML provider and service-linked role go, and with the roles their
    sessions. An account that joins again finds none of it.
    """
    for each in account_departure(ctx.directory, organization.instance, account):
        ctx.remove(each)


def account_departure(directory: Directory, instance: str, account: str) -> Iterator[Record]:
    """Yield the records that go when an account leaves an instance, named by its id.

    The id is empty for an organization without an instance.
    """
    if instance:
        yield from directory.instance(instance).assignments_in(account)
        yield from _made_in_account(directory, instance, account)
    yield from _service_role(directory, instance, account)


def _made_in_account(directory: Directory, instance: str, account: str) -> Iterator[Record]:
    """Yield an instance's provisioned sets in an account, their roles, and its provider there."""
    provisioned = list(directory.instance(instance).sets_provisioned_in(account))
    view = directory.account(account)
    yield from rules.made_in_account(
        instance, provisioned=provisioned, roles=view.of(Role), providers=view.of(SamlProvider)
    )
    # After the roles, which are found by them: only a part of all this may fit into a commit.
    yield from provisioned


def _service_role(directory: Directory, instance: str, account: str) -> Iterator[Record]:
    """Yield an account's service-linked role unless an instance other than this one needs it."""
    view = directory.account(account)
    above = directory.organization_of(account)
    found = rules.unneeded_service_role(
        view.of(Role),
        instances=(
            above.record.instance if above is not None and above.record is not None else "",
            view.record.instance if view.record is not None else "",
        ),
        without=instance,
    )
    if found is not None:
        yield found


def stage_instance_deletion(ctx: Context, instance: Instance) -> None:
    """Stage that an instance is deleted, with its identity store and all that came of them.

    Nobody reaches any of it from this commit on. What is too much for one commit is removed by a
    job afterwards (`next_removals`). The organization's or account's record loses the instance's
    name, and must not be staged from an older copy after this.
    """
    store = ctx.directory.identity_store(instance.store).record
    _stage_without_instance(ctx, instance)
    ctx.remove(instance)
    if store is not None:
        ctx.remove(store)
    ended = EndedInstance(
        account=instance.id,
        store=instance.store,
        accounts=_accounts_of(ctx.directory, instance),
        ended=ctx.now,
    )
    removals = next_removals(ctx.directory, ended)
    for each in removals.records:
        ctx.remove(each)
    if removals.rest is not None:
        ctx.put(removals.rest)


def _stage_without_instance(ctx: Context, instance: Instance) -> None:
    """Stage that an instance's organization, or its account, has no instance."""
    if not instance.organization:
        owner = ctx.directory.account(instance.owner).record
        if owner is not None:
            ctx.put(replace(owner, instance=""))
        return
    organization = ctx.directory.organization(instance.organization).record
    if organization is not None:
        ctx.put(replace(organization, instance="", instance_deleted=ctx.now))


def _accounts_of(directory: Directory, instance: Instance) -> tuple[str, ...]:
    """Return the accounts in which an instance may have made roles and providers."""
    if not instance.organization:
        return (instance.owner,)
    return tuple(each.id for each in directory.organization(instance.organization).of(Member))


_NOT_AMONG_OTHERS = frozenset({EndedInstance, Instance, IdentityStore, Person})
"""Records of the two partitions that are removed before the others, or after them."""


class Removals(NamedTuple):
    """What one commit removes of an instance that was deleted, and what is left after it."""

    records: list[Record]
    rest: EndedInstance | None
    """None if this is all."""


def next_removals(directory: Directory, ended: EndedInstance) -> Removals:
    """Return what the next commit removes of an instance that was deleted.

    At most `INSTANCE_REMOVALS_PER_COMMIT_MAX` records, counting each account that is looked at as
    one, and beyond that what the last account has.
    """
    records: list[Record] = []
    room = quotas.INSTANCE_REMOVALS_PER_COMMIT_MAX
    for cleared, account in enumerate(ended.accounts):
        if len(records) + cleared >= room:
            return Removals(records, replace(ended, accounts=ended.accounts[cleared:]))
        records += _made_in_account(directory, ended.account, account)
        records += _service_role(directory, ended.account, account)
    room = max(0, room - len(records) - len(ended.accounts))
    removed_already = {(each.kind, each.key) for each in records if each.account == ended.account}
    others = (
        each
        for each in _other_records(directory, ended)
        if (each.kind, each.key) not in removed_already
    )
    found = list(islice(others, room + 1))
    if len(found) > room:
        return Removals(records + found[:room], replace(ended, accounts=()))
    return Removals(records + found, None)


def _other_records(directory: Directory, ended: EndedInstance) -> Iterator[Record]:
    """Yield the records of an instance that was deleted, and of its store, apart from accounts'.

    A person comes after what the person's sign-ins left, because these are found by the person.
    """
    views = {
        INSTANCE: directory.instance(ended.account),
        IDENTITY_STORE: directory.identity_store(ended.store),
    }
    for partition, view in views.items():
        for kind in RECORDS:
            if partition in kind.partitions and kind not in _NOT_AMONG_OTHERS:
                yield from view.of(kind)
    for person in directory.identity_store(ended.store).of(Person):
        for table in directory.partition(person_partition(person.id)).tables():
            yield from table
        yield person
