"""Records grouped by the value of the field that their class declares as `grouped_by`."""

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import TypeVar

from daypass.core.domain.record import Record
from daypass.state.snapshot.persistent_map import changed_map, new_map

R = TypeVar("R", bound=Record)
Groups = Mapping[str, tuple[R, ...]]
"""The records of each value, in order of key."""


def groups_of(records: Iterable[R], field: str) -> Groups[R]:
    """Return the groups, by the value of a field, of records that come in order of key.

    A record whose value is empty is in no group: it belongs to nobody yet, and there may be many
    of them.
    """
    value_of = attrgetter(field)
    firsts: dict[str, R] = {}
    further: dict[str, list[R]] = {}
    for record in records:
        value = value_of(record)
        if firsts.setdefault(value, record) is not record:
            further.setdefault(value, []).append(record)
    # Most values of most fields have one record.
    found: dict[str, tuple[R, ...]] = {value: (first,) for value, first in firsts.items()}
    for value, members in further.items():
        found[value] = (firsts[value], *members)
    found.pop("", None)
    return new_map(found)


def changed_groups(
    groups: Groups[R], before: Mapping[str, R], changes: Mapping[str, R | None], field: str
) -> Groups[R]:
    """Return groups by the value of a field after changes by key; None is a removed record.

    `before` are the records before the changes.
    """
    touched: dict[str, dict[str, R]] = {}

    def group_of(record: R) -> dict[str, R]:
        value = getattr(record, field)
        if value not in touched:
            touched[value] = {each.key: each for each in groups.get(value, ())}
        return touched[value]

    for key, record in changes.items():
        earlier = before.get(key)
        if earlier is not None:
            group_of(earlier).pop(key, None)
        if record is not None:
            group_of(record)[key] = record
    touched.pop("", None)
    return changed_map(
        groups,
        {
            value: tuple(sorted(found.values(), key=attrgetter("key"))) or None
            for value, found in touched.items()
        },
    )
