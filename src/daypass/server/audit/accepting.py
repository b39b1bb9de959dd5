"""Accepting that a log is not what was written: what would be accepted in which node's log, and the line that says who did.

The chain goes on behind the break: the next line has the number after the last one that was ever on disk, so that what is
missing stays missing in the file for everybody to see.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from daypass.core.faults import Fault
from daypass.server.audit import breaks, draining, verification
from daypass.server.audit.breaks import Found
from daypass.server.audit.event import Event
from daypass.server.audit.keeping import mark_of
from daypass.server.audit.line import START, Mark
from daypass.server.audit.log_file import AuditLog
from daypass.server.audit.verification import Break, Verdict
from daypass.state.data_directory.audit_file import AuditFile
from daypass.state.data_directory.node_data import Data
from daypass.state.side_tables.nodes import Checkpoint, Spoilt


@dataclass(frozen=True, slots=True)
class OfOneLog:
    """The breaks of one node's log that nobody has accepted; `what` is empty if there is none."""

    audit: AuditFile
    checkpoint: Mark
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an operator is asked to accept, log by log."""

    logs: tuple[OfOneLog, ...]
    known: tuple[Found, ...]
    """The breaks that were found before, accepted ones too."""

    @property
    def what(self) -> tuple[str, ...]:
        """Return every break; empty if there is none."""
        return tuple(what for each in self.logs for what in each.what)


def proposal(data: Data) -> Proposal:
    """Return every break that nobody has accepted: those that were found before, and those that are in a log now."""
    known = breaks.read(data.audit.breaks)
    return Proposal(tuple(_proposed(each, known) for each in data.audit.of_all_nodes()), known)


def _proposed(audit: AuditFile, known: tuple[Found, ...]) -> OfOneLog:
    checkpoint = START
    what = [each.what for each in breaks.open_ones(known) if each.node == audit.node]
    try:
        checkpoint = mark_of(audit.checkpoint)
    except Spoilt as fault:
        what.append(fault.message)
    verdict = _verdict(audit, checkpoint, known)
    what += [f"{audit.path}: {each}" for each in verdict.breaks]
    return OfOneLog(audit, checkpoint, tuple(dict.fromkeys(what)))


def accept(data: Data, asked: Proposal, *, by: str, now: float) -> None:
    """Write the lines that say who accepted what, each into the log that was broken, then let the next start pass.

    Raises `Fault` where either cannot be written. The lines come first: without them the database goes on refusing.
    """
    kept = [each if each.accepted else replace(each, accepted=now, by=by) for each in asked.known]
    checkpoints = {}
    for each in asked.logs:
        if each.what:
            stretches, checkpoint = _written(each, asked.known, by=by, now=now)
            kept = _accepted(kept, each, stretches, by=by, now=now)
            checkpoints[each.audit.node] = checkpoint
    data.audit.accept_breaks([breaks.spelled(each) for each in kept], checkpoints)


def _written(
    asked: OfOneLog, known: tuple[Found, ...], *, by: str, now: float
) -> tuple[tuple[Break, ...], Checkpoint]:
    """Write the lines into one log; return the stretches that are crossed from now on, and where its chain goes on."""
    path = asked.audit.path
    _end_last_line(path)
    drained = _drained(asked.audit)
    verdict = _verdict(asked.audit, asked.checkpoint, known)
    log = AuditLog(path, checkpoint=verdict.head, is_behind_break=True)
    log.append([_event(what, by=by, now=now) for what in asked.what])
    log.close()
    mark = log.mark
    return verdict.breaks, Checkpoint(drained, mark.seq, mark.hash, mark.position)


def _accepted(
    kept: list[Found], asked: OfOneLog, stretches: tuple[Break, ...], *, by: str, now: float
) -> list[Found]:
    """Return what is kept of all breaks, with those of one log that nobody had found before; its last one has the stretches."""
    node = asked.audit.node
    seen = {each.what for each in kept if each.node == node}
    found = [
        *kept,
        *(Found(now, what, now, by, node=node) for what in asked.what if what not in seen),
    ]
    last = max(number for number, each in enumerate(found) if each.node == node)
    found[last] = replace(found[last], stretches=(*found[last].stretches, *stretches))
    return found


def _drained(audit: AuditFile) -> int:
    """Return the last commit that has its line; where the checkpoint does not say, the last that has one in the file."""
    try:
        return draining.last_commit(audit.path, audit.checkpoint)
    except Spoilt:
        return draining.last_commit(audit.path, None)


def _event(what: str, *, by: str, now: float) -> Event:
    return Event(
        time=now,
        request="",
        service="daypass",
        operation="accept-break",
        detail={"by": by, "what": what},
    )


def _verdict(audit: AuditFile, checkpoint: Mark, known: tuple[Found, ...]) -> Verdict:
    try:
        return verification.verify(
            audit.path, checkpoint=checkpoint, accepted=breaks.accepted(known, audit.node)
        )
    except OSError as error:
        raise Fault(
            "The audit log cannot be read.", operator=f"{audit.path}: {error.strerror}"
        ) from error


def _end_last_line(path: Path) -> None:
    """End half a line, so that what was found there stays as evidence: a line that cannot be read."""
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(file).st_size
        if size and os.pread(file, 1, size - 1) != b"\n":
            os.write(file, b"\n")
    finally:
        os.close(file)
