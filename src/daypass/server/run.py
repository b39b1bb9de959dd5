"""Running a server: open the data, put the authority together, listen, drain, close."""

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import Any

import uvicorn

from daypass.core.organizations.settings import Settings
from daypass.server import (
    addresses,
    clock,
    control,
    descriptors,
    draining,
    floors,
    limits,
    listener,
    store_check,
)
from daypass.server.app import Authority, assemble
from daypass.server.audit import keeping
from daypass.server.audit.keeping import Keeper
from daypass.server.audit_log import Unrecorded
from daypass.server.config import Config
from daypass.server.connections import Connections
from daypass.server.gateway import abandoned, adoption, gateway, startup_event
from daypass.server.holds import Holds
from daypass.server.listener import Listener
from daypass.server.metrics import Metrics
from daypass.server.protocol import House, StrictProtocol
from daypass.server.proxies import Behind, is_trusted
from daypass.server.quick import Quick
from daypass.server.rates import Rates
from daypass.server.recorder import Recorder
from daypass.server.settle import settle_at_once
from daypass.server.turns import Turns
from daypass.server.watch import Watch
from daypass.server.workbench import Workbench
from daypass.services.iam import aws_managed
from daypass.state.data_directory import Data, open_data
from daypass.state.unusable import explained

FLUSH_SECONDS = 5.0
STARTUP_FAILURE = 3
"""How uvicorn ends where it cannot listen."""


def serve(config: Config, environ: Mapping[str, str]) -> None:
    """Serve until SIGTERM or SIGINT; raises `state.unusable.Unusable` where the data cannot be used."""
    floors.check()
    data = open_data(
        config.data,
        environ,
        clock=clock.wall,
        entropy=clock.entropy,
        account=config.account,
        email=config.email,
        base=aws_managed.records(),
        accept_damage=config.accept_damage,
    )
    try:
        with explained(config.data):
            server = server_for(config, data)
        try:
            server.run()
        finally:
            with explained(config.data):
                server.close()
    finally:
        with explained(config.data):
            data.close()


def server_for(config: Config, data: Data) -> "Server":
    """Return a server over open data, ready to run."""
    log = keeping.opened(data, now=clock.wall())
    keeper = Keeper(log, data, now=clock.wall)
    outbox = draining.outbox(data)
    watch = Watch(data)
    now = clock.wall()
    released = abandoned(data.committer.directory)
    names = [change.record.key for change in released.records]
    settle_at_once(data.committer, released, startup_event("bucket-released", names, now=now))
    if config.s3_adopt:
        owner = data.default_account
        changes = adoption(
            data.committer.directory,
            config.s3_adopt,
            account=owner,
            region=config.region,
            now=int(now),
        )
        names = [change.record.key for change in changes.records]
        told = startup_event("adopt", names, account=owner, now=now)
        settle_at_once(data.committer, changes, told)
    recorder = Recorder(
        log, durable=config.durable_audit, refused=watch.audit_log.refused, outbox=outbox
    )
    authority = assemble(
        committer=data.committer,
        keyring=lambda: data.keyring,
        usage=data.usage,
        recorder=recorder,
        rates=Rates(config.calls_per_second),
        settings=Settings(
            accounts_max=config.accounts_max,
            removal_wait_seconds=config.removal_wait_days * 24 * 60 * 60,
        ),
        gate=gateway(config, config.store) if config.store else None,
    )
    watch.report_to(authority.readiness)
    authority.readiness.add("audit chain", lambda: keeper.reason or recorder.trouble)
    return Server(config, data, authority, keeper, watch)


class Server(uvicorn.Server):
    """uvicorn, told where it listens once it does, and hanging up on slow clients."""

    def __init__(
        self, config: Config, data: Data, authority: Authority, keeper: Keeper, watch: Watch
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
                ssl_certfile=config.tls_certificate,
                ssl_keyfile=config.tls_key,
            )
        )
        self._settings = config
        self._data = data
        self._authority = authority
        self._keeper = keeper
        self._watch = watch
        self._control: asyncio.Server | None = None
        self._greetings: set[asyncio.Task[Any]] = set()
        self._connections = Connections(clock.monotonic, most=descriptors.connections_max())
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
        authority.metrics.gauge(
            "daypass_audit_log_breaks",
            "Times that the audit log was found not to be what was written, accepted ones too.",
            lambda: keeper.breaks,
        )

    def close(self) -> None:
        """Write and force to disk what the audit log still waits for."""
        self._watch.close()
        self._keeper.look()
        recorder = self._authority.recorder
        try:
            recorder.close()
        except (Unrecorded, OSError) as error:
            # What belongs to commits is in the database, and written by the next start.
            sys.stderr.write(f"error: the last lines of the audit log are not written: {error}\n")
        self._flush()

    def _flush(self) -> None:
        """Have written down what may wait, and how far the log is on disk unless it is not what was written."""
        self._data.flush(None if self._keeper.reason else self._authority.recorder.checkpoint)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain on SIGTERM and end with 0; SIGINT is an interruption, and stays one."""
        super().handle_exit(sig, frame)
        if sig == signal.SIGTERM:
            self._captured_signals.clear()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what has begun, then let go of the store."""
        if self._control is not None:
            self._control.close()
        await super().shutdown(sockets)
        await self._authority.application.close()

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
        self._listener = Listener(bound, self._welcome)
        self.servers = [self._listener]  # type: ignore[list-item]  # what uvicorn asks of a server, it has
        self.started = True
        self._authority.recorder.start()
        bench = Workbench(self._data.committer, self._authority.settler)
        self._control = await control.listen(self._data.path, bench.handle)
        # Port 0 asks the system for any free one: what counts is the one that it gave.
        port = bound[0].getsockname()[1]
        _announce(replace(self._settings, port=port), self._data, self._keeper)
        # What was loaded stays: without it a full collection takes a tenth of the time, in a turn that anybody can bring about.
        gc.collect()
        gc.freeze()

    def _welcome(self, accepted: socket.socket, address: tuple[Any, ...]) -> None:
        """Count a connection, or close it, and hand it to the protocol."""
        peer = addresses.of_peer(str(address[0]))
        site = "" if is_trusted(peer, self._settings.trusted_proxies) else addresses.site(peer)
        connection = StrictProtocol(self.config, self.server_state, self._house, accepted, site)
        if not self._connections.admit(connection):
            accepted.close()
            return
        loop = asyncio.get_running_loop()
        greeting = loop.create_task(
            loop.connect_accepted_socket(
                lambda: connection,
                accepted,
                ssl=self.config.ssl,
                ssl_handshake_timeout=limits.GREETING_SECONDS_MAX if self.config.is_ssl else None,
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
        """Ten times a second: take over a changed key ring, hang up on the slow, and write down what may wait."""
        if line := self._watch.key_ring.tick():
            sys.stderr.write(f"{line}\n")
        if counter % 10 == 0:
            self._connections.hang_up()
            self._watch.tick()
            self._keeper.look()
            self._authority.recorder.retry()
            for line in self._authority.readiness.news():
                sys.stderr.write(f"{line}\n")
        if counter % int(FLUSH_SECONDS * 10) == 0:
            self._flush()
        return await super().on_tick(counter)


def _show(metrics: Metrics, connections: Connections, turns: Turns, holds: Holds) -> None:
    """Show how crowded it is."""
    metrics.gauge("daypass_connections", "Connections.", lambda: len(connections))
    metrics.gauge(
        "daypass_connections_dropped",
        "Connections that were dropped: overdue, or to make room.",
        lambda: connections.dropped,
    )
    metrics.gauge(
        "daypass_requests_turned_away",
        "Requests that were throttled before they were read.",
        lambda: turns.turned_away,
    )
    metrics.gauge(
        "daypass_connections_on_hold",
        "Connections that were throttled and are not read for a while.",
        lambda: len(holds),
    )


def _announce(config: Config, data: Data, keeper: Keeper) -> None:
    gate = [f"the gate stands in front of {config.store.url}"] if config.store else []
    if config.store and store_check.read(config.data, config.store.url) is None:
        command = f"daypass gate check --s3 {config.store.url} --data {config.data}"
        gate.append(f"  nobody has tried that store out yet: {command}")
    lines = [
        f"daypass listens on {config.url}  (account {data.default_account}, data in {config.data})",
        *(f"  {remark}" for remark in data.remarks),
        *gate,
        *floors.remarks(),
        *keeper.remarks(),
        "",
        "become root for fifteen minutes, in another shell:",
        f'  eval "$(daypass root --data {config.data} --endpoint {config.url})"',
    ]
    sys.stderr.write("\n".join(lines) + "\n")
    sys.stderr.flush()
