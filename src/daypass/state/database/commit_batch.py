"""A batch of sets of changes, applied to a directory in memory before any of it is written."""

from typing import NamedTuple

from daypass.core.domain.record import Record
from daypass.state.changes import Changes, Put
from daypass.state.database.loading import RecordKey
from daypass.state.schema import record_checksums
from daypass.state.snapshot.directory import Directory
from daypass.state.store import CommitOutcome


class NewRecord(NamedTuple):
    """What a batch makes of a record: the commit that wrote it last, and the record itself."""

    seq: int
    record: Record | None
    """None if the commit removed it."""


class AppliedChanges(NamedTuple):
    """A set of changes that was applied, with the number and id of its commit."""

    seq: int
    id: str
    changes: Changes


class CommitBatch:
    """Sets of changes that are committed together, each applied after those before it."""

    def __init__(self, directory: Directory, *, boot: str, node: str, at: int) -> None:
        """Begin at `directory`, for the node `node` since its start `boot`, at a wall time."""
        self.before = directory
        """The directory that the first set is applied to."""
        self.directory = directory
        """The directory after the sets that were applied."""
        self.outcomes: list[CommitOutcome] = []
        """The outcome of each set so far."""
        self.applied: list[AppliedChanges] = []
        self.boot, self.node, self.at = boot, node, at

    def apply(self, changes: Changes) -> None:
        """Apply a set of changes, which is not stale, as the next commit."""
        seq = self.directory.revision + 1
        checksum = record_checksums.of_commit(seq, self.boot, self.node, self.at, changes.event)
        commit = AppliedChanges(seq, self.boot + checksum, changes)
        self.applied.append(commit)
        self.directory = self.directory.changed(changes.records, seq, commit.id)
        self.outcomes.append(self.directory)

    def new_records(self) -> dict[RecordKey, NewRecord]:
        """Return what the batch makes of each record; of two changes of one the last counts."""
        return {
            (change.record.account, change.record.kind, change.record.key): NewRecord(
                commit.seq, change.record if isinstance(change, Put) else None
            )
            for commit in self.applied
            for change in commit.changes.records
        }

    def log(self) -> list[tuple[int, RecordKey]]:
        """Return which records each commit touched, each record once per commit."""
        return list(
            dict.fromkeys(
                (commit.seq, (each.record.account, each.record.kind, each.record.key))
                for commit in self.applied
                for each in commit.changes.records
            )
        )
