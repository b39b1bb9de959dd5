"""The statements of a commit, compiled once for the database's driver.

A commit sends few statements, but SQLAlchemy's own work for each would be most of a commit's time.
The text is the same on SQLite and PostgreSQL.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult, Dialect

Values = Mapping[str, Any]
_ADVANCE = (
    "UPDATE head SET seq = :seq, mark = CASE WHEN mark < :mark THEN :mark ELSE mark END"
    " WHERE seq = :known AND log_from <= :known"
    " AND coalesce((SELECT id FROM commits WHERE seq = :known), '') = :known_id"
)
_BEFORE = (
    "mark,"
    " (SELECT checksum FROM partitions WHERE name = :partition),"
    " (SELECT checksum FROM records"
    ' WHERE partition = :partition AND kind = :kind AND "key" = :key)'
)


class CompiledStatement:
    """A statement with named values, in the form that the database's driver takes."""

    def __init__(self, text: str, dialect: Dialect) -> None:
        compiled = sa.text(text).compile(dialect=dialect)
        self._text = str(compiled)
        self._names: Sequence[str] | None = compiled.positiontup

    def execute(self, connection: Connection, row: Values) -> CursorResult[Any]:
        """Execute the statement with a row of values, which may hold others too."""
        return connection.exec_driver_sql(self._text, self._values(row))

    def execute_all(self, connection: Connection, rows: Sequence[Values]) -> int:
        """Execute the statement for each of the rows together; return how many rows it touched."""
        if not rows:
            return 0
        if len(rows) == 1:
            return self.execute(connection, rows[0]).rowcount
        return connection.exec_driver_sql(self._text, list(map(self._values, rows))).rowcount

    def _values(self, row: Values) -> Any:
        names = self._names
        return row if names is None else tuple([row[name] for name in names])


class CommitStatements:
    """The statements that write a commit."""

    def __init__(self, dialect: Dialect) -> None:
        def compiled(text: str) -> CompiledStatement:
            return CompiledStatement(text, dialect)

        # SQLite returns rows of an update since 3.35; an older one is asked once more.
        self.returns_rows = dialect.update_returning
        """Whether `advance` returns a row as `read_before` does."""
        self.advance = compiled(
            f"{_ADVANCE} RETURNING {_BEFORE}" if self.returns_rows else _ADVANCE
        )
        """Move the head on, if it is still at a known commit."""
        self.read_before = compiled(f"SELECT {_BEFORE} FROM head")  # noqa: S608 - our own
        """Read the mark, and the checksums of a partition and of a record, None if missing."""
        self.put_commit = compiled(
            "INSERT INTO commits (seq, id, node, at, event) VALUES (:seq, :id, :node, :at, :event)"
        )
        self.put_record = compiled(
            'INSERT INTO records (partition, kind, "key", seq, body, checksum)'
            " VALUES (:partition, :kind, :key, :seq, :body, :checksum)"
            ' ON CONFLICT (partition, kind, "key") DO UPDATE'
            " SET seq = excluded.seq, body = excluded.body, checksum = excluded.checksum"
        )
        self.remove_record = compiled(
            'DELETE FROM records WHERE partition = :partition AND kind = :kind AND "key" = :key'
        )
        self.put_log = compiled(
            'INSERT INTO log (seq, partition, kind, "key") VALUES (:seq, :partition, :kind, :key)'
        )
        self.put_partition = compiled(
            "INSERT INTO partitions (name, revision, checksum)"
            " VALUES (:partition, :revision, :checksum)"
        )
        self.change_partition = compiled(
            "UPDATE partitions SET revision = :revision, checksum = :checksum"
            " WHERE name = :partition AND revision = :before"
        )
