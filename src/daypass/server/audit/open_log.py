"""Opening the audit log of a node: only if its file is still what was written.

A break is recorded in the database before the start is refused. From then on no server starts,
whatever happens to the file, until an operator accepts the break.
"""

from daypass.core.faults import Fault
from daypass.server.audit import break_records
from daypass.server.audit.break_records import BreakRecord
from daypass.server.audit.line_format import CHAIN_START, ChainPoint
from daypass.server.audit.log_file import AuditLog, BrokenLog, Unrecorded
from daypass.state.data_directory.audit_file import AuditFile
from daypass.state.data_directory.directory_errors import BROKEN_LOG_HINT
from daypass.state.data_directory.node_data import NodeData
from daypass.state.files.data_files import AUDIT_LOG
from daypass.state.side_tables.nodes import Checkpoint
from daypass.state.unusable import Unusable

BROKEN_LOG_HEADLINE = "THE AUDIT LOG IS NOT WHAT WAS WRITTEN"


def chain_point(checkpoint: Checkpoint | None) -> ChainPoint:
    """Return the point in a log's chain that a checkpoint of the database names.

    The chain's start for None.
    """
    return CHAIN_START if checkpoint is None else ChainPoint(*checkpoint[1:])


def open_audit_log(data: NodeData, *, now: float, others_serve: bool = False) -> AuditLog:
    """Return the opened log of a data directory's node, verified from its checkpoint on.

    Raises `Unusable` for a broken log, after recording the break, and for a log that cannot be
    opened. An unaccepted break of another node's log counts too, unless `others_serve`: then other
    nodes run already, and started over it.
    """
    return open_node_log(data.audit, now=now, others_serve=others_serve)


def open_node_log(audit: AuditFile, *, now: float, others_serve: bool = False) -> AuditLog:
    """Return the opened log of any node; parameters and faults are those of `open_audit_log`."""
    try:
        unaccepted = break_records.unaccepted_records(break_records.decode_records(audit.breaks))
        if others_serve:
            unaccepted = tuple(each for each in unaccepted if each.node == audit.node)
        if unaccepted:
            raise Unusable(
                f"{BROKEN_LOG_HEADLINE}: {unaccepted[0].what}, and nobody has accepted that",
                BROKEN_LOG_HINT,
            )
        return AuditLog(audit.path, checkpoint=chain_point(audit.checkpoint))
    except BrokenLog as fault:
        raise record_break(audit, fault, now=now) from fault
    except Unrecorded as fault:
        raise Unusable(
            fault.operator, "check that the disk has room and that this user may write the file"
        ) from fault
    except Fault as fault:
        raise Unusable(fault.message, BROKEN_LOG_HINT) from fault


def record_break(audit: AuditFile, fault: BrokenLog, *, now: float) -> Unusable:
    """Write a break of a node's log into the database; return the `Unusable` to raise."""
    record = BreakRecord(now, fault.operator, node=audit.node)
    audit.add_break(break_records.encode_record(record))
    return Unusable(
        f"{BROKEN_LOG_HEADLINE}: {fault.operator}", f"keep a copy of the file; {BROKEN_LOG_HINT}"
    )


def log_remarks(log: AuditLog, break_count: int) -> list[str]:
    """Return lines for the terminal about an opened log: bytes cut off its end, accepted breaks."""
    lines = []
    if log.bytes_cut:
        lines.append(
            f"half a line at the end of {_name(log)} was cut off"
            f" ({log.bytes_cut} bytes), as a crash leaves it"
        )
    if break_count:
        lines.append(
            f"{_name(log)} was found broken {break_count} times, and accepted:"
            " daypass log verify shows them"
        )
    return lines


def _name(log: AuditLog) -> str:
    name = log.path.name
    return "the audit log" if name == AUDIT_LOG else f"the audit log {name}"
