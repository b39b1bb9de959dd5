"""A server that has its data directory to itself: operators reach it by a socket in there, and it says where it listens."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from daypass.server.audit.event import Event
from daypass.server.audit.log_file import Unrecorded
from daypass.server.audit.recorder import Recorder
from daypass.server.operator import control_socket, store_check
from daypass.server.operator.operator_changes import ChangeHandler
from daypass.server.operator.operator_events import operator_event
from daypass.server.others import Alone
from daypass.server.process import library_versions
from daypass.server.process.terminal import say
from daypass.server.settings.config import Config

if TYPE_CHECKING:
    from daypass.server.serving import Server


class Standalone(Alone):
    """The process around a server that is alone, or is the first of several in one process."""

    is_interrupted_itself = True
    others_may_serve = False

    def __init__(self) -> None:
        self._control: asyncio.Server | None = None

    async def begin(self, server: "Server") -> None:
        """Serve: nobody waits for it."""

    async def open(self, server: "Server", settings: Config) -> None:
        """Let operators in, and say where the server listens and what to type next."""
        data = server.data
        await _tell_of_start(server.authority.recorder, settings, account=data.default_account)
        if data.is_first:
            bench = ChangeHandler(data.committer, server.authority.settler)
            handle = control_socket.message_handler(settings.local_url, bench.handle)
            self._control = await control_socket.serve_operators(data.path, handle)
        announce(
            settings, account=data.default_account, about_data=data.remarks, remarks=server.remarks
        )

    def tick(self, server: "Server") -> None:
        """Have nothing to do."""

    def end(self) -> None:
        """Let operators in no longer."""
        if self._control is not None:
            self._control.close()

    def leave(self) -> None:
        """Serve no longer: nobody waits for it."""


async def _tell_of_start(recorder: Recorder, config: Config, *, account: str) -> None:
    """Write down the start.

    A start that cannot be written down still serves: what is decided from then on is answered as if the disk filled up later.
    """
    try:
        await recorder.record(started(config, account=account))
    except Unrecorded as fault:
        say(f"error: the start is not in the audit log: {fault.operator}")


def started(config: Config, *, account: str) -> Event:
    """Return what the audit log is told of a start: who starts a server, and with which settings that change who may do what."""
    settings = {
        "the store behind the gate": config.store.url if config.store else "",
        "anonymous reads": config.anonymous,
        "plain HTTP beyond this host": config.plain_http,
        "trusted proxies": ", ".join(map(str, config.trusted_proxies)),
        "workers": config.workers if config.workers > 1 else "",
    }
    told = "; ".join(f"{name}: {value}" for name, value in settings.items() if value)
    what = f"{config.url}; {told}" if told else config.url
    return operator_event("start", what, account=account)


def announce(
    config: Config, *, account: str, about_data: Sequence[str], remarks: Sequence[str]
) -> None:
    """Say where the server listens, what should be known of its data and of this start, and what to type next."""
    gate = [f"the gate stands in front of {config.store.url}"] if config.store else []
    gate += store_check.store_remarks(config)
    workers = f", {config.workers} workers" if config.workers > 1 else ""
    lines = [
        f"daypass listens on {config.url}  (account {account}, data in {config.data}{workers})",
        *(f"  {remark}" for remark in about_data),
        *gate,
        *library_versions.version_remarks(),
        *remarks,
        "",
        "become root for fifteen minutes, in another shell:",
        f'  eval "$(daypass root --data {config.data} --endpoint {config.local_url})"',
    ]
    say("\n".join(lines))
