"""The HTTP server over an authority: what it does at the start, on each tick and at the end.

Not here: what its process does besides, such as taking operators' commands (`standalone`,
`workers`).
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

from daypass.server import limits
from daypass.server.app import Authority
from daypass.server.audit.log_file import Unrecorded
from daypass.server.audit.log_watch import AuditLogWatch
from daypass.server.clock_jumps import ClockJumpReporter
from daypass.server.health.data_watch import DataWatch
from daypass.server.health.metrics import Aggregation
from daypass.server.http import addresses, listener
from daypass.server.http.direct import DirectAnswers
from daypass.server.http.direct_protocol import DirectProtocol
from daypass.server.http.gc_freezing import GcFreezer
from daypass.server.http.listener import Listener
from daypass.server.http.listener_state import make_listener_state
from daypass.server.http.proxies import TrustedProxies, is_trusted_proxy
from daypass.server.jobs.registry import find_jobs
from daypass.server.jobs.runner import JobRunner
from daypass.server.other_workers import OtherWorkers
from daypass.server.process.signals import HangUpFlag
from daypass.server.process.terminal import print_line
from daypass.server.reload import CertificateReloader
from daypass.server.settings.config import Config
from daypass.state.data_directory.node_data import NodeData

FLUSH_SECONDS = 5.0
"""How often last uses, and how far the audit log is on disk, are written to the database."""
STARTUP_FAILURE = 3
"""The exit code of uvicorn if it cannot listen."""


class HostProcess(OtherWorkers, Protocol):
    """The process around a server: hooks that the server calls, and the other workers."""

    ends_on_sigint: bool
    """Whether SIGINT ends the server; if not, the parent process ends it."""
    others_may_serve: bool
    """Whether other workers may serve already, so that work for once per start was done before."""

    async def on_startup(self, server: "Server") -> None:
        """Prepare to serve: called before the server accepts connections."""

    async def on_listening(self, server: "Server", config: Config) -> None:
        """Take operators' commands and report the start: called once the server listens.

        `config` has the port that the server listens on.
        """

    def on_tick(self, server: "Server") -> None:
        """Do what is due: called every second."""

    def on_shutdown(self) -> None:
        """Take no more commands of operators: called before the last requests are finished."""

    def on_close(self) -> None:
        """Leave the other workers: called after the last request was answered."""


class Server(uvicorn.Server):
    """uvicorn's server with our listener and protocol, and the authority's work on each tick."""

    def __init__(
        self,
        config: Config,
        data: NodeData,
        authority: Authority,
        log_watch: AuditLogWatch,
        watch: DataWatch,
        reload: CertificateReloader,
        hang_up_flag: HangUpFlag,
        host: HostProcess,
    ) -> None:
        application = TrustedProxies(config.trusted_proxies, authority.application)
        super().__init__(
            uvicorn.Config(
                application,
                host=config.host,
                port=config.port,
                http=DirectProtocol,
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
        self._daypass_config = config
        self._host = host
        self.data = data
        self.authority = authority
        self._log_watch = log_watch
        self._watch = watch
        self._clock_jumps = ClockJumpReporter(data.clocks, authority.recorder, print_line)
        self._clock_jumps.register_gauges(authority.metrics)
        self._gc_freezer = GcFreezer(lambda: data.committer.records_put)
        self._jobs = JobRunner(find_jobs(), data, authority.settler, authority.metrics, print_line)
        self.reload = reload
        self.hang_up_flag = hang_up_flag
        self._reloading: asyncio.Task[None] | None = None
        self._handshakes: set[asyncio.Task[Any]] = set()
        self._listener_state = make_listener_state(authority.early_refusals, workers=config.workers)
        self._direct_answers = DirectAnswers(
            authority.api,
            authority.answerer,
            door_for=authority.application.door_for,
            proxies=application,
        )
        self._connections = self._listener_state.connections
        self._listener_state.register_gauges(authority.metrics)
        authority.metrics.add_gauge(
            "daypass_audit_log_breaks",
            "Times that the audit log was found not to be what was written, accepted ones too.",
            Aggregation.SUM,
            lambda: log_watch.break_count,
        )

    def close(self) -> None:
        """Write the last lines of the audit log and force them to disk."""
        self._host.on_close()
        self._watch.close()
        self._log_watch.compare()
        recorder = self.authority.recorder
        try:
            recorder.close()
        except (Unrecorded, OSError) as error:
            # The events of commits are in the database; the next start writes their lines.
            print_line(f"error: the last lines of the audit log are not written: {error}")
        self._flush()

    def _flush(self) -> None:
        """Have last uses written, and the audit log's checkpoint unless the log was changed."""
        self.data.flush(None if self._log_watch.refusal else self.authority.recorder.checkpoint)

    @property
    def remarks(self) -> list[str]:
        """Return lines for the operator about the audit log and the certificate at this start."""
        return [*self._log_watch.remarks(), *self.reload.warnings]

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain upon SIGTERM and exit with 0; upon SIGINT drain, and exit as interrupted."""
        if sig == signal.SIGINT and not self._host.ends_on_sigint:
            return
        super().handle_exit(sig, frame)
        if sig == signal.SIGTERM:
            self._captured_signals.clear()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish the requests and jobs that have begun, then close the connections to the store."""
        self._jobs.stop()
        self._host.on_shutdown()
        await super().shutdown(sockets)
        self._clock_jumps.tick()
        await self._jobs.wait()
        await self.authority.application.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, start the audit log, and have the host process report the start."""
        errors = logging.getLogger("uvicorn.error")
        errors.setLevel(logging.ERROR)
        await self.lifespan.startup()
        try:
            bound = sockets or await listener.bind_sockets(
                self._daypass_config.host, self._daypass_config.port
            )
        except OSError as error:
            errors.error(error)
            sys.exit(STARTUP_FAILURE)
        await self.authority.application.begin()
        await self._host.on_startup(self)
        self._listener = Listener(bound, self._on_accept)
        self.servers = [self._listener]  # type: ignore[list-item]
        self.started = True
        self.authority.recorder.start()
        # With port 0 the system chooses a free port, which only the socket knows.
        await self._host.on_listening(
            self, replace(self._daypass_config, port=bound[0].getsockname()[1])
        )
        self._gc_freezer.freeze_start()

    def _on_accept(self, accepted: socket.socket, address: tuple[Any, ...]) -> None:
        """Count an accepted connection and begin its protocol, or close it as one too many."""
        peer = addresses.peer_address(str(address[0]))
        is_proxy = is_trusted_proxy(peer, self._daypass_config.trusted_proxies)
        end_site = "" if is_proxy else addresses.end_site(peer)
        connection = DirectProtocol(
            self.config,
            self.server_state,
            self._listener_state,
            accepted,
            end_site,
            self._direct_answers,
        )
        if not self._connections.admit(connection):
            accepted.close()
            return
        loop = asyncio.get_running_loop()
        context = self.reload.context
        handshake = loop.create_task(
            loop.connect_accepted_socket(
                lambda: connection,
                accepted,
                ssl=context,
                ssl_handshake_timeout=limits.GREETING_SECONDS_MAX if context else None,
            )
        )
        self._handshakes.add(handshake)
        handshake.add_done_callback(partial(self._on_handshake_done, connection))

    def _on_handshake_done(
        self, connection: DirectProtocol, handshake: "asyncio.Task[Any]"
    ) -> None:
        self._handshakes.discard(handshake)
        if handshake.cancelled() or handshake.exception() is not None:
            # The TLS handshake failed, or the client is gone: no response can be sent.
            self._connections.forget(connection)

    async def on_tick(self, counter: int) -> bool:
        """Do what is due: uvicorn calls this ten times a second.

        Each time: open a changed key ring, and reload certificates after SIGHUP. Every second: drop
        overdue connections, run checks and jobs. Every `FLUSH_SECONDS`: flush to the database.
        """
        if line := self._watch.key_ring.tick():
            print_line(line)
        if (self._reloading is None or self._reloading.done()) and self.hang_up_flag.take():
            self._reloading = asyncio.get_running_loop().create_task(self.reload.run())
        if counter % 10 == 0:
            self._connections.drop_overdue()
            if self._clock_jumps.tick():
                self.data.save_time()
            self._watch.tick()
            self._log_watch.compare()
            self.authority.recorder.retry()
            self._gc_freezer.tick()
            self._host.on_tick(self)
            if not self.should_exit:
                self._jobs.tick()
            for line in self.authority.readiness.announcements():
                print_line(line)
        if counter % int(FLUSH_SECONDS * 10) == 0:
            self._flush()
        return await super().on_tick(counter)
