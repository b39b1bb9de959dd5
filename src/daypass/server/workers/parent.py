"""The parent of several workers: it has the directory's lock and the sockets, and never a request.

It starts each worker by forking, so that a new one begins with what is known already; starts again who dies; ends a worker that keeps
the others from the database; takes the operators' connections and hands each to a worker; has all of them read certificates again;
and sums their metrics. It has one thread, and waits for nobody: only such a process may be forked at any moment.
"""

import gc
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from daypass.server import clock, limits
from daypass.server.operator import control
from daypass.server.process.signals import HangUps
from daypass.server.process.terminal import say
from daypass.server.settings.config import Config
from daypass.server.workers import channel
from daypass.server.workers.board import Board
from daypass.server.workers.channel import Channel, Word
from daypass.server.workers.crew import Member
from daypass.server.workers.gathering import Figures, Gathering
from daypass.state.data_directory.open_directory import DataDirectory
from daypass.state.unusable import Unusable

Serve = Callable[[Member, Channel], int]
"""Serves as a worker in a process of its own, and returns the exit code."""


class Parent:
    """Workers, from the first start to the last end. `serve` is called in each of their processes, `ready` once all serve."""

    def __init__(
        self,
        config: Config,
        directory: DataDirectory,
        board: Board,
        sockets: list[list[socket.socket]],
        hang_ups: HangUps,
        *,
        serve: Serve,
        ready: Callable[[], None],
    ) -> None:
        self._config = config
        self._directory = directory
        self._board = board
        self._serve = serve
        self._ready = ready
        self._hang_ups = hang_ups
        self._crew = [Member(place, own) for place, own in zip(board.places, sockets, strict=True)]
        self._figures = Figures()
        self._gathering: Gathering | None = None
        self._is_open = False
        """Whether all workers have served since the start."""
        self._stops: list[int] = []
        """The signals by which this server is to end."""
        self._stops_seen = 0
        self._ends_at: float | None = None
        self._exit_code = 0
        self._looked = clock.monotonic()
        self._turn = 0
        """Whose turn it is to answer an operator."""

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; return the exit code. Raises `KeyboardInterrupt` where SIGINT ended it."""
        self._selector = selectors.DefaultSelector()
        self._operators = control.bind(self._config.data)
        self._operators.listen()
        self._woken, waking = socket.socketpair()
        for each in (self._woken, waking):
            each.setblocking(False)  # noqa: FBT003 - the socket's own word
        self._selector.register(self._operators, selectors.EVENT_READ, self._admit)
        self._selector.register(self._woken, selectors.EVENT_READ, self._wake)
        before = {
            number: signal.signal(number, self._note) for number in (signal.SIGTERM, signal.SIGINT)
        }
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
        try:
            while not self._is_over():
                self._quietly(self._step)
                for key, _ in self._selector.select(limits.WORKERS_LOOK_SECONDS):
                    self._quietly(key.data)
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)
            for each in (self._operators, self._woken, waking):
                each.close()
            self._selector.close()
        if signal.SIGINT in self._stops:
            raise KeyboardInterrupt
        return self._exit_code

    def _quietly(self, do: Callable[[], None]) -> None:
        """Do something, and go on whatever becomes of it: without a parent the workers would end."""
        try:
            do()
        except Exception as error:  # noqa: BLE001 - said, and tried again where it is due again
            say(f"error: the parent of the workers: {type(error).__name__}: {error}")

    def _is_over(self) -> bool:
        return self._ends_at is not None and not any(each.pid for each in self._crew)

    def _step(self) -> None:
        """Do what is due."""
        now = clock.monotonic()
        self._reap(now)
        if self._ends_at is None and self._stops:
            self._begin_to_end(now)
        if self._ends_at is not None:
            self._end(now)
            return
        if self._hang_ups.taken():
            for each in self._crew:
                each.say(Word.RELOAD)
        self._start_who_is_due(now)
        for each in self._crew:
            if each.place.is_overdue(now) and not each.is_condemned:
                each.is_condemned = True
                say(f"error: worker {each.name} keeps the others from the database: it is ended")
                each.send(signal.SIGKILL)
        if self._gathering is not None and (self._gathering.is_over or now > self._gathering.until):
            self._show()
        if now - self._looked > limits.KNOWN_SECONDS:
            self._look(now)

    # Who is there.

    def _start_who_is_due(self, now: float) -> None:
        """Start processes: at first one after the other, so that what stops one of them is said once; later all that are due."""
        for each in self._crew:
            if not each.pid and now >= each.due:
                self._start(each, now)
            if not (self._is_open or each.has_served):
                return
        if not self._is_open:
            self._is_open = True
            self._ready()

    def _start(self, member: Member, now: float) -> None:
        # Whatever stops it, such as a system without room for one more process, it is tried again.
        member.due = now + limits.WORKER_AGAIN_SECONDS_MAX
        self._look(now)
        ours, theirs = channel.pair()
        # What is known is never changed by a worker, and no collection of garbage copies it.
        gc.freeze()
        pid = os.fork()
        if pid == 0:
            self._be(member, theirs, ours)
        theirs.close()
        member.started(pid, ours, now)
        self._selector.register(ours, selectors.EVENT_READ, lambda: self._listen(member, ours))

    def _be(self, member: Member, parent: Channel, end_of_parent: Channel) -> None:
        """Be the process of a worker, and never return: what the parent does is not for it."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            end_of_parent.close()
            self._operators.close()
            self._woken.close()
            self._selector.close()
            for other in self._crew:
                if other.channel is not None:
                    other.channel.close()
                if other is not member:
                    for own in other.sockets:
                        own.close()
            code = self._serve(member, parent)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException as error:  # noqa: BLE001 - there is nobody above who would tell
            say(f"error: {type(error).__name__}: {error}")
            if os.environ.get("DAYPASS_DEBUG"):
                traceback.print_exc()
        finally:
            # Whatever it was, the parent's own work is not to be done here.
            sys.stderr.flush()
            os._exit(code)

    def _look(self, now: float) -> None:
        """Take over what was committed since, unless somebody writes at the moment: a new worker looks for itself as well."""
        self._looked = now
        with self._board.reading() as is_free:
            if not is_free:
                return
            try:
                self._directory.look()
            except Unusable as error:
                say(f"error: {error}")

    def _reap(self, now: float) -> None:
        """Take note of processes that have ended."""
        for each in self._crew:
            if not each.pid:
                continue
            pid, status = os.waitpid(each.pid, os.WNOHANG)
            if not pid:
                continue
            if each.channel is not None:
                with suppress(KeyError):
                    self._selector.unregister(each.channel)
            each.lost(status, now)
            self._figures.ended(each.name)
            if self._gathering is not None:
                self._gathering.told(each.name)
            if self._ends_at is not None:
                continue
            if not self._is_open:
                # What stops one of them at the start stops all; unless it was killed it has said what it was.
                if os.WIFSIGNALED(status):
                    say(f"error: worker {each.name} {each.ended} before all had started")
                self._exit_code = max(1, os.waitstatus_to_exitcode(status))
                self._begin_to_end(now)
                continue
            again = (
                "it is started again"
                if each.due <= now
                else f"it is started again in {each.due - now:.1f} s"
            )
            say(f"error: worker {each.name} {each.ended}: {again}")

    # The end.

    def _begin_to_end(self, now: float) -> None:
        self._ends_at = now + limits.WORKERS_END_SECONDS_MAX
        self._selector.unregister(self._operators)
        for each in self._crew:
            for own in each.sockets:
                own.close()
            each.send(signal.SIGTERM)
        self._stops_seen = min(1, len(self._stops))

    def _end(self, now: float) -> None:
        """Have workers end at once if that was asked again, and kill those that do not."""
        assert self._ends_at is not None  # noqa: S101 - it has begun
        if len(self._stops) > self._stops_seen:
            self._stops_seen = len(self._stops)
            for each in self._crew:
                each.say(Word.FORCE)
        if now > self._ends_at:
            for each in self._crew:
                each.send(signal.SIGKILL)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        """Remember a signal; what follows is not done inside of it."""
        self._stops.append(number)

    def _wake(self) -> None:
        with suppress(BlockingIOError):
            while self._woken.recv(4096):
                pass

    # What workers and operators ask.

    def _admit(self) -> None:
        """Hand an operator's connection to the next worker that takes it."""
        try:
            connection, _ = self._operators.accept()
        except OSError:
            return
        with connection:
            for _ in self._crew:
                self._turn = (self._turn + 1) % len(self._crew)
                member = self._crew[self._turn]
                if member.has_served and member.say(Word.OPERATOR, connection.fileno()):
                    return

    def _listen(self, member: Member, ours: Channel) -> None:
        """Do what a worker asks."""
        try:
            heard = ours.heard()
        except EOFError:
            # Its end is noted when its process is reaped.
            self._selector.unregister(ours)
            return
        if heard is None:
            return
        word, file = heard
        if word is Word.READY:
            member.has_served = True
        elif word is Word.WANT_PAGE:
            self._gather(member)
        elif word is Word.METRICS and file is not None:
            self._figures.told(member.name, channel.read(file))
            if self._gathering is not None:
                self._gathering.told(member.name)

    def _gather(self, asker: Member) -> None:
        """Ask all workers for their metrics, unless they are being asked."""
        if self._gathering is None:
            asked = [each.name for each in self._crew if each.has_served and each.say(Word.ASK)]
            self._gathering = Gathering(asked, clock.monotonic() + limits.GATHERING_SECONDS_MAX)
        self._gathering.askers.add(asker.name)

    def _show(self) -> None:
        """Send the page to the workers that want it."""
        assert self._gathering is not None  # noqa: S101 - it is over
        askers, self._gathering = self._gathering.askers, None
        file = channel.written(self._figures.page())
        for each in self._crew:
            if each.name in askers:
                each.say(Word.PAGE, file)
        os.close(file)
