"""What an earlier start has committed and not written into the log: found at the next one, and written first, marked late."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from daypass.core.faults import Fault
from daypass.server.audit.event import Event
from daypass.server.audit.log_file import AuditLog
from daypass.server.audit.outbox import Outbox
from daypass.state.data_directory.audit_file import AuditFile
from daypass.state.data_directory.node_data import Data
from daypass.state.side_tables.nodes import Checkpoint


def outbox(data: Data) -> Outbox:
    """Return what the log of a data directory lacks, and have it told of every commit from now on.

    The log's file is opened before, so that there is one, and no half line at its end.
    """
    found = left_of(data.audit)
    data.committer.tell = found.put
    return found


def left_of(audit: AuditFile) -> Outbox:
    """Return the events of a node's commits that its log lacks; the log's file is opened before."""
    drained = last_commit(audit.path, audit.checkpoint)
    found = Outbox(drained)
    found.put(audit.undrained(drained))
    return found


def write(log: AuditLog, waiting: Outbox, data: Data, also: Sequence[Event] = ()) -> bool:
    """Write what waits, then other events, force it to disk and let go of the log; say whether the file took it.

    A file that refuses it is no failure of the change, which is durable together with its event: the next start writes it.
    """
    entries = waiting.waiting
    try:
        log.append([*entries, *also])
    except (Fault, OSError):
        with suppress(Fault, OSError):
            log.close()
        return False
    waiting.written(len(entries), log.head.seq)
    try:
        log.close()
    except (Fault, OSError):
        return False
    data.flush(waiting.checkpoint(log.mark))
    return True


class _Numbered(msgspec.Struct):
    """Of a line no more than the commit that it belongs to; lines of an earlier format have none."""

    commit: int | None = None


_numbered = msgspec.json.Decoder(_Numbered)


def last_commit(log: Path, checkpoint: Checkpoint | None) -> int:
    """Return the last commit that has its line in a log, which is read from its checkpoint on."""
    position = (checkpoint.position or 0) if checkpoint is not None else 0
    found = checkpoint.drained if checkpoint is not None else 0
    with log.open("rb") as file:
        file.seek(position)
        for raw in file:
            try:
                found = max(found, _numbered.decode(raw).commit or 0)
            except (msgspec.DecodeError, UnicodeDecodeError):
                # What cannot be read is told by verification; a commit whose line it was is written again.
                continue
    return found
