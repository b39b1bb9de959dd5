"""The view of one partition at one revision: a table for each kind of record that it can hold."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, Self, TypeVar, overload

from daypass.core.domain.partition import Partition
from daypass.core.domain.record import NamedRecord, Record
from daypass.state.changes import Put, Remove
from daypass.state.snapshot.kinds import PARTITIONS, RECORDS
from daypass.state.snapshot.persistent_map import changed_map, new_map
from daypass.state.snapshot.table import NamedTable, Table, group_by_class

R = TypeVar("R", bound=Record)
N = TypeVar("N", bound=NamedRecord)


class TableLookup(Protocol):
    """The type of `View.of`: from a class of records to its table."""

    @overload
    def __call__(self, record: type[N], /) -> NamedTable[N]: ...

    @overload
    def __call__(self, record: type[R], /) -> Table[R]: ...


class _Tables(dict[type[Record], Table[Any]]):
    """The tables of one partition, by class of record."""

    __slots__ = ()

    def __missing__(self, record: type[Record]) -> Table[Any]:
        raise LookupError(f"records of kind {record.kind} are not kept in this kind of partition")


def _empty_tables(partition: Partition) -> _Tables:
    return _Tables(
        (record, _table_class(record)(grouped_by=record.grouped_by))
        for record in RECORDS
        if partition in record.partitions
    )


def _table_class(record: type[Record]) -> type[Table[Any]]:
    return NamedTable if issubclass(record, NamedRecord) else Table


_EMPTY: Mapping[Partition, _Tables] = {each: _empty_tables(each) for each in PARTITIONS}
"""The tables of a partition without a record, shared because tables never change."""
RecordsByClass = dict[type[Record], dict[str, Record]]
"""The records of one partition, by class and key."""
_NO_IDS: Mapping[str, Record] = {}


class View:
    """A partition; all tables are empty if it does not exist."""

    __slots__ = (
        "__weakref__",
        "_by_unique_id",
        "_tables",
        "cache",
        "id",
        "of",
        "partition",
        "revision",
    )

    def __init__(
        self,
        partition: Partition,
        name: str,
        revision: int = 0,
        tables: _Tables | None = None,
        by_unique_id: Mapping[str, Record] = _NO_IDS,
    ) -> None:
        self.partition = partition
        self.id = name
        self.revision = revision
        self.cache: dict[str, Any] = {}
        """Values that callers derive from this revision, such as compiled policy sets."""
        self._by_unique_id = by_unique_id
        self._tables = _EMPTY[partition] if tables is None else tables
        # A class's table holds records of that class.
        self.of: TableLookup = self._tables.get  # type: ignore[assignment]  # not known to mypy
        """Return the table of a class of records that is kept in this kind of partition.

        For other classes the result is None, which no caller can use. It is the
        dictionary's own method, and not its slower subscript: every request looks records
        up.
        """

    def by_id(self, record: type[R], unique_id: str) -> R | None:
        """Return the record of that class and unique id, whatever its name is now, or None."""
        found = self._by_unique_id.get(unique_id)
        return found if isinstance(found, record) else None

    def tables(self) -> Iterator[Table[Any]]:
        """Iterate over all tables."""
        return iter(self._tables.values())

    def changed(self, changes: Iterable[Put | Remove], revision: int) -> Self:
        """Return the partition after changes, sharing every table that they do not touch.

        Raises `LookupError` for a record that belongs in other kinds of partitions.
        """
        grouped = group_by_class(changes)
        tables, by_unique_id = _Tables(self._tables), self._by_unique_id
        for record, group in grouped.items():
            tables[record] = tables[record].changed(group)
            if record.unique:
                by_unique_id = _update_index(by_unique_id, group, record.unique)
        after = type(self)(self.partition, self.id, revision, tables, by_unique_id)
        after.derive(self, grouped.keys())
        return after

    @classmethod
    def of_records(
        cls,
        partition: Partition,
        name: str,
        revision: int,
        records: RecordsByClass,
    ) -> Self:
        """Return the partition with these records, by class and key, at a revision.

        Raises `LookupError` for a record that belongs in other kinds of partitions.
        """
        tables, by_unique_id = _Tables(_EMPTY[partition]), dict(_NO_IDS)
        for record, values in records.items():
            tables[record] = type(tables[record])(new_map(values), grouped_by=record.grouped_by)
            if record.unique:
                by_unique_id.update(
                    (getattr(each, record.unique), each) for each in values.values()
                )
        view = cls(partition, name, revision, tables, new_map(by_unique_id))
        view.derive(cls(partition, name), records.keys())
        return view

    def derive(self, before: Self, touched: Iterable[type[Record]]) -> None:
        """Compute what is derived from the records; `before` is the view before the changes.

        `touched` are the classes of the changed records. A plain view derives nothing.
        """


def _update_index(
    index: Mapping[str, Record], changes: Iterable[Put | Remove], unique: str
) -> Mapping[str, Record]:
    """Return the index of records by unique id after changes to one class."""
    after: dict[str, Record | None] = {}
    for change in changes:
        record = change.record
        unique_id = getattr(record, unique)
        known = after[unique_id] if unique_id in after else index.get(unique_id)
        if isinstance(change, Put):
            after[unique_id] = record
        elif known is not None and known.key == record.key:
            # Under another key the change is a rename, whose new record came first.
            after[unique_id] = None
    return changed_map(index, after)
