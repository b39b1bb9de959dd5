"""Immutable tables of the records of one kind in one partition, found by key, name or group."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, Self, TypeVar

from daypass.core.domain.record import NamedRecord, Record, fold_name
from daypass.state.changes import Put, Remove
from daypass.state.snapshot.persistent_map import DICT_ENTRIES_MAX, changed_map
from daypass.state.snapshot.record_groups import Groups, changed_groups, groups_of
from daypass.state.snapshot.sorted_records import SortedRecords

R = TypeVar("R", bound=Record)
N = TypeVar("N", bound=NamedRecord)


class Table(Generic[R]):
    """The records of one kind in one partition, by key, iterated in order of key.

    A change of a table costs about the same whatever its size is. A large one has its order and its
    groups from the start; a small one makes them where they are asked for.
    """

    __slots__ = ("_grouped_by", "_groups", "_order", "_records", "get")

    def __init__(
        self,
        records: Mapping[str, R] | None = None,
        *,
        grouped_by: tuple[str, ...] = (),
        order: SortedRecords[R] | None = None,
        groups: Mapping[str, Groups[R]] | None = None,
    ) -> None:
        """Make a table of a class that declares `grouped_by`; `order` and `groups` if known.

        `groups` is by field.
        """
        self._records: Mapping[str, R] = {} if records is None else records
        self._grouped_by = grouped_by
        self._order = order
        self._groups = groups
        if len(self._records) > DICT_ENTRIES_MAX:
            self._order = order or SortedRecords(self._records)
            if grouped_by and groups is None:
                self._groups = {field: groups_of(self._order, field) for field in grouped_by}
        self.get: Callable[[str], R | None] = self._records.get
        """Return the record under exactly that key, or None.

        The map's own method, for speed: every request looks records up.
        """

    def find(self, name: str) -> R | None:
        """Return the record of exactly that name, or None; unnamed records are found by key."""
        return self.get(name)

    def group(self, value: str, field: str = "") -> Sequence[R]:
        """Return the records whose field has a value, not the empty one, in order.

        `field` is one of `grouped_by`; empty: the first.
        """
        field = field or self._grouped_by[0]
        if self._groups is not None:
            return self._groups[field].get(value, ())
        return [each for each in self if getattr(each, field) == value] if value else ()

    def beginning_with(self, prefix: str, after: str = "") -> Iterator[R]:
        """Yield the records whose key has a prefix, in order of key, those after a key alone.

        The first one is found by bisection.
        """
        for record in self._ordered().from_key(max(prefix, after)):
            key = record.key
            if not key.startswith(prefix):
                return
            if key > after:
                yield record

    def __contains__(self, key: str) -> bool:
        return key in self._records

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[R]:
        return iter(self._ordered())

    def _ordered(self) -> SortedRecords[R]:
        if self._order is None:
            self._order = SortedRecords(self._records)
        return self._order

    def changed(self, changes: Iterable[Put | Remove]) -> Self:
        """Return the table after changes, which are all of its kind."""
        # Of two changes of one record the last one counts.
        values: dict[str, R | None] = {}
        for change in changes:
            record: R = change.record  # type: ignore[assignment]  # grouped by kind
            values[record.key] = record if isinstance(change, Put) else None
        return self.with_values(values)

    def with_values(self, values: Mapping[str, R | None]) -> Self:
        """Return the table after changes by key: a new record, or None for a removed one."""
        order, groups = self._order, self._groups
        if groups is not None:
            groups = {
                field: changed_groups(found, self._records, values, field)
                for field, found in groups.items()
            }
        return type(self)(
            changed_map(self._records, values),
            grouped_by=self._grouped_by,
            order=order.changed(values) if order is not None else None,
            groups=groups,
        )


class NamedTable(Table[N]):
    """Records with friendly names: found by exact name, unique without regard to case."""

    __slots__ = ()

    def find(self, name: str) -> N | None:
        """Return the record of exactly that name, or None: `Alice` does not find `alice`."""
        record = self.get(fold_name(name))
        return record if record is not None and record.name == name else None

    def is_taken(self, name: str) -> bool:
        """Return whether a record has this name, without regard to case."""
        return fold_name(name) in self._records


def group_by_class(
    changes: Iterable[Put | Remove],
) -> Mapping[type[Record], list[Put | Remove]]:
    """Return changes grouped by the class of their record."""
    grouped: dict[type[Record], list[Put | Remove]] = {}
    for change in changes:
        grouped.setdefault(type(change.record), []).append(change)
    return grouped
