"""The process around a single server: the operators' socket, and the announcement at the start.

The socket is in the data directory. For several workers see `workers`.
"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from daypass.server.audit.event import Event
from daypass.server.audit.log_file import Unrecorded
from daypass.server.audit.recorder import Recorder
from daypass.server.operator import control_socket
from daypass.server.operator.command_handler import CommandHandler
from daypass.server.operator.operator_events import operator_event
from daypass.server.other_workers import NoOtherWorkers
from daypass.server.process import library_versions
from daypass.server.process.terminal import print_line
from daypass.server.settings.config import Config

if TYPE_CHECKING:
    from daypass.server.serving import Server


class StandaloneHost(NoOtherWorkers):
    """The host process of a server without other workers.

    Only the first server on a data directory takes operators' commands.
    """

    ends_on_sigint = True
    others_may_serve = False

    def __init__(self) -> None:
        self._control: asyncio.Server | None = None

    async def on_startup(self, server: "Server") -> None:
        """Prepare no more: there are no other workers."""

    async def on_listening(self, server: "Server", config: Config) -> None:
        """Record the start, take operators' commands, and print where the server listens."""
        data = server.data
        await _record_start(server.authority.recorder, config, account=data.default_account_id)
        if data.is_first:
            handler = CommandHandler(server.authority, data)
            handle = control_socket.message_handler(config.local_url, handler.handle)
            self._control = await control_socket.serve_operators(data.path, handle)
        print_announcement(
            config,
            account=data.default_account_id,
            data_remarks=data.remarks,
            remarks=server.remarks,
        )

    def on_tick(self, server: "Server") -> None:
        """Do no more: all that is due is the server's own."""

    def on_shutdown(self) -> None:
        """Take no more commands of operators."""
        if self._control is not None:
            self._control.close()

    def on_close(self) -> None:
        """Do no more: there are no other workers."""


async def _record_start(recorder: Recorder, config: Config, *, account: str) -> None:
    """Write the audit event of the start.

    If that fails, the server serves nevertheless, as it does if the disk fills up later.
    """
    try:
        await recorder.record(start_event(config, account=account))
    except Unrecorded as fault:
        print_line(f"error: the start is not in the audit log: {fault.operator}")


def start_event(config: Config, *, account: str) -> Event:
    """Return the audit event of a start: who starts it, and the settings that change access."""
    settings = {
        "the store behind the gate": config.store.url if config.store else "",
        "anonymous reads": config.anonymous,
        "Signature Version 4 alone": config.no_sigv2,
        "plain HTTP beyond this host": config.plain_http,
        "trusted proxies": ", ".join(map(str, config.trusted_proxies)),
        "workers": config.workers if config.workers > 1 else "",
    }
    described = "; ".join(f"{name}: {value}" for name, value in settings.items() if value)
    what = f"{config.url}; {described}" if described else config.url
    return operator_event("start", what, account=account)


def print_announcement(
    config: Config, *, account: str, data_remarks: Sequence[str], remarks: Sequence[str]
) -> None:
    """Print where the server listens, remarks on its data and its start, and how to become root."""
    gate = []
    if config.store is not None:
        from daypass.server.operator import store_check  # noqa: PLC0415 - it loads the gate

        gate = [
            f"the gate stands in front of {config.store.url}",
            *store_check.store_remarks(config),
        ]
    workers = f", {config.workers} workers" if config.workers > 1 else ""
    lines = [
        f"daypass listens on {config.url}  (account {account}, data in {config.data}{workers})",
        *(f"  {remark}" for remark in data_remarks),
        *gate,
        *library_versions.version_remarks(),
        *remarks,
        "",
        "become root for fifteen minutes, in another shell:",
        f'  eval "$(daypass root --data {config.data} --endpoint {config.local_url})"',
    ]
    print_line("\n".join(lines))
