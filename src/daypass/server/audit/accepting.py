"""Accepting that the log is not what was written: what would be accepted, and the line that says who did.

The chain goes on behind the break: the next line has the number after the last one that was ever on disk, so that what is
missing stays missing in the file for everybody to see.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from daypass.core.faults import Fault
from daypass.server import draining
from daypass.server.audit import breaks, verification
from daypass.server.audit.breaks import Found
from daypass.server.audit.keeping import mark_of
from daypass.server.audit.line import START, Mark
from daypass.server.audit.verification import Verdict
from daypass.server.audit_log import AuditLog
from daypass.server.event import Event
from daypass.state.data import Data
from daypass.state.nodes import Checkpoint, Spoilt


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an operator is asked to accept; `what` is empty if there is no break."""

    what: tuple[str, ...]
    known: tuple[Found, ...]
    """The breaks that were found before, accepted ones too."""
    checkpoint: Mark


def proposal(data: Data) -> Proposal:
    """Return every break that nobody has accepted: those that were found before, and those that are in the file now."""
    known = breaks.read(data.audit.breaks)
    checkpoint, what = START, [each.what for each in breaks.open_ones(known)]
    try:
        checkpoint = mark_of(data.audit.checkpoint)
    except Spoilt as fault:
        what.append(fault.message)
    verdict = _verdict(data.audit.path, checkpoint, known)
    what += [f"{data.audit.path}: {each}" for each in verdict.breaks]
    return Proposal(tuple(dict.fromkeys(what)), known, checkpoint)


def accept(data: Data, asked: Proposal, *, by: str, now: float) -> None:
    """Write the line that says who accepted what, then let the next start pass.

    Raises `Fault` where either cannot be written. The line comes first: without it the database goes on refusing.
    """
    path = data.audit.path
    _end_last_line(path)
    drained = _drained(data)
    verdict = _verdict(path, asked.checkpoint, asked.known)
    log = AuditLog(path, checkpoint=verdict.head, is_behind_break=True)
    log.append([_event(what, by=by, now=now) for what in asked.what])
    log.close()
    kept = [each if each.accepted else replace(each, accepted=now, by=by) for each in asked.known]
    seen = {each.what for each in kept}
    kept += [Found(now, what, now, by) for what in asked.what if what not in seen]
    kept[-1] = replace(kept[-1], stretches=(*kept[-1].stretches, *verdict.breaks))
    mark = log.mark
    data.audit.accept_breaks(
        [breaks.spelled(each) for each in kept],
        Checkpoint(drained, mark.seq, mark.hash, mark.position),
    )


def _drained(data: Data) -> int:
    """Return the last commit that has its line; where the checkpoint does not say, the last that has one in the file."""
    try:
        return draining.last_commit(data.audit.path, data.audit.checkpoint)
    except Spoilt:
        return draining.last_commit(data.audit.path, None)


def _event(what: str, *, by: str, now: float) -> Event:
    return Event(
        time=now,
        request="",
        service="daypass",
        operation="accept-break",
        detail={"by": by, "what": what},
    )


def _verdict(path: Path, checkpoint: Mark, known: tuple[Found, ...]) -> Verdict:
    try:
        return verification.verify(path, checkpoint=checkpoint, accepted=breaks.accepted(known))
    except OSError as error:
        raise Fault(
            "The audit log cannot be read.", operator=f"{path}: {error.strerror}"
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
