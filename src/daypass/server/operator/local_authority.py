"""An authority that a command assembles over data which it opens itself, where no server runs."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from daypass.core.faults import Fault
from daypass.core.organizations.settings import OrganizationSettings
from daypass.server import clock
from daypass.server.app import Authority, assemble_authority
from daypass.server.audit import draining, open_log
from daypass.server.audit.recorder import Recorder
from daypass.server.authority.guesses import GuessCounter
from daypass.server.operator.authority_link import Ask
from daypass.server.operator.command_handler import CommandHandler
from daypass.server.operator.control_socket import CommandMessage, ControlAnswer
from daypass.services.iam.policies import aws_managed
from daypass.state.data_directory.node_data import NodeData
from daypass.state.data_directory.open_directory import open_data


@contextmanager
def local_authority(
    data: Path, environ: Mapping[str, str], settings: OrganizationSettings
) -> Iterator[Ask]:
    """Yield a function that answers messages here; raises `Unusable` if the data cannot be used."""
    with ExitStack() as opened:
        found = open_data(
            data,
            environ,
            clock=clock.wall,
            entropy=clock.entropy,
            base=aws_managed.bundled_policies(),
            may_create=False,
        )
        opened.callback(found.close)
        authority = _assemble(found, settings)
        opened.callback(_close_log, authority, found)
        runner = opened.enter_context(asyncio.Runner())
        handler = CommandHandler(authority, found)
        yield lambda message: runner.run(_answer_here(handler, message))


def _assemble(data: NodeData, settings: OrganizationSettings) -> Authority:
    """Return an authority over open data, for the calls of one command."""
    log = open_log.open_audit_log(data, now=clock.wall())
    recorder = Recorder(log, durable=False, outbox=draining.connect_outbox(data))
    return assemble_authority(
        committer=data.committer,
        keyring=lambda: data.keyring,
        usage=data.usage,
        clocks=data.clocks,
        recorder=recorder,
        guesses=GuessCounter(data, monotonic=data.clocks.monotonic),
        settings=settings,
    )


def _close_log(authority: Authority, data: NodeData) -> None:
    """Write the last lines of the audit log, and how far it is on disk.

    Lines that the file refuses are written by the next start: the commits have their events.
    """
    try:
        authority.recorder.close()
    except (Fault, OSError):
        return
    data.flush(authority.recorder.checkpoint)


async def _answer_here(handler: CommandHandler, message: CommandMessage) -> ControlAnswer:
    try:
        return await handler.handle(message)
    except Fault as fault:
        return ControlAnswer(error=fault.operator or fault.message)
