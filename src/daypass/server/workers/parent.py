"""The parent process of several workers: it starts and supervises them, and serves no request.

It has the data directory's lock and the sockets. It forks each worker, so that a new one begins
with the loaded directory; restarts workers that die; kills a worker that holds the database's lock
for too long; hands each operator's connection to a worker; has all of them reload their
certificates; and adds up their metrics. It has one thread and never blocks: only such a process can
be forked at any moment.
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
from daypass.server.operator import control_socket
from daypass.server.process.signals import HangUpFlag
from daypass.server.process.terminal import print_line
from daypass.server.settings.config import Config
from daypass.server.workers import channel
from daypass.server.workers.channel import Channel, ChannelMessage
from daypass.server.workers.gathered_metrics import MetricsRound, WorkerMetrics
from daypass.server.workers.scoreboard import Scoreboard
from daypass.server.workers.worker import Worker
from daypass.state.data_directory.open_directory import DataDirectory
from daypass.state.unusable import Unusable

Serve = Callable[[Worker, Channel], int]
"""Serves as a worker in a process of its own; returns the exit code."""


class Parent:
    """Runs the workers of a server, from the first start to the last end.

    `serve` is called in each worker's process, `on_ready` once all of them serve.
    """

    def __init__(
        self,
        config: Config,
        directory: DataDirectory,
        scoreboard: Scoreboard,
        sockets: list[list[socket.socket]],
        hang_up_flag: HangUpFlag,
        *,
        serve: Serve,
        on_ready: Callable[[], None],
    ) -> None:
        self._config = config
        self._directory = directory
        self._scoreboard = scoreboard
        self._serve = serve
        self._on_ready = on_ready
        self._hang_up_flag = hang_up_flag
        self._workers = [
            Worker(slot, its_sockets)
            for slot, its_sockets in zip(scoreboard.slots, sockets, strict=True)
        ]
        self._metrics = WorkerMetrics()
        self._metrics_round: MetricsRound | None = None
        self._has_opened = False
        """Whether all workers have served since the start."""
        self._stop_signals: list[int] = []
        """The SIGTERM and SIGINT that have arrived."""
        self._stop_signals_handled = 0
        self._kill_at: float | None = None
        """When workers that have not ended are killed; None until the server is to end."""
        self._exit_code = 0
        self._last_refresh = clock.monotonic()
        self._next_operator_worker = 0
        """Index of the worker that answered the last operator; the next one is tried first."""

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; return the exit code.

        Raises `KeyboardInterrupt` if SIGINT ended it.
        """
        self._selector = selectors.DefaultSelector()
        self._operators = control_socket.bind_socket(self._config.data)
        self._operators.listen()
        self._woken, waking = socket.socketpair()
        for each in (self._woken, waking):
            each.setblocking(False)  # noqa: FBT003 - the socket's own word
        self._selector.register(self._operators, selectors.EVENT_READ, self._hand_over_operator)
        self._selector.register(self._woken, selectors.EVENT_READ, self._drain_wakeups)
        before = {
            number: signal.signal(number, self._store_stop_signal)
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
        try:
            while not self._is_over():
                self._run_safely(self._do_what_is_due)
                for key, _ in self._selector.select(limits.WORKERS_LOOK_SECONDS):
                    self._run_safely(key.data)
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in before.items():
                signal.signal(number, handler)
            for each in (self._operators, self._woken, waking):
                each.close()
            self._selector.close()
        if signal.SIGINT in self._stop_signals:
            raise KeyboardInterrupt
        return self._exit_code

    def _run_safely(self, do: Callable[[], None]) -> None:
        """Call a function and report its exception: the workers would end with their parent."""
        try:
            do()
        except Exception as error:  # noqa: BLE001 - reported, and tried again when due again
            print_line(f"error: the parent of the workers: {type(error).__name__}: {error}")

    def _is_over(self) -> bool:
        return self._kill_at is not None and not any(each.pid for each in self._workers)

    def _do_what_is_due(self) -> None:
        """Reap and start processes, handle signals, send metrics, refresh the directory."""
        now = clock.monotonic()
        self._reap_processes(now)
        if self._kill_at is None and self._stop_signals:
            self._begin_end(now)
        if self._kill_at is not None:
            self._continue_end(now)
            return
        if self._hang_up_flag.take():
            for each in self._workers:
                each.send(ChannelMessage.RELOAD)
        self._start_due_workers(now)
        for each in self._workers:
            if each.slot.is_lock_overdue(now) and not each.is_condemned:
                each.is_condemned = True
                print_line(
                    f"error: worker {each.name} holds the lock of the database for too long:"
                    " it is killed"
                )
                each.send_signal(signal.SIGKILL)
        current = self._metrics_round
        if current is not None and (current.is_complete or now > current.until):
            self._send_page()
        if now - self._last_refresh > limits.KNOWN_SECONDS:
            self._refresh_directory(now)

    # Starting and reaping worker processes.

    def _start_due_workers(self, now: float) -> None:
        """Start the processes that are due.

        Until all have served, one after the other, so that what stops them is reported once.
        """
        for each in self._workers:
            if not each.pid and now >= each.due:
                self._start(each, now)
            if not (self._has_opened or each.has_served):
                return
        if not self._has_opened:
            self._has_opened = True
            self._on_ready()

    def _start(self, worker: Worker, now: float) -> None:
        # Tried again if it fails, such as on a system that has no room for one more process.
        worker.due = now + limits.WORKER_AGAIN_SECONDS_MAX
        self._refresh_directory(now)
        ours, theirs = channel.channel_pair()
        # Workers never change the loaded directory; frozen, no garbage collection copies its pages.
        gc.freeze()
        pid = os.fork()
        if pid == 0:
            self._run_worker(worker, theirs, ours)
        theirs.close()
        worker.mark_started(pid, ours, now)
        self._selector.register(ours, selectors.EVENT_READ, lambda: self._receive(worker, ours))

    def _run_worker(self, worker: Worker, parent: Channel, end_of_parent: Channel) -> None:
        """Run as the worker's process, right after the fork; never returns."""
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
            for other in self._workers:
                if other.channel is not None:
                    other.channel.close()
                if other is not worker:
                    for each in other.sockets:
                        each.close()
            code = self._serve(worker, parent)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException as error:  # noqa: BLE001 - no caller is left to report it
            print_line(f"error: {type(error).__name__}: {error}")
            if os.environ.get("DAYPASS_DEBUG"):
                traceback.print_exc()
        finally:
            # The process ends here in any case: what follows in the parent must not run in it.
            sys.stderr.flush()
            os._exit(code)

    def _refresh_directory(self, now: float) -> None:
        """Apply new commits to the loaded directory, unless a worker is writing.

        A new worker looks for commits itself as well.
        """
        self._last_refresh = now
        with self._scoreboard.block_writers() as is_blocked:
            if not is_blocked:
                return
            try:
                self._directory.catch_up()
            except Unusable as error:
                print_line(f"error: {error}")

    def _reap_processes(self, now: float) -> None:
        """Handle the processes that have ended."""
        for each in self._workers:
            if not each.pid:
                continue
            pid, status = os.waitpid(each.pid, os.WNOHANG)
            if not pid:
                continue
            if each.channel is not None:
                with suppress(KeyError):
                    self._selector.unregister(each.channel)
            each.mark_ended(status, now)
            self._metrics.keep_counters(each.name)
            if self._metrics_round is not None:
                self._metrics_round.mark_done(each.name)
            if self._kill_at is not None:
                continue
            if not self._has_opened:
                # What stops one worker at the start stops all. One that was not killed has reported
                # the reason itself.
                if os.WIFSIGNALED(status):
                    print_line(f"error: worker {each.name} {each.last_exit} before all had started")
                self._exit_code = max(1, os.waitstatus_to_exitcode(status))
                self._begin_end(now)
                continue
            delay = "" if each.due <= now else f" in {each.due - now:.1f} s"
            print_line(f"error: worker {each.name} {each.last_exit}: it is started again{delay}")

    # The end.

    def _begin_end(self, now: float) -> None:
        self._kill_at = now + limits.WORKERS_END_SECONDS_MAX
        self._selector.unregister(self._operators)
        for each in self._workers:
            for listening in each.sockets:
                listening.close()
            each.send_signal(signal.SIGTERM)
        self._stop_signals_handled = min(1, len(self._stop_signals))

    def _continue_end(self, now: float) -> None:
        """Force workers to end after a second signal.

        Kill those that are still there after the time limit.
        """
        assert self._kill_at is not None  # noqa: S101 - it has begun
        if len(self._stop_signals) > self._stop_signals_handled:
            self._stop_signals_handled = len(self._stop_signals)
            for each in self._workers:
                each.send(ChannelMessage.FORCE)
        if now > self._kill_at:
            for each in self._workers:
                each.send_signal(signal.SIGKILL)

    def _store_stop_signal(self, number: int, _frame: FrameType | None) -> None:
        """Store a signal, as its handler; the end does not run inside it."""
        self._stop_signals.append(number)

    def _drain_wakeups(self) -> None:
        with suppress(BlockingIOError):
            while self._woken.recv(4096):
                pass

    # Requests of operators and workers.

    def _hand_over_operator(self) -> None:
        """Hand an operator's connection to the next worker that takes it."""
        try:
            connection, _ = self._operators.accept()
        except OSError:
            return
        with connection:
            for _ in self._workers:
                self._next_operator_worker = (self._next_operator_worker + 1) % len(self._workers)
                worker = self._workers[self._next_operator_worker]
                if worker.has_served and worker.send(ChannelMessage.OPERATOR, connection.fileno()):
                    return

    def _receive(self, worker: Worker, ours: Channel) -> None:
        """Handle a message of a worker."""
        try:
            received = ours.receive()
        except EOFError:
            # The worker's end is handled when its process is reaped.
            self._selector.unregister(ours)
            return
        if received is None:
            return
        message, file = received
        if message is ChannelMessage.READY:
            worker.has_served = True
        elif message is ChannelMessage.REQUEST_PAGE:
            self._collect_metrics(worker)
        elif message is ChannelMessage.METRICS and file is not None:
            self._metrics.store(worker.name, channel.read_memory(file))
            if self._metrics_round is not None:
                self._metrics_round.mark_done(worker.name)

    def _collect_metrics(self, asker: Worker) -> None:
        """Request the metrics of all workers unless a round is running; add the asker to it."""
        if self._metrics_round is None:
            requested = [
                each.name
                for each in self._workers
                if each.has_served and each.send(ChannelMessage.REQUEST_METRICS)
            ]
            self._metrics_round = MetricsRound(
                requested, clock.monotonic() + limits.GATHERING_SECONDS_MAX
            )
        self._metrics_round.askers.add(asker.name)

    def _send_page(self) -> None:
        """Send the page to the workers that requested it, and end the round."""
        assert self._metrics_round is not None  # noqa: S101 - it is over
        askers, self._metrics_round = self._metrics_round.askers, None
        file = channel.write_memory(self._metrics.page())
        for each in self._workers:
            if each.name in askers:
                each.send(ChannelMessage.PAGE, file)
        os.close(file)
