"""Accepting breaks of the audit log: list the unaccepted ones, and record who accepted them.

The next line continues behind the break, numbered after the last line that was ever on disk: the
gap stays visible in the file.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from daypass.core.faults import Fault
from daypass.server.audit import break_records, draining, verification
from daypass.server.audit.break_records import BreakRecord
from daypass.server.audit.event import Event
from daypass.server.audit.line_format import CHAIN_START, ChainPoint
from daypass.server.audit.log_file import AuditLog
from daypass.server.audit.open_log import chain_point
from daypass.server.audit.verification import Break, LogVerification
from daypass.state.data_directory.audit_file import AuditFile
from daypass.state.data_directory.node_data import NodeData
from daypass.state.side_tables.nodes import Checkpoint, DamagedCheckpoint


@dataclass(frozen=True, slots=True)
class UnacceptedBreaks:
    """The breaks of one node's log that nobody has accepted.

    `descriptions` is empty if there are none.
    """

    audit: AuditFile
    checkpoint: ChainPoint
    descriptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BreaksToAccept:
    """The breaks of all logs that an operator is asked to accept."""

    logs: tuple[UnacceptedBreaks, ...]
    recorded: tuple[BreakRecord, ...]
    """The breaks that the database has already, including accepted ones."""

    @property
    def descriptions(self) -> tuple[str, ...]:
        """Return a description of each break of each log; empty if there are none."""
        return tuple(each for log in self.logs for each in log.descriptions)


def breaks_to_accept(data: NodeData) -> BreaksToAccept:
    """Return every break that nobody has accepted, for an operator to accept.

    These are the unaccepted ones in the database, and those found by reading the logs now. Raises
    `Fault` for a log that cannot be read.
    """
    recorded = break_records.decode_records(data.audit.breaks)
    logs = tuple(_unaccepted_breaks(each, recorded) for each in data.audit.logs_of_all_nodes())
    return BreaksToAccept(logs, recorded)


def _unaccepted_breaks(audit: AuditFile, recorded: tuple[BreakRecord, ...]) -> UnacceptedBreaks:
    checkpoint = CHAIN_START
    descriptions = [
        each.what for each in break_records.unaccepted_records(recorded) if each.node == audit.node
    ]
    try:
        checkpoint = chain_point(audit.checkpoint)
    except DamagedCheckpoint as fault:
        descriptions.append(fault.message)
    verdict = _verify(audit, checkpoint, recorded)
    descriptions += [f"{audit.path}: {each}" for each in verdict.breaks]
    return UnacceptedBreaks(audit, checkpoint, tuple(dict.fromkeys(descriptions)))


def accept_breaks(data: NodeData, to_accept: BreaksToAccept, *, by: str, now: float) -> None:
    """Write who accepted the breaks into each broken log, then mark them accepted.

    The next start succeeds then. The lines come first: if they cannot be written, the database
    still refuses a start. Raises `Fault` if a log or the database cannot be written.
    """
    records = [
        each if each.accepted else replace(each, accepted=now, by=by) for each in to_accept.recorded
    ]
    checkpoints = {}
    for log in to_accept.logs:
        if log.descriptions:
            stretches, checkpoint = _write_lines(log, to_accept.recorded, by=by, now=now)
            records = _with_acceptance(records, log, stretches, by=by, now=now)
            checkpoints[log.audit.node] = checkpoint
    data.audit.accept_breaks([break_records.encode_record(each) for each in records], checkpoints)


def _write_lines(
    unaccepted: UnacceptedBreaks, recorded: tuple[BreakRecord, ...], *, by: str, now: float
) -> tuple[tuple[Break, ...], Checkpoint]:
    """Append one line per break to a log.

    Return the breaks that readers skip from now on, and the new checkpoint.
    """
    path = unaccepted.audit.path
    _terminate_last_line(path)
    drained = _drained_commit(unaccepted.audit)
    verdict = _verify(unaccepted.audit, unaccepted.checkpoint, recorded)
    log = AuditLog(path, checkpoint=verdict.head, is_after_break=True)
    log.append([_acceptance_event(each, by=by, now=now) for each in unaccepted.descriptions])
    log.close()
    point = log.durable_point
    return verdict.breaks, Checkpoint(drained, point.seq, point.hash, point.position)


def _with_acceptance(
    records: list[BreakRecord],
    unaccepted: UnacceptedBreaks,
    stretches: tuple[Break, ...],
    *,
    by: str,
    now: float,
) -> list[BreakRecord]:
    """Return all records with those of one log's breaks that had none.

    The log's last record gets the stretches.
    """
    node = unaccepted.audit.node
    recorded = {each.what for each in records if each.node == node}
    with_new = [
        *records,
        *(
            BreakRecord(now, each, now, by, node=node)
            for each in unaccepted.descriptions
            if each not in recorded
        ),
    ]
    last = max(number for number, each in enumerate(with_new) if each.node == node)
    with_new[last] = replace(with_new[last], stretches=(*with_new[last].stretches, *stretches))
    return with_new


def _drained_commit(audit: AuditFile) -> int:
    """Return the last commit that has its line.

    If the checkpoint cannot be read, the last commit named in the file.
    """
    try:
        return draining.last_drained_commit(audit.path, audit.checkpoint)
    except DamagedCheckpoint:
        return draining.last_drained_commit(audit.path, None)


def _acceptance_event(description: str, *, by: str, now: float) -> Event:
    return Event(
        time=now,
        request="",
        service="daypass",
        operation="accept-break",
        detail={"by": by, "what": description},
    )


def _verify(
    audit: AuditFile, checkpoint: ChainPoint, recorded: tuple[BreakRecord, ...]
) -> LogVerification:
    try:
        return verification.verify_log(
            audit.path,
            checkpoint=checkpoint,
            accepted=break_records.accepted_breaks(recorded, audit.node),
        )
    except OSError as error:
        raise Fault(
            "The audit log cannot be read.", operator=f"{audit.path}: {error.strerror}"
        ) from error


def _terminate_last_line(path: Path) -> None:
    """Append a line feed to an incomplete last line.

    The line stays in the file as evidence: as a line that cannot be read.
    """
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(file).st_size
        if size and os.pread(file, 1, size - 1) != b"\n":
            os.write(file, b"\n")
    finally:
        os.close(file)
