"""Audit records of the operator's acts: who did what to what, on the server's own host.

Out: the acts themselves (`operator_changes`, the commands). Acts that only read the data directory
leave no line: whoever may read it needs no command for that.
"""

import os
import pwd
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec.structs import replace

from daypass.core.audit_records.texts import escape_text
from daypass.server import clock
from daypass.server.audit.event import Event
from daypass.server.audit.line_format import ChainPoint
from daypass.server.audit.log_file import AuditLog, Unrecorded
from daypass.server.audit.open_log import chain_point
from daypass.state.data_directory.unlocked_reading import read_audit_checkpoint
from daypass.state.unusable import Unusable

_NO_LOGIN = 2**32 - 1
"""The login id of a process without a login, such as in a container (`audit` of the Linux
kernel)."""


def operator_name() -> str:
    """Return the name of the user who runs the command.

    If the system knows who logged in, that is the user's name, not that of a user they became with
    `su` or `sudo`.
    """
    return user_name(os.getuid(), _login_uid(), os.environ)


def user_name(uid: int, login: int, environ: Mapping[str, str]) -> str:
    """Return the name of the user who logged in as `login`, else called `sudo`, else has the `uid`.

    `SUDO_USER` is believed of root alone: anybody may set a variable, and root may do anything.
    """
    if login != _NO_LOGIN:
        return _uid_name(login)
    sudo_user = environ.get("SUDO_USER", "") if uid == 0 else ""
    return escape_text(sudo_user) or _uid_name(uid)


def _login_uid() -> int:
    """Return the user id of the process's login, which `su` and `sudo` do not change.

    `_NO_LOGIN` if there is none.
    """
    try:
        return int(Path("/proc/self/loginuid").read_text("ascii"))
    except (OSError, ValueError):
        return _NO_LOGIN


def _uid_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def operator_event(
    operation: str, what: str, *, by: str = "", account: str = "", key: str = ""
) -> Event:
    """Return the record of an act: `what` names the thing changed or to be changed.

    `by` is who does it; without it, the user who runs this process.
    """
    return Event(
        time=clock.wall(),
        request="",
        service="daypass",
        operation=operation,
        account=account,
        key=key,
        detail={"by": escape_text(by or operator_name()), "what": escape_text(what)},
    )


def append_events(path: Path, *events: Event, checkpoint: ChainPoint | None = None) -> None:
    """Append events to an audit log, with or without a running server.

    The log must be what was written, from `checkpoint` on; without it, from the checkpoint in the
    database beside it. Raises `Unrecorded` if the events cannot be written.
    """
    log = AuditLog(path, checkpoint=checkpoint or _checkpoint(path))
    try:
        log.append(events)
    except Unrecorded:
        with suppress(Unrecorded):
            log.close()
        raise
    log.close()


def _checkpoint(path: Path) -> ChainPoint:
    try:
        return chain_point(read_audit_checkpoint(path.parent))
    except Unusable as error:
        raise Unrecorded("The audit log cannot be written.", operator=str(error)) from error


@contextmanager
def act_recorder(path: Path, operation: str) -> Iterator[Callable[[str], None]]:
    """Yield a function that records what is about to be changed.

    A later failure is recorded as well. So there is no change without its line. The function raises
    `Unrecorded` if the line cannot be written: its caller then changes nothing.
    """
    recorded: list[Event] = []

    def record(what: str) -> None:
        append_events(path, operator_event(operation, what))
        recorded.append(operator_event(operation, what))

    try:
        yield record
    except BaseException as error:
        for each in recorded:
            failure = escape_text(str(error) or type(error).__name__)
            append_events(path, replace(each, time=clock.wall(), outcome="Failed", message=failure))
        raise
