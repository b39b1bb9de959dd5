"""The changes to IAM Identity Center that operators make and AWS's API has no operation for."""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from daypass.core import arn
from daypass.core.domain.identity_center.identity_store import IdentityStore
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.person import Person
from daypass.core.faults import NotFound
from daypass.core.identity_center import person_status
from daypass.server.operator.control_socket import ControlAnswer
from daypass.server.operator.identity_center_messages import (
    ChangePerson,
    IdentityCenterChange,
    OpenNetwork,
    PersonAct,
)
from daypass.server.operator.identity_center_queries import instance_view, store_view
from daypass.server.operator.planned_change import PlannedChange
from daypass.state.changes import Changes, Put
from daypass.state.snapshot.directory import Directory


def plan_identity_center_change(
    message: IdentityCenterChange, directory: Directory, *, now: int
) -> PlannedChange:
    """Return what a message changes; raises `NotFound` for a person or instance that is not there.

    A change that is made already has no records.
    """
    if isinstance(message, ChangePerson):
        return _change_person(message, directory, now)
    return _open_network(message, directory)


def operation_name(message: IdentityCenterChange) -> str:
    """Return the name of a change in the audit log, such as `disable-person`."""
    if isinstance(message, ChangePerson):
        return f"{message.act.value}-person"
    return {OpenNetwork: "open-network"}[type(message)]


def _change_person(message: ChangePerson, directory: Directory, now: int) -> PlannedChange:
    view = store_view(directory, message.store)
    person = view.of(Person).get(message.person)
    if person is None:
        raise NotFound(f"there is no person {message.person}")
    assert view.record is not None  # noqa: S101 - looked up before
    owner = view.record.owner
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
