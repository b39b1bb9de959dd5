"""The changes to IAM Identity Center that operators make and AWS's API has no operation for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from daypass.core import arn
from daypass.core.audit_records.texts import escape_text
from daypass.core.domain.identity_center.identity_store import IdentityStore
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.person import Person
from daypass.core.domain.organizations.organization import ALL
from daypass.core.faults import Invalid, NotFound
from daypass.core.identity_center import person_status
from daypass.core.keyring import KeyRing
from daypass.core.organizations.settings import OrganizationSettings
from daypass.core.sources import Entropy
from daypass.core.time.steady_time import Moment
from daypass.server import clock
from daypass.server.app import Authority
from daypass.server.operator.control_socket import ControlAnswer
from daypass.server.operator.identity_center_messages import (
    ChangePerson,
    EnableInstance,
    IdentityCenterChange,
    OpenNetwork,
    OpenPortalSession,
    PersonAct,
)
from daypass.server.operator.identity_center_queries import instance_view, store_view
from daypass.server.operator.operator_events import operator_event
from daypass.server.operator.planned_change import PlannedChange, settle_planned
from daypass.services.kit.identity_center.organization_instances import organization_instance
from daypass.services.kit.identity_center.portal_sessions import open_portal_session
from daypass.state.changes import Changes, Put
from daypass.state.data_directory.node_data import NodeData
from daypass.state.snapshot.directory import Directory


@dataclass(frozen=True, slots=True)
class ChangeSources:
    """What a change needs beside its message and the snapshot."""

    moment: Moment
    ring: KeyRing
    entropy: Entropy
    settings: OrganizationSettings

    @property
    def now(self) -> int:
        """Return the wall clock's time, in seconds since 1970."""
        return int(self.moment.wall)


class IdentityCenterChanger:
    """Makes the changes in a process that has the data open."""

    def __init__(self, authority: Authority, data: NodeData) -> None:
        self._authority = authority
        self._data = data

    async def handle(self, message: IdentityCenterChange) -> ControlAnswer:
        """Plan a change and commit it with its event.

        Raises the faults of `plan_identity_center_change`, and that of a commit that is overtaken
        too often.
        """
        return await settle_planned(
            self._data.committer,
            self._authority.settler,
            lambda directory: plan_identity_center_change(message, directory, self._sources()),
            lambda planned: operator_event(
                operation_name(message),
                planned.thing,
                by=message.by,
                account=planned.answer.account,
            ),
            is_dry_run=message.is_dry_run,
        )

    def _sources(self) -> ChangeSources:
        return ChangeSources(
            self._data.clocks.moment(),
            self._data.keyring,
            clock.entropy,
            self._authority.runner.settings,
        )


def plan_identity_center_change(
    message: IdentityCenterChange, directory: Directory, sources: ChangeSources
) -> PlannedChange:
    """Return what a message changes.

    A change that is made already has no records. Raises `NotFound` for a person, an instance or an
    organization that is not there, `Denied` for a session of a disabled person, and `Invalid` for a
    duration that no session has and for an organization that cannot have an instance.
    """
    match message:
        case ChangePerson():
            return _change_person(message, directory, sources.now)
        case OpenPortalSession():
            return _open_portal_session(message, directory, sources)
        case OpenNetwork():
            return _open_network(message, directory)
        case EnableInstance():
            return _enable_instance(message, directory, sources)


_OPERATION_NAMES: Mapping[type[IdentityCenterChange], str] = {
    OpenPortalSession: "open-portal-session",
    OpenNetwork: "open-network",
    EnableInstance: "enable-instance",
}


def operation_name(message: IdentityCenterChange) -> str:
    """Return the name of a change in the audit log, such as `disable-person`."""
    if isinstance(message, ChangePerson):
        return f"{message.act.value}-person"
    return _OPERATION_NAMES[type(message)]


def _find_person(directory: Directory, store: str, person: str) -> tuple[Person, IdentityStore]:
    """Return a person and the store; raises `NotFound` unless both are there."""
    view = store_view(directory, store)
    found = view.of(Person).get(person)
    if found is None:
        raise NotFound(f"there is no person {person}")
    assert view.record is not None  # noqa: S101 - looked up before
    return found, view.record


def _change_person(message: ChangePerson, directory: Directory, now: int) -> PlannedChange:
    person, store = _find_person(directory, message.store, message.person)
    owner = store.owner
    by = arn.root(owner)
    acts: Mapping[PersonAct, Callable[[], Person]] = {
        PersonAct.DISABLE: lambda: person_status.disable(person, now=now, by=by),
        PersonAct.ENABLE: lambda: person_status.enable(person, now=now, by=by),
        PersonAct.SIGN_OUT: lambda: person_status.sign_out(person),
    }
    after = acts[message.act]()
    if after == person:
        return PlannedChange(ControlAnswer(account=owner), Changes(), person.arn)
    return PlannedChange(ControlAnswer((person.name,), owner), Changes([Put(after)]), person.arn)


def _open_portal_session(
    message: OpenPortalSession, directory: Directory, sources: ChangeSources
) -> PlannedChange:
    person, store = _find_person(directory, message.store, message.person)
    opened = open_portal_session(
        directory,
        person,
        moment=sources.moment,
        opened_by=escape_text(message.by),
        seconds=message.seconds,
        entropy=sources.entropy,
        ring=sources.ring,
    )
    answer = ControlAnswer(
        (person.name,), store.owner, result={"token": opened.token, "expires": opened.expires}
    )
    return PlannedChange(answer, Changes([Put(opened.session)]), person.arn)


def _open_network(message: OpenNetwork, directory: Directory) -> PlannedChange:
    instance = instance_view(directory, message.instance).record
    assert instance is not None  # noqa: S101 - looked up before
    store = directory.identity_store(instance.store).record
    locked: list[Instance | IdentityStore] = [
        each for each in (instance, store) if each is not None and each.network is not None
    ]
    return PlannedChange(
        ControlAnswer(tuple(each.arn for each in locked), instance.owner),
        Changes([Put(replace(each, network=None)) for each in locked]),
        instance.arn,
    )


def _enable_instance(
    message: EnableInstance, directory: Directory, sources: ChangeSources
) -> PlannedChange:
    record = directory.organization(message.organization).record
    if record is None:
        raise NotFound(f"there is no organization {message.organization}")
    if record.instance:
        return PlannedChange(ControlAnswer(account=record.management), Changes(), record.arn)
    if record.features != ALL:
        raise Invalid(
            f"organization {record.id} has consolidated billing only, and Identity Center needs all"
            " features: aws organizations enable-all-features"
        )
    region = sources.settings.identity_center_region
    _check_region(directory, region)
    organization, records = organization_instance(
        directory, record, region=region, now=sources.now, entropy=sources.entropy
    )
    return PlannedChange(
        ControlAnswer((organization.instance,), record.management, result={"region": region}),
        Changes([Put(each) for each in (organization, *records)]),
        record.arn,
    )


def _check_region(directory: Directory, region: str) -> None:
    """Raise `Invalid` if other instances have another region, with which no server would start."""
    for instance in directory.all_records(Instance):
        if instance.region != region:
            raise Invalid(
                f"the instance {instance.id} is in the region {instance.region}, not {region}:"
                f" --identity-center-region {instance.region} makes this one there too"
            )
