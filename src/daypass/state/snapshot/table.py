"""Immutable tables of the records of one kind in one partition, found by key or name."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic, Self, TypeVar

from daypass.core.domain.record import NamedRecord, Record, fold_name
from daypass.state.changes import Put, Remove

R = TypeVar("R", bound=Record)
N = TypeVar("N", bound=NamedRecord)


class Table(Generic[R]):
    """The records of one kind in one partition, by key, iterated in order of key."""

    __slots__ = ("_ordered", "_records", "get")

    def __init__(self, records: dict[str, R] | None = None) -> None:
        self._records: dict[str, R] = {} if records is None else records
        self._ordered: list[R] | None = None
        self.get: Callable[[str], R | None] = self._records.get
        """Return the record under exactly that key, or None.

        The dictionary's own method, for speed: every request looks records up.
        """

    def find(self, name: str) -> R | None:
        """Return the record of exactly that name, or None; unnamed records are found by key."""
        return self.get(name)

    def __contains__(self, key: str) -> bool:
        return key in self._records

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[R]:
        if self._ordered is None:
            self._ordered = [self._records[key] for key in sorted(self._records)]
        return iter(self._ordered)

    def changed(self, changes: Iterable[Put | Remove]) -> Self:
        """Return the table after changes, which are all of its kind."""
        records = dict(self._records)
        for change in changes:
            if isinstance(change, Put):
                record: R = change.record  # type: ignore[assignment]  # grouped by kind
                records[record.key] = record
            else:
                records.pop(change.record.key, None)
        return type(self)(records)


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
