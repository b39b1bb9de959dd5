"""The process around a server that is one of several workers: its messages, its commit barrier."""

import asyncio
import os
import socket
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from daypass.server import clock, limits
from daypass.server.audit.event import Event
from daypass.server.health.metrics import Metrics
from daypass.server.operator import control_socket
from daypass.server.operator.command_handler import CommandHandler
from daypass.server.operator.operator_events import operator_event
from daypass.server.process.signals import HangUpFlag
from daypass.server.serving import Server
from daypass.server.settings.config import Config
from daypass.server.workers import channel
from daypass.server.workers.channel import Channel, ChannelMessage
from daypass.server.workers.commit_barrier import CommitBarrier
from daypass.server.workers.scoreboard import Scoreboard, WorkerSlot
from daypass.state.data_directory.node_data import NodeData
from daypass.state.unusable import Unusable

OTHER_WORKERS = "other workers"
"""The condition of `/readyz` that all other workers are ready."""


class WorkerProcess:
    """The host process of one worker's server.

    `last_exit` says how the process before it in this slot ended; empty if there was none.
    """

    ends_on_sigint = False
    others_may_serve = True

    def __init__(
        self,
        scoreboard: Scoreboard,
        slot: WorkerSlot,
        parent: Channel,
        data: NodeData,
        hang_up_flag: HangUpFlag,
        last_exit: str = "",
    ) -> None:
        self._scoreboard = scoreboard
        self._slot = slot
        self._parent = parent
        self._data = data
        self._hang_up_flag = hang_up_flag
        self._last_exit = last_exit
        self._barrier = CommitBarrier(
            scoreboard, slot, data.committer.catch_up, self._record_early_answer
        )
        self._server: Server | None = None
        self._message_handler: control_socket.MessageHandler | None = None
        self._page: asyncio.Future[str] | None = None
        self._answers: set[asyncio.Task[None]] = set()

    # The protocol `server.other_workers.OtherWorkers`.

    @property
    def is_behind(self) -> bool:
        """Return whether another worker has applied a commit that this one has not."""
        return self._barrier.is_behind

    async def wait_until_applied(self, seq: int) -> None:
        """Return when every other worker has applied a commit, or after a second."""
        await self._barrier.wait_until_applied(seq)

    async def catch_up(self) -> None:
        """Return when this worker has applied the commits that others had applied at the call.

        Returns after a second even if it has not.
        """
        await self._barrier.catch_up()

    # The parent asks for it as it does for the others'.
    async def metrics_page(self, own: Metrics) -> str:  # noqa: ARG002
        """Return the metrics of all workers as one page, which the parent makes.

        Raises `TimeoutError` if the parent does not send it in time.
        """
        if self._page is None or self._page.done():
            self._page = asyncio.get_running_loop().create_future()
            if not self._parent.send(ChannelMessage.REQUEST_PAGE):
                self._page.cancel()
                raise TimeoutError
        page = self._page
        try:
            async with asyncio.timeout(2 * limits.GATHERING_SECONDS_MAX):
                return await asyncio.shield(page)
        except TimeoutError:
            # The page may never arrive: the next call requests a new one.
            if self._page is page:
                self._page = None
            raise

    # The protocol `server.serving.HostProcess`.

    async def on_startup(self, server: Server) -> None:
        """Join the barrier, then apply what others have committed before."""
        self._server = server
        self._data.committer.on_publish = self._barrier.report_applied
        self._barrier.add_metric_to(server.authority.metrics)
        self._data.newest_key_opened_by_all = self._newest_shared_root_key
        # Read twice: the command for the master key may be slow, so it runs before commits of
        # others wait for this worker; the second reading is for a change in between.
        await self._reload_changed_ring()
        self._barrier.join()
        await self._reload_changed_ring()
        directory = await asyncio.wrap_future(self._data.committer.catch_up())
        self._barrier.report_applied(directory)
        server.authority.readiness.add_condition(
            OTHER_WORKERS, self._unready_workers, is_announced=False
        )

    async def on_listening(self, server: Server, config: Config) -> None:
        """Handle the parent's messages, and tell the parent that the server listens."""
        handler = CommandHandler(server.authority, self._data)
        self._message_handler = control_socket.message_handler(config.local_url, handler.handle)
        asyncio.get_running_loop().add_reader(self._parent.fileno(), self._receive)
        if self._last_exit:
            what = f"worker {self._slot.name} again: the one before {self._last_exit}"
            self._record(operator_event("start", what, account=self._data.default_account_id))
        self.on_tick(server)
        self._parent.send(ChannelMessage.READY)

    def on_tick(self, server: Server) -> None:
        """Publish on the scoreboard whether this worker is ready, apart from the others."""
        self._slot.is_ready = not set(server.authority.readiness.reasons) - {OTHER_WORKERS}

    def on_shutdown(self) -> None:
        """Handle no more messages of the parent."""
        asyncio.get_running_loop().remove_reader(self._parent.fileno())

    def on_close(self) -> None:
        """Clear the worker's slot: commits of others wait for it no longer."""
        self._slot.clear()

    async def _reload_changed_ring(self) -> None:
        """Reload the key ring if its file has changed since it was read; later it is watched."""
        if self._data.ring_file.file_version() != self._data.ring.file_version:
            with suppress(Unusable):
                self._data.adopt_ring(await asyncio.to_thread(self._data.reopen_ring))
        self._data.seal_with_newest_shared_key()

    def _newest_shared_root_key(self, newest: int) -> int:
        """Publish the newest root key that this worker opens.

        Return the newest that all live workers open.
        """
        self._slot.newest_root_key = newest
        live = (slot for slot in self._scoreboard.slots if slot.is_live)
        return min((slot.newest_root_key for slot in live), default=newest)

    def _unready_workers(self) -> str:
        others = [slot for slot in self._scoreboard.slots if slot is not self._slot]
        names = [slot.name for slot in others if not (slot.is_live and slot.is_ready)]
        return f"worker {', '.join(names)} is not ready" if names else ""

    def _record_early_answer(self, seq: int, names: Sequence[str]) -> None:
        """Record that a change was answered before these workers had applied it."""
        message = f"commit {seq} was answered before it was applied by worker {', '.join(names)}"
        self._record(
            Event(
                time=clock.wall(),
                request="",
                service="daypass",
                operation="answered-early",
                message=message,
                detail={"by": "daypass", "what": ", ".join(names)},
            )
        )

    def _record(self, event: Event) -> None:
        if self._server is not None:
            # The recorder counts a line that the file refuses, and writes the count later.
            recorded = self._server.authority.recorder.record(event)
            recorded.add_done_callback(lambda done: done.cancelled() or done.exception())

    # Messages of the parent.

    def _receive(self) -> None:
        """Handle a message of the parent; if the parent has ended, end the server."""
        server = self._server
        assert server is not None  # noqa: S101 - it has begun
        try:
            received = self._parent.receive()
        except EOFError:
            asyncio.get_running_loop().remove_reader(self._parent.fileno())
            server.should_exit = True
            return
        if received is None:
            return
        message, file = received
        if message is ChannelMessage.OPERATOR and file is not None:
            self._answer_operator(socket.socket(fileno=file))
        elif message is ChannelMessage.REQUEST_METRICS:
            self._send_metrics(server.authority.metrics)
        elif message is ChannelMessage.PAGE and file is not None:
            self._receive_page(channel.read_memory(file).decode())
        elif message is ChannelMessage.RELOAD:
            self._hang_up_flag.set(0, None)
        elif message is ChannelMessage.FORCE:
            server.should_exit = server.force_exit = True

    def _answer_operator(self, operator: socket.socket) -> None:
        """Answer an operator's command."""
        # It is set before the parent is listened to.
        assert self._message_handler is not None  # noqa: S101
        operator.setblocking(False)  # noqa: FBT003 - the socket's own word
        answer = asyncio.get_running_loop().create_task(
            control_socket.answer_connection(operator, self._message_handler)
        )
        self._answers.add(answer)
        answer.add_done_callback(self._answers.discard)

    def _send_metrics(self, metrics: Metrics) -> None:
        file = channel.write_memory(msgspec.msgpack.encode(metrics.snapshot()))
        self._parent.send(ChannelMessage.METRICS, file)
        os.close(file)

    def _receive_page(self, page: str) -> None:
        if self._page is not None and not self._page.done():
            self._page.set_result(page)
