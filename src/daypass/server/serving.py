"""The HTTP server over an authority that is put together: what it does from listening to the end, ten times a second and between.

Not here: what the process around it does, such as letting operators in (`standalone`, `workers.worker_process`).
"""

import asyncio
import logging
import signal
import socket
import sys
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import Any, Protocol

import uvicorn

from daypass.server import clock, limits
from daypass.server.app import Authority
from daypass.server.audit.log_file import Unrecorded
from daypass.server.audit.log_watch import AuditLogWatch
from daypass.server.clock_jumps import ClockJumps
from daypass.server.health.data_watch import DataWatch
from daypass.server.health.metrics import Aggregation, Metrics
from daypass.server.http import addresses, listener
from daypass.server.http.crowds.connections import Connections
from daypass.server.http.crowds.holds import Holds
from daypass.server.http.crowds.quick import Quick
from daypass.server.http.crowds.turns import Turns
from daypass.server.http.listener import Listener
from daypass.server.http.long_lived import LongLived
from daypass.server.http.protocol import House, StrictProtocol
from daypass.server.http.proxies import Behind, is_trusted
from daypass.server.jobs.registry import find_jobs
from daypass.server.jobs.runner import JobRunner
from daypass.server.others import Others
from daypass.server.process import descriptors
from daypass.server.process.signals import HangUpFlag
from daypass.server.process.terminal import say
from daypass.server.reload import Reload
from daypass.server.settings.config import Config
from daypass.state.data_directory.node_data import Data

FLUSH_SECONDS = 5.0
STARTUP_FAILURE = 3
"""How uvicorn ends where it cannot listen."""


class Station(Others, Protocol):
    """The process around a server, alone or one of several."""

    is_interrupted_itself: bool
    """Whether an interruption from the terminal ends the server; else who started the process ends it."""
    others_may_serve: bool
    """Whether others may serve already when it starts, so that what a start does once was done before."""

    async def begin(self, server: "Server") -> None:
        """Be one of those who serve, from the moment before the first request is taken."""

    async def open(self, server: "Server", settings: Config) -> None:
        """Let operators in, and say that the server is there; `settings` have the port that it listens on."""

    def tick(self, server: "Server") -> None:
        """Do what is due every second."""

    def end(self) -> None:
        """Let operators in no longer."""

    def leave(self) -> None:
        """Be one of those who serve no longer: the last request is answered."""


class Server(uvicorn.Server):
    """uvicorn, told where it listens once it does, and hanging up on slow clients."""

    def __init__(  # what a server is made of
        self,
        config: Config,
        data: Data,
        authority: Authority,
        log_watch: AuditLogWatch,
        watch: DataWatch,
        reload: Reload,
        hang_up_flag: HangUpFlag,
        station: Station,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                Behind(config.trusted_proxies, authority.application),
                host=config.host,
                port=config.port,
                http=StrictProtocol,
                loop="uvloop",
                ws="none",
                lifespan="off",
                interface="asgi3",
                access_log=False,
                log_config=None,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=limits.DRAIN_SECONDS_MAX,
            )
        )
        self._settings = config
        self._station = station
        self.data = data
        self.authority = authority
        self._log_watch = log_watch
        self._watch = watch
        self._jumps = ClockJumps(data.clocks, authority.recorder, say)
        self._jumps.show(authority.metrics)
        self._long_lived = LongLived(lambda: data.committer.records_put)
        self._jobs = JobRunner(find_jobs(), data, authority.settler, authority.metrics, say)
        self.reload = reload
        self.hang_up_flag = hang_up_flag
        self._reloading: asyncio.Task[None] | None = None
        self._greetings: set[asyncio.Task[Any]] = set()
        self._connections = Connections(
            clock.monotonic,
            most=descriptors.claim_connections(config.workers),
            most_of_one=limits.CONNECTIONS_PER_CLIENT_MAX // config.workers,
        )
        self._turns = Turns(
            lambda begin: asyncio.get_running_loop().call_soon(begin), clock.monotonic
        )
        holds = Holds(
            lambda seconds, look: asyncio.get_running_loop().call_later(seconds, look),
            clock.monotonic,
            lambda: self._turns.is_behind,
        )
        self._house = House(
            self._connections,
            self._turns,
            holds,
            authority.shapes,
            Quick(authority.shapes, clock.entropy),
            clock.monotonic,
        )
        _show(authority.metrics, self._connections, self._turns, holds)
        authority.metrics.add_gauge(
            "daypass_audit_log_breaks",
            "Times that the audit log was found not to be what was written, accepted ones too.",
            Aggregation.SUM,
            lambda: log_watch.break_count,
        )

    def close(self) -> None:
        """Write and force to disk what the audit log still waits for."""
        self._station.leave()
        self._watch.close()
        self._log_watch.compare()
        recorder = self.authority.recorder
        try:
            recorder.close()
        except (Unrecorded, OSError) as error:
            # What belongs to commits is in the database, and written by the next start.
            say(f"error: the last lines of the audit log are not written: {error}")
        self._flush()

    def _flush(self) -> None:
        """Have written down what may wait, and how far the log is on disk unless it is not what was written."""
        self.data.flush(None if self._log_watch.refusal else self.authority.recorder.checkpoint)

    @property
    def remarks(self) -> list[str]:
        """Return what the operator should be told of this start, beside what the data directory says."""
        return [*self._log_watch.remarks(), *self.reload.remarks]

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain on SIGTERM and end with 0; SIGINT is an interruption, and stays one."""
        if sig == signal.SIGINT and not self._station.is_interrupted_itself:
            return
        super().handle_exit(sig, frame)
        if sig == signal.SIGTERM:
            self._captured_signals.clear()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what has begun, then let go of the store."""
        self._jobs.stop()
        self._station.end()
        await super().shutdown(sockets)
        self._jumps.tick()
        await self._jobs.wait()
        await self.authority.application.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say where and what to type next."""
        errors = logging.getLogger("uvicorn.error")
        errors.setLevel(logging.ERROR)
        await self.lifespan.startup()
        try:
            bound = sockets or await listener.bind(self._settings.host, self._settings.port)
        except OSError as error:
            errors.error(error)
            sys.exit(STARTUP_FAILURE)
        await self.authority.application.begin()
        await self._station.begin(self)
        self._listener = Listener(bound, self._welcome)
        self.servers = [self._listener]  # type: ignore[list-item]  # what uvicorn asks of a server, it has
        self.started = True
        self.authority.recorder.start()
        # Port 0 asks the system for any free one: what counts is the one that it gave.
        await self._station.open(self, replace(self._settings, port=bound[0].getsockname()[1]))
        self._long_lived.settle()

    def _welcome(self, accepted: socket.socket, address: tuple[Any, ...]) -> None:
        """Count a connection, or close it, and hand it to the protocol."""
        peer = addresses.of_peer(str(address[0]))
        site = "" if is_trusted(peer, self._settings.trusted_proxies) else addresses.site(peer)
        connection = StrictProtocol(self.config, self.server_state, self._house, accepted, site)
        if not self._connections.admit(connection):
            accepted.close()
            return
        loop = asyncio.get_running_loop()
        context = self.reload.context
        greeting = loop.create_task(
            loop.connect_accepted_socket(
                lambda: connection,
                accepted,
                ssl=context,
                ssl_handshake_timeout=limits.GREETING_SECONDS_MAX if context else None,
            )
        )
        self._greetings.add(greeting)
        greeting.add_done_callback(partial(self._greeted, connection))

    def _greeted(self, connection: StrictProtocol, greeting: "asyncio.Task[Any]") -> None:
        self._greetings.discard(greeting)
        if greeting.cancelled() or greeting.exception() is not None:
            # No TLS, or gone: there is nobody to tell.
            self._connections.forget(connection)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: take over a changed key ring, hang up on the slow, do what is due, and write down what may wait."""
        if line := self._watch.key_ring.tick():
            say(line)
        if (self._reloading is None or self._reloading.done()) and self.hang_up_flag.take():
            self._reloading = asyncio.get_running_loop().create_task(self.reload.run())
        if counter % 10 == 0:
            self._connections.hang_up()
            if self._jumps.tick():
                self.data.keep_time()
            self._watch.tick()
            self._log_watch.compare()
            self.authority.recorder.retry()
            self._long_lived.tick()
            self._station.tick(self)
            if not self.should_exit:
                self._jobs.tick()
            for line in self.authority.readiness.announcements():
                say(line)
        if counter % int(FLUSH_SECONDS * 10) == 0:
            self._flush()
        return await super().on_tick(counter)


def _show(metrics: Metrics, connections: Connections, turns: Turns, holds: Holds) -> None:
    """Show how crowded it is."""
    metrics.add_gauge(
        "daypass_connections", "Connections.", Aggregation.SUM, lambda: len(connections)
    )
    metrics.add_gauge(
        "daypass_connections_dropped",
        "Connections that were dropped: overdue, or to make room.",
        Aggregation.SUM,
        lambda: connections.dropped,
    )
    metrics.add_gauge(
        "daypass_requests_turned_away",
        "Requests that were throttled before they were read.",
        Aggregation.SUM,
        lambda: turns.turned_away,
    )
    metrics.add_gauge(
        "daypass_connections_on_hold",
        "Connections that were throttled and are not read for a while.",
        Aggregation.SUM,
        lambda: len(holds),
    )
