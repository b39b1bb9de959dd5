"""Nodes: their starts, the checkpoints of their audit logs, and commits not yet in those logs."""

import re
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from daypass.core.faults import Fault
from daypass.state.schema import record_checksums
from daypass.state.schema.tables import commits, nodes

FIRST_NODE = "1"
"""The node of a server that is one process, and the first of several."""


_HASH = re.compile("[0-9a-f]{64}")


class DamagedCheckpoint(Fault):
    """The checkpoint cannot be read, so it is unknown how long the audit log was."""


class Checkpoint(NamedTuple):
    """How much of a node's audit log is known to be on disk."""

    drained: int
    """Every commit of the node up to this one has its line."""
    seq: int
    """The number of the last line, 0 if there is none."""
    hash: str
    """That line's hash."""
    position: int | None
    """The byte offset in the file where that line ends; None if it was not stored."""


class CommitEvent(NamedTuple):
    """The audit event of a commit, as stored with the commit."""

    commit: int
    body: bytes
    """The event as JSON; empty if its checksum is wrong."""
    is_late: bool = False
    """Whether the commit was made before the node's last start."""


def started_nodes(connection: Connection) -> dict[str, bool]:
    """Return every node that ever started, and whether its audit log had lines on disk."""
    rows = connection.execute(sa.select(nodes.c.id, nodes.c.audit_seq))
    # A damaged number is not 0 either, and the log is expected to exist then.
    return {node: seq != 0 for node, seq in rows}


def read_checkpoint(connection: Connection, node: str) -> Checkpoint | None:
    """Return a node's checkpoint, None if the node never started.

    Raises `DamagedCheckpoint` for a checkpoint that cannot be read.
    """
    columns = (nodes.c.drained, nodes.c.audit_seq, nodes.c.audit_hash, nodes.c.audit_position)
    found = connection.execute(sa.select(*columns).where(nodes.c.id == node)).first()
    if found is None:
        return None
    drained, seq, link, position = found
    of_node = "" if node == FIRST_NODE else f" of node {node}"
    if not (isinstance(seq, int) and seq >= 0 and _HASH.fullmatch(str(link))):
        raise DamagedCheckpoint(
            f"the checkpoint of the audit log{of_node} in the database cannot be read"
        )
    if not isinstance(position, int | None):
        raise DamagedCheckpoint(
            f"the position of the audit log's checkpoint{of_node} in the database cannot be read"
        )
    return Checkpoint(drained, seq, link, position)


def record_start(
    connection: Connection, node: str, *, boot: str, version: str, level: int, ring: int
) -> None:
    """Record the start of a node: its boot id, program version, level, and newest root key."""
    values = {"boot": boot, "version": version, "level": level, "ring": ring}
    done = connection.execute(sa.update(nodes).where(nodes.c.id == node).values(**values))
    if not done.rowcount:
        empty = {"drained": 0, "audit_seq": 0, "audit_hash": "0" * 64, "audit_position": 0}
        connection.execute(sa.insert(nodes).values(id=node, **values, **empty))


def advance_checkpoint(connection: Connection, node: str, checkpoint: Checkpoint) -> bool:
    """Write a node's checkpoint unless it is lower than the stored one; return whether it was."""
    higher = (nodes.c.drained <= checkpoint.drained) & (nodes.c.audit_seq <= checkpoint.seq)
    return _update_checkpoint(connection, checkpoint, (nodes.c.id == node) & higher)


def replace_checkpoint(connection: Connection, node: str, checkpoint: Checkpoint) -> None:
    """Write a node's checkpoint even if it is lower: an operator accepted a break of its log."""
    _update_checkpoint(connection, checkpoint, nodes.c.id == node)


def _update_checkpoint(
    connection: Connection, checkpoint: Checkpoint, where: sa.ColumnElement[bool]
) -> bool:
    drained, seq, link, position = checkpoint
    done = connection.execute(
        sa.update(nodes)
        .where(where)
        .values(drained=drained, audit_seq=seq, audit_hash=link, audit_position=position)
    )
    return bool(done.rowcount)


def events_after(connection: Connection, after: int, *, boot: str, node: str) -> list[CommitEvent]:
    """Return the events of a node's commits after `after`, in order.

    `boot` is that of the node's last start: events of earlier starts are late.
    """
    columns = (commits.c.seq, commits.c.id, commits.c.at, commits.c.event)
    rows = connection.execute(
        sa.select(*columns)
        .where((commits.c.node == node) & (commits.c.seq > after) & (commits.c.event != b""))
        .order_by(commits.c.seq)
    )
    found = []
    for seq, commit_id, at, body in rows:
        boot_id = str(commit_id)[:-16]
        is_intact = commit_id == boot_id + record_checksums.of_commit(seq, boot_id, node, at, body)
        found.append(CommitEvent(seq, body if is_intact else b"", is_late=boot_id != boot))
    return found
