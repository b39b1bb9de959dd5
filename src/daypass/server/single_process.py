"""Running a server: open the data, put the authority together, listen, drain, close."""

from collections.abc import Mapping

from daypass.core.organizations.settings import Settings
from daypass.server import clock
from daypass.server.adoption import abandoned, adoption, startup_event
from daypass.server.app import Parts, assemble
from daypass.server.audit import draining, open_log
from daypass.server.audit.log_watch import AuditLogWatch
from daypass.server.audit.recorder import Recorder
from daypass.server.audit.stopped_nodes import drain_stopped_nodes
from daypass.server.authority.guesses import Guesses
from daypass.server.authority.rates import Rates
from daypass.server.authority.settle import settle_at_once
from daypass.server.gateway import GateApp, gateway
from daypass.server.health.data_watch import DataWatch
from daypass.server.process import library_versions, signals, terminal
from daypass.server.process.signals import HangUpFlag
from daypass.server.reload import Reload
from daypass.server.serving import Server, Station
from daypass.server.settings.config import Config
from daypass.server.standalone import Standalone
from daypass.services.iam.policies import aws_managed
from daypass.state.data_directory.node_data import Data
from daypass.state.data_directory.open_directory import Opening, open_data
from daypass.state.snapshot.recording import Recording
from daypass.state.unusable import explained


def serve(config: Config, environ: Mapping[str, str]) -> None:
    """Serve in this process until SIGTERM or SIGINT; raises `state.unusable.Unusable` where the data cannot be used."""
    hang_up_flag = signals.install_handlers()
    terminal.tolerate_closed_stderr()
    library_versions.check_versions()
    data = open_data(config.data, environ, **opening(config))
    try:
        with explained(config.data):
            server = server_for(config, data, hang_up_flag)
        try:
            server.run()
        finally:
            with explained(config.data):
                server.close()
    finally:
        with explained(config.data):
            data.close()


def opening(config: Config) -> Opening:
    """Return how a server opens its data directory."""
    return {
        "clock": clock.wall,
        "entropy": clock.entropy,
        "account": config.account,
        "email": config.email,
        "base": aws_managed.records(),
        "accept_damage": config.accept_damage,
    }


def server_for(
    config: Config,
    data: Data,
    hang_up_flag: HangUpFlag | None = None,
    station: Station | None = None,
) -> Server:
    """Return a server over open data, ready to run; raises `state.unusable.Unusable` for a certificate that is none.

    `station` is the process around it: without one it is alone.
    """
    station = station or Standalone()
    if data.holds_directory and not station.others_may_serve:
        data.remarks = (*data.remarks, *drain_stopped_nodes(data, now=clock.wall()))
    log = open_log.open_audit_log(data, now=clock.wall(), others_serve=station.others_may_serve)
    log_watch = AuditLogWatch(log, data, now=clock.wall)
    outbox = draining.connect_outbox(data)
    watch = DataWatch(data)
    if data.is_first and not station.others_may_serve:
        settle_buckets(config, data)
    recorder = Recorder(
        log, durable=config.durable_audit, on_refusal=watch.audit_log.report_refusal, outbox=outbox
    )
    doors: list[GateApp] = []

    def door(parts: Parts) -> GateApp:
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
        others=station,
    )
    watch.add_conditions_to(authority.readiness)
    authority.readiness.add_condition("audit chain", lambda: log_watch.refusal or recorder.failure)
    reload = Reload(config, recorder, doors[0].trust if doors else None)
    return Server(
        config, data, authority, log_watch, watch, reload, hang_up_flag or HangUpFlag(), station
    )


def settle_buckets(config: Config, data: Data) -> None:
    """Release the names of buckets that an earlier start left half made, and adopt those that the operator names.

    To be called once, before anybody serves.
    """
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
