"""The process around a server that is one of several: what it says to its parent, and how it comes along with the others."""

import asyncio
import os
import socket
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from daypass.server import clock, limits
from daypass.server.audit.event import Event
from daypass.server.health.metrics import Metrics
from daypass.server.operator import control
from daypass.server.operator.acts import act
from daypass.server.operator.workbench import Workbench
from daypass.server.process.signals import HangUps
from daypass.server.serving import Server
from daypass.server.settings.config import Config
from daypass.server.workers import channel
from daypass.server.workers.board import Board, Place
from daypass.server.workers.channel import Channel, Word
from daypass.server.workers.fence import Fence
from daypass.state.data_directory.node_data import Data
from daypass.state.unusable import Unusable

OTHERS = "other workers"
"""The condition of `/readyz` that the others are there."""


class Colleague:
    """One worker. `ended` says how the worker before it in this place has ended, empty if there was none."""

    ends_on_sigint = False
    others_may_serve = True

    def __init__(
        self,
        board: Board,
        place: Place,
        parent: Channel,
        data: Data,
        hang_ups: HangUps,
        ended: str = "",
    ) -> None:
        self._board = board
        self._place = place
        self._parent = parent
        self._data = data
        self._hang_ups = hang_ups
        self._ended = ended
        self._fence = Fence(board, place, data.committer.fresh, self._missed)
        self._server: Server | None = None
        self._handle: control.Handle | None = None
        self._page: asyncio.Future[str] | None = None
        self._answers: set[asyncio.Task[None]] = set()

    # What a server knows of others.

    @property
    def is_behind(self) -> bool:
        """Say whether another worker knows of a commit that this one has not applied."""
        return self._fence.is_behind

    async def wait_until_applied(self, seq: int) -> None:
        """Return when every other worker has applied a commit, or after a second."""
        await self._fence.passed(seq)

    async def catch_up(self) -> None:
        """Return when this worker has applied what others had when this was asked, or cannot within a second."""
        await self._fence.caught_up()

    async def metrics_page(self, own: Metrics) -> str:  # noqa: ARG002 - the parent asks for it as it does for the others'
        """Return the metrics of all workers as one page, which the parent makes; raises `TimeoutError` if it does not."""
        if self._page is None or self._page.done():
            self._page = asyncio.get_running_loop().create_future()
            if not self._parent.say(Word.WANT_PAGE):
                self._page.cancel()
                raise TimeoutError
        asked = self._page
        try:
            async with asyncio.timeout(2 * limits.GATHERING_SECONDS_MAX):
                return await asyncio.shield(asked)
        except TimeoutError:
            # It may never come: whoever asks next asks the parent anew.
            if self._page is asked:
                self._page = None
            raise

    # What happens to a server.

    async def on_startup(self, server: Server) -> None:
        """Be waited for by whoever commits, then take over what they have committed before that."""
        self._server = server
        self._data.committer.published = self._fence.published
        self._fence.show(server.authority.metrics)
        self._data.opened_by_all = self._opened_by_all
        # Whoever commits does not wait for the command that the master key may need; only for what changed in between.
        await self._look_at_ring()
        self._fence.begin()
        await self._look_at_ring()
        directory = await asyncio.wrap_future(self._data.committer.fresh())
        self._fence.published(directory)
        server.authority.readiness.add(OTHERS, self._missing, is_said=False)

    async def on_listening(self, server: Server, settings: Config) -> None:
        """Listen to the parent, and tell it that the server is there."""
        bench = Workbench(self._data.committer, server.authority.settler)
        self._handle = control.answering(settings.local_url, bench.handle)
        asyncio.get_running_loop().add_reader(self._parent.fileno(), self._listen)
        if self._ended:
            what = f"worker {self._place.name} again: the one before {self._ended}"
            self._tell(act("start", what, account=self._data.default_account))
        self.on_tick(server)
        self._parent.say(Word.READY)

    def on_tick(self, server: Server) -> None:
        """Tell the others whether requests should be sent here."""
        self._place.is_ready = not set(server.authority.readiness.reasons) - {OTHERS}

    def on_shutdown(self) -> None:
        """Take no more messages of operators."""
        asyncio.get_running_loop().remove_reader(self._parent.fileno())

    def on_close(self) -> None:
        """Be waited for no longer."""
        self._place.leave()

    async def _look_at_ring(self) -> None:
        """Take over a key ring that has changed before the others waited for this worker; later it is watched."""
        if self._data.ring_file.stamp() != self._data.ring.stamp:
            with suppress(Unusable):
                self._data.take_over(await asyncio.to_thread(self._data.read_ring))
        self._data.seal()

    def _opened_by_all(self, newest: int) -> int:
        """Say which root key is the newest that this worker opens; return the newest that every worker opens that serves."""
        self._place.opens = newest
        said = (place.opens for place in self._board.places if place.is_live)
        return min(said, default=newest)

    def _missing(self) -> str:
        others = [place for place in self._board.places if place is not self._place]
        names = [place.name for place in others if not (place.is_live and place.is_ready)]
        return f"worker {', '.join(names)} is not ready" if names else ""

    def _missed(self, seq: int, names: Sequence[str]) -> None:
        """Tell that a change was answered before some worker had applied it."""
        message = f"commit {seq} was answered before it was applied by worker {', '.join(names)}"
        self._tell(
            Event(
                time=clock.wall(),
                request="",
                service="daypass",
                operation="answered-early",
                message=message,
                detail={"by": "daypass", "what": ", ".join(names)},
            )
        )

    def _tell(self, event: Event) -> None:
        if self._server is not None:
            # A line that the file refuses is counted, and told of when it takes lines again.
            told = self._server.authority.recorder.record(event)
            told.add_done_callback(lambda done: done.cancelled() or done.exception())

    # What the parent says.

    def _listen(self) -> None:
        """Do what the parent asks; without a parent the server ends."""
        server = self._server
        assert server is not None  # noqa: S101 - it has begun
        try:
            heard = self._parent.heard()
        except EOFError:
            asyncio.get_running_loop().remove_reader(self._parent.fileno())
            server.should_exit = True
            return
        if heard is None:
            return
        word, file = heard
        if word is Word.OPERATOR and file is not None:
            self._begin(socket.socket(fileno=file))
        elif word is Word.ASK:
            self._show(server.authority.metrics)
        elif word is Word.PAGE and file is not None:
            self._take(channel.read(file).decode())
        elif word is Word.RELOAD:
            self._hang_ups.note(0, None)
        elif word is Word.FORCE:
            server.should_exit = server.force_exit = True

    def _begin(self, operator: socket.socket) -> None:
        """Answer an operator's command."""
        assert self._handle is not None  # noqa: S101 - it is set before the parent is listened to
        operator.setblocking(False)  # noqa: FBT003 - the socket's own word
        answer = asyncio.get_running_loop().create_task(control.answer(operator, self._handle))
        self._answers.add(answer)
        answer.add_done_callback(self._answers.discard)

    def _show(self, metrics: Metrics) -> None:
        file = channel.written(msgspec.msgpack.encode(metrics.snapshot()))
        self._parent.say(Word.METRICS, file)
        os.close(file)

    def _take(self, page: str) -> None:
        if self._page is not None and not self._page.done():
            self._page.set_result(page)
