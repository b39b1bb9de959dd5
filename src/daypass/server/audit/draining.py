"""Draining: writing the lines of commits that an earlier start made and did not write.

They are written before all other lines, and marked late.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from daypass.core.faults import Fault
from daypass.server.audit.event import Event
from daypass.server.audit.log_file import AuditLog
from daypass.server.audit.outbox import Outbox
from daypass.state.data_directory.audit_file import AuditFile
from daypass.state.data_directory.node_data import NodeData
from daypass.state.side_tables.nodes import Checkpoint


def connect_outbox(data: NodeData) -> Outbox:
    """Return an outbox with the events that this node's log lacks.

    From now on the outbox receives the event of every commit. The caller opens the log's file
    first, so that the file exists and has no incomplete line at its end.
    """
    outbox = read_outbox(data.audit)
    data.committer.on_events = outbox.add
    return outbox


def read_outbox(audit: AuditFile) -> Outbox:
    """Return an outbox with the events of a node's commits that its log lacks.

    The log's file is opened before.
    """
    drained = last_drained_commit(audit.path, audit.checkpoint)
    outbox = Outbox(drained)
    outbox.add(audit.events_after(drained))
    return outbox


def drain_and_close(
    log: AuditLog, outbox: Outbox, data: NodeData, also: Sequence[Event] = ()
) -> bool:
    """Write the outbox and then other events, force them to disk and close the log.

    Return whether the file took them. A file that refuses them does not undo the commits, which are
    durable together with their events: the next start writes the lines.
    """
    entries = outbox.entries
    try:
        log.append([*entries, *also])
    except (Fault, OSError):
        with suppress(Fault, OSError):
            log.close()
        return False
    outbox.mark_written(len(entries), log.head.seq)
    try:
        log.close()
    except (Fault, OSError):
        return False
    data.flush(outbox.checkpoint(log.durable_point))
    return True


class _LineCommit(msgspec.Struct):
    """The commit number of a line, without its other members.

    Lines of the earlier format have none.
    """

    commit: int | None = None


_line_commit_decoder = msgspec.json.Decoder(_LineCommit)


def last_drained_commit(log: Path, checkpoint: Checkpoint | None) -> int:
    """Return the last commit that has its line in a log's file; 0 if there is none.

    The file is read from the checkpoint on, or from its start without one.
    """
    position = (checkpoint.position or 0) if checkpoint is not None else 0
    last = checkpoint.drained if checkpoint is not None else 0
    with log.open("rb") as file:
        file.seek(position)
        for raw in file:
            try:
                last = max(last, _line_commit_decoder.decode(raw).commit or 0)
            except (msgspec.DecodeError, UnicodeDecodeError):
                # Verification reports an unreadable line; if it was a commit's, that commit's line
                # is written again.
                continue
    return last
