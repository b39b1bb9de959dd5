"""The audit logs of nodes that do not run: a start writes what they committed and could not write down any more.

Whoever starts with fewer nodes than before loses no line so, and the database does not keep the commits of a node that is gone
for good. A line goes into the log of the node that made the commit: each log tells of its own node's commits alone, in order.
"""

from collections.abc import Sequence
from contextlib import suppress

from daypass.server.audit import breaks, draining, keeping
from daypass.server.audit.log_file import AuditLog, Entry
from daypass.server.audit.unrecorded import Broken, Unrecorded
from daypass.state.data_directory.audit_file import AuditFile
from daypass.state.data_directory.node_data import Data


def settle_others(data: Data, *, now: float) -> list[str]:
    """Write the lines that the logs of all other nodes lack, marked late and forced to disk; return remarks for the operator.

    For whoever has the directory to itself: none of those nodes may run. Raises `Unusable` for a log that is not what was
    written, having remembered the break with its node, and for one that cannot be opened. A file that refuses lines refuses no
    start: their events stay in the database, and the next start tries again.
    """
    return [line for audit in data.audit.of_nodes_started() for line in _settle(audit, now=now)]


def _settle(audit: AuditFile, *, now: float) -> list[str]:
    log = keeping.opened_file(audit, now=now)
    said = keeping.remarks_on(log, breaks.count(breaks.read(audit.breaks), audit.node))
    waiting = draining.left_of(audit)
    entries = waiting.waiting
    try:
        _append(log, entries)
    except Broken as fault:
        raise keeping.found_broken(audit, fault, now=now) from fault
    except Unrecorded as fault:
        return [*said, _refused(audit, len(entries), fault)]
    waiting.written(len(entries), log.head.seq)
    audit.write_checkpoint(waiting.checkpoint(log.mark))
    if entries:
        said.append(
            f"{len(entries)} lines that node {audit.node} left unwritten are in {audit.path} now"
        )
    return said


def _append(log: AuditLog, entries: Sequence[Entry]) -> None:
    """Append entries, force them to disk and let go of the log, also where it refuses them."""
    try:
        log.append(entries)
    except Unrecorded:
        with suppress(Unrecorded):
            log.close()
        raise
    log.close()


def _refused(audit: AuditFile, count: int, fault: Unrecorded) -> str:
    return (
        f"{count} lines of node {audit.node} are not on disk yet, the next start tries again:"
        f" {fault.operator}"
    )
