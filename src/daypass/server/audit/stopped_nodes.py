"""The audit logs of nodes that do not run: a start writes the lines that they lack.

So a start with fewer nodes than before loses no line, and the database need not keep the commits of
a node that never starts again. A line goes into the log of the node that made the commit: each log
holds its own node's commits alone, in order.
"""

from collections.abc import Sequence
from contextlib import suppress

from daypass.server.audit import break_records, draining, open_log
from daypass.server.audit.log_file import AuditLog, BrokenLog, Unrecorded
from daypass.server.audit.log_lines import LogEntry
from daypass.state.data_directory.audit_file import AuditFile
from daypass.state.data_directory.node_data import NodeData


def drain_stopped_nodes(data: NodeData, *, now: float) -> list[str]:
    """Write the lines that the logs of all other nodes lack, marked late and forced to disk.

    Return lines for the operator. The caller must have the data directory to itself: none of those
    nodes may run. Raises `Unusable` for a broken log, after recording the break with its node, and
    for a log that cannot be opened. A file that refuses lines does not prevent the start: their
    events stay in the database, and the next start tries again.
    """
    return [
        line for audit in data.audit.logs_of_other_nodes() for line in _drain_node(audit, now=now)
    ]


def _drain_node(audit: AuditFile, *, now: float) -> list[str]:
    log = open_log.open_node_log(audit, now=now)
    records = break_records.decode_records(audit.breaks)
    remarks = open_log.log_remarks(log, break_records.count_breaks(records, audit.node))
    outbox = draining.read_outbox(audit)
    entries = outbox.entries
    try:
        _append_and_close(log, entries)
    except BrokenLog as fault:
        raise open_log.record_break(audit, fault, now=now) from fault
    except Unrecorded as fault:
        return [*remarks, _refusal_remark(audit, len(entries), fault)]
    outbox.mark_written(len(entries), log.head.seq)
    audit.write_checkpoint(outbox.checkpoint(log.durable_point))
    if entries:
        remarks.append(
            f"{len(entries)} lines that node {audit.node} left unwritten are in {audit.path} now"
        )
    return remarks


def _append_and_close(log: AuditLog, entries: Sequence[LogEntry]) -> None:
    """Append entries, force them to disk and close the log, even if the file refuses them."""
    try:
        log.append(entries)
    except Unrecorded:
        with suppress(Unrecorded):
            log.close()
        raise
    log.close()


def _refusal_remark(audit: AuditFile, count: int, fault: Unrecorded) -> str:
    return (
        f"{count} lines of node {audit.node} are not on disk yet, the next start tries again:"
        f" {fault.operator}"
    )
