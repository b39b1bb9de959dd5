"""Running a server: open the data, put the authority together, listen, drain, close."""

import asyncio
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
    signals,
    store_check,
    terminal,
)
from daypass.server.app import Authority, Parts, assemble
from daypass.server.audit import keeping
from daypass.server.audit.chains import settle_others
from daypass.server.audit.keeping import Keeper
from daypass.server.audit_log import Unrecorded
from daypass.server.clock_jumps import ClockJumps
from daypass.server.config import Config
from daypass.server.connections import Connections
from daypass.server.gateway import Door, abandoned, adoption, gateway, startup_event
from daypass.server.guesses import Guesses
from daypass.server.holds import Holds
from daypass.server.jobs.registry import jobs_in
from daypass.server.jobs.runner import Runner
from daypass.server.listener import Listener
from daypass.server.long_lived import LongLived
from daypass.server.metrics import Metrics
from daypass.server.operator_acts import act
from daypass.server.protocol import House, StrictProtocol
from daypass.server.proxies import Behind, is_trusted
from daypass.server.quick import Quick
from daypass.server.rates import Rates
from daypass.server.recorder import Recorder
from daypass.server.reload import Reload
from daypass.server.settle import settle_at_once
from daypass.server.signals import HangUps
from daypass.server.turns import Turns
from daypass.server.watch import Watch
from daypass.server.workbench import Workbench
from daypass.services.iam import aws_managed
from daypass.state.data import Data
from daypass.state.data_directory import open_data
from daypass.state.recording import Recording
from daypass.state.unusable import explained

FLUSH_SECONDS = 5.0
STARTUP_FAILURE = 3
"""How uvicorn ends where it cannot listen."""


def serve(config: Config, environ: Mapping[str, str]) -> None:
    """Serve until SIGTERM or SIGINT; raises `state.unusable.Unusable` where the data cannot be used."""
    hang_ups = signals.settle()
    terminal.outlive()
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
            server = server_for(config, data, hang_ups)
        try:
            server.run()
        finally:
            with explained(config.data):
                server.close()
    finally:
        with explained(config.data):
            data.close()


def server_for(config: Config, data: Data, hang_ups: HangUps | None = None) -> "Server":
    """Return a server over open data, ready to run; raises `state.unusable.Unusable` for a certificate that is none."""
    if data.holds_directory:
        data.remarks = (*data.remarks, *settle_others(data, now=clock.wall()))
    log = keeping.opened(data, now=clock.wall())
    keeper = Keeper(log, data, now=clock.wall)
    outbox = draining.outbox(data)
    watch = Watch(data)
    if data.is_first:
        _settle_buckets(config, data)
    recorder = Recorder(
        log, durable=config.durable_audit, refused=watch.audit_log.refused, outbox=outbox
    )
    doors: list[Door] = []

    def door(parts: Parts) -> Door:
        assert config.store is not None  # noqa: S101 - made only where there is a store
        doors.append(gateway(config, config.store)(parts))
        return doors[0]

    authority = assemble(
        committer=data.committer,
        keyring=lambda: data.keyring,
        usage=data.usage,
        clocks=data.clocks,
        recorder=recorder,
        rates=Rates(config.calls_per_second),
        guesses=Guesses(data, monotonic=data.clocks.monotonic),
        settings=Settings(
            accounts_max=config.accounts_max,
            removal_wait_seconds=config.removal_wait_days * 24 * 60 * 60,
        ),
        gate=door if config.store else None,
    )
    watch.report_to(authority.readiness)
    authority.readiness.add("audit chain", lambda: keeper.reason or recorder.trouble)
    reload = Reload(config, recorder, doors[0].trust if doors else None)
    return Server(config, data, authority, keeper, watch, reload, hang_ups or HangUps())


def _settle_buckets(config: Config, data: Data) -> None:
    """Release the names of buckets that an earlier start left half made, and adopt those that the operator names."""
    now = clock.wall()
    directory = Recording(data.committer.directory)
    released = directory.bound(abandoned(directory))
    names = [change.record.key for change in released.records]
    settle_at_once(data.committer, released, startup_event("bucket-released", names, now=now))
    if config.s3_adopt:
        owner, directory = data.default_account, Recording(data.committer.directory)
        adopted = adoption(
            directory, config.s3_adopt, account=owner, region=config.region, now=int(now)
        )
        changes = directory.bound(adopted)
        names = [change.record.key for change in changes.records]
        told = startup_event("adopt", names, account=owner, now=now)
        settle_at_once(data.committer, changes, told)


async def _tell_of_start(recorder: Recorder, config: Config, *, account: str) -> None:
    """Write down who starts a server, and with which settings that change who may do what.

    A start that cannot be written down still serves: what is decided from then on is answered as if the disk filled up later.
    """
    settings = {
        "the store behind the gate": config.store.url if config.store else "",
        "anonymous reads": config.anonymous,
        "plain HTTP beyond this host": config.plain_http,
        "trusted proxies": ", ".join(map(str, config.trusted_proxies)),
    }
    told = "; ".join(f"{name}: {value}" for name, value in settings.items() if value)
    what = f"{config.url}; {told}" if told else config.url
    try:
        await recorder.record(act("start", what, account=account))
    except Unrecorded as fault:
        sys.stderr.write(f"error: the start is not in the audit log: {fault.operator}\n")


class Server(uvicorn.Server):
    """uvicorn, told where it listens once it does, and hanging up on slow clients."""

    def __init__(  # what a server is made of
        self,
        config: Config,
        data: Data,
        authority: Authority,
        keeper: Keeper,
        watch: Watch,
        reload: Reload,
        hang_ups: HangUps,
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
        self._data = data
        self._authority = authority
        self._keeper = keeper
        self._watch = watch
        self._jumps = ClockJumps(data.clocks, authority.recorder, _say)
        self._jumps.show(authority.metrics)
        self._long_lived = LongLived(lambda: data.committer.records_put)
        self._jobs = Runner(jobs_in(), data, authority.settler, authority.metrics, _say)
        self._reload = reload
        self._hang_ups = hang_ups
        self._reloading: asyncio.Task[None] | None = None
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
        self._jobs.end()
        if self._control is not None:
            self._control.close()
        await super().shutdown(sockets)
        self._jumps.tick()
        await self._jobs.wait()
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
        await self._authority.application.begin()
        self._listener = Listener(bound, self._welcome)
        self.servers = [self._listener]  # type: ignore[list-item]  # what uvicorn asks of a server, it has
        self.started = True
        recorder = self._authority.recorder
        recorder.start()
        await _tell_of_start(recorder, self._settings, account=self._data.default_account)
        # Port 0 asks the system for any free one: what counts is the one that it gave.
        settings = replace(self._settings, port=bound[0].getsockname()[1])
        bench = Workbench(self._data.committer, self._authority.settler)

        async def handle(message: control.Message) -> control.Answer:
            if isinstance(message, control.Where):
                return control.Answer(url=settings.local_url)
            return await bench.handle(message)

        if self._data.is_first:
            self._control = await control.listen(self._data.path, handle)
        _announce(settings, self._data, [*self._keeper.remarks(), *self._reload.remarks])
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
        context = self._reload.context
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
            sys.stderr.write(f"{line}\n")
        if (self._reloading is None or self._reloading.done()) and self._hang_ups.taken():
            self._reloading = asyncio.get_running_loop().create_task(self._reload.run())
        if counter % 10 == 0:
            self._connections.hang_up()
            if self._jumps.tick():
                self._data.keep_time()
            self._watch.tick()
            self._keeper.look()
            self._authority.recorder.retry()
            self._long_lived.tick()
            if not self.should_exit:
                self._jobs.tick()
            for line in self._authority.readiness.news():
                sys.stderr.write(f"{line}\n")
        if counter % int(FLUSH_SECONDS * 10) == 0:
            self._flush()
        return await super().on_tick(counter)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


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


def _announce(config: Config, data: Data, remarks: list[str]) -> None:
    gate = [f"the gate stands in front of {config.store.url}"] if config.store else []
    gate += store_check.remarks(config)
    lines = [
        f"daypass listens on {config.url}  (account {data.default_account}, data in {config.data})",
        *(f"  {remark}" for remark in data.remarks),
        *gate,
        *floors.remarks(),
        *remarks,
        "",
        "become root for fifteen minutes, in another shell:",
        f'  eval "$(daypass root --data {config.data} --endpoint {config.local_url})"',
    ]
    sys.stderr.write("\n".join(lines) + "\n")
    sys.stderr.flush()
