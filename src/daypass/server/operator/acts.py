"""What the audit log is told of an operator: who did what to what, on the server's own host.

Out: what the acts do (`workbench`, the commands). Acts that only read the data directory leave no line: whoever may read it
needs no command for that.
"""

import os
import pwd
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec.structs import replace

from daypass.core.audit_records.texts import clean
from daypass.server import clock
from daypass.server.audit.event import Event
from daypass.server.audit.keeping import mark_of
from daypass.server.audit.line import Mark
from daypass.server.audit.log_file import AuditLog
from daypass.server.audit.unrecorded import Unrecorded
from daypass.state.data_directory.beside import audit_checkpoint
from daypass.state.unusable import Unusable

_UNSET = 2**32 - 1
"""The login id of a process that nobody signed in for, as of one in a container (`audit` of the Linux kernel)."""


def person() -> str:
    """Return who runs the command: who signed in, where the system knows that, and not only whom they became."""
    return name_of(os.getuid(), _login(), os.environ)


def name_of(uid: int, login: int, environ: Mapping[str, str]) -> str:
    """Return the name of the user who signed in as `login`, or called `sudo`, or else has the id `uid`.

    `SUDO_USER` is believed of root alone: anybody may set a variable, and root may do anything.
    """
    if login != _UNSET:
        return _named(login)
    called = environ.get("SUDO_USER", "") if uid == 0 else ""
    return clean(called) or _named(uid)


def _login() -> int:
    """Return the user id that the process's login has, which `su` and `sudo` do not change; `_UNSET` if there is none."""
    try:
        return int(Path("/proc/self/loginuid").read_text("ascii"))
    except (OSError, ValueError):
        return _UNSET


def _named(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def act(operation: str, what: str, *, by: str = "", account: str = "", key: str = "") -> Event:
    """Return the event of an act: `what` names what was, or is to be, changed; `by` who does it, the caller without it."""
    return Event(
        time=clock.wall(),
        request="",
        service="daypass",
        operation=operation,
        account=account,
        key=key,
        detail={"by": clean(by or person()), "what": clean(what)},
    )


def write_down(path: Path, *events: Event, checkpoint: Mark | None = None) -> None:
    """Write events into an audit log, beside a running server or without one; raises `Unrecorded` if they cannot be.

    The log has to be what was written from `checkpoint` on; without it, from the one in the database beside it.
    """
    log = AuditLog(path, checkpoint=checkpoint or _checkpoint(path))
    try:
        log.append(events)
    except Unrecorded:
        with suppress(Unrecorded):
            log.close()
        raise
    log.close()


def _checkpoint(path: Path) -> Mark:
    try:
        return mark_of(audit_checkpoint(path.parent))
    except Unusable as error:
        raise Unrecorded("The audit log cannot be written.", operator=str(error)) from error


@contextmanager
def told(path: Path, operation: str) -> Iterator[Callable[[str], None]]:
    """Give a function that writes down what is about to be changed; a failure after that is written down as well.

    So there is no change without its line. The function raises `Unrecorded` if the line cannot be written: then whoever
    called it changes nothing.
    """
    lines: list[Event] = []

    def tell(what: str) -> None:
        write_down(path, act(operation, what))
        lines.append(act(operation, what))

    try:
        yield tell
    except BaseException as error:
        for line in lines:
            failure = clean(str(error) or type(error).__name__)
            write_down(path, replace(line, time=clock.wall(), outcome="Failed", message=failure))
        raise
