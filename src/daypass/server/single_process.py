"""Runs a server in one process: opens the data, makes the authority, serves, drains, closes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from daypass.core.organizations.settings import OrganizationSettings
from daypass.server import clock
from daypass.server.app import BuiltServices, SharedParts, assemble_authority
from daypass.server.audit import draining, open_log
from daypass.server.audit.log_watch import AuditLogWatch
from daypass.server.audit.recorder import Recorder
from daypass.server.audit.stopped_nodes import drain_stopped_nodes
from daypass.server.authority.guesses import GuessCounter
from daypass.server.authority.rates import RateLimiter
from daypass.server.health.data_watch import DataWatch
from daypass.server.process import library_versions, signals, terminal
from daypass.server.process.signals import HangUpFlag
from daypass.server.reload import CertificateReloader
from daypass.server.serving import HostProcess, Server
from daypass.server.settings.config import Config
from daypass.server.standalone import StandaloneHost
from daypass.server.startup_changes import make_startup_changes
from daypass.services.iam.policies import aws_managed
from daypass.state.data_directory.node_data import NodeData
from daypass.state.data_directory.open_directory import OpenOptions, open_data
from daypass.state.unusable import system_errors_as_unusable

if TYPE_CHECKING:
    from daypass.server.gateway import GateApp


def serve_single_process(config: Config, environ: Mapping[str, str]) -> None:
    """Serve in this process until SIGTERM or SIGINT; raises `Unusable` if the data is unusable."""
    hang_up_flag = signals.install_handlers()
    terminal.tolerate_closed_stderr()
    library_versions.check_versions()
    data = open_data(config.data, environ, **opening_options(config))
    try:
        with system_errors_as_unusable(config.data):
            server = make_server(config, data, hang_up_flag)
        try:
            server.run()
        finally:
            with system_errors_as_unusable(config.data):
                server.close()
    finally:
        with system_errors_as_unusable(config.data):
            data.close()


def opening_options(config: Config) -> OpenOptions:
    """Return the options with which a server opens its data directory."""
    return {
        "clock": clock.wall,
        "entropy": clock.entropy,
        "account": config.account,
        "email": config.email,
        "region": config.identity_center_region,
        "base": aws_managed.bundled_policies(),
        "accept_damage": config.accept_damage,
    }


def make_server(
    config: Config,
    data: NodeData,
    hang_up_flag: HangUpFlag | None = None,
    host: HostProcess | None = None,
    built: BuiltServices | None = None,
) -> Server:
    """Return a server over open data, ready to run.

    `host` is the process around the server; None for a process with the only server. `built` are
    the services if they were built before. Raises `Unusable` if the certificate cannot be used.
    """
    host = host or StandaloneHost()
    if data.holds_directory and not host.others_may_serve:
        data.remarks = (*data.remarks, *drain_stopped_nodes(data, now=clock.wall()))
    log = open_log.open_audit_log(data, now=clock.wall(), others_serve=host.others_may_serve)
    log_watch = AuditLogWatch(log, data, now=clock.wall)
    outbox = draining.connect_outbox(data)
    watch = DataWatch(data)
    if data.is_first and not host.others_may_serve:
        make_startup_changes(config, data)
    recorder = Recorder(
        log, durable=config.durable_audit, on_refusal=watch.audit_log.report_refusal, outbox=outbox
    )
    gate_apps: list[GateApp] = []

    def make_gate_app(parts: SharedParts) -> "GateApp":
        assert config.store is not None  # noqa: S101 - called only if there is a store
        from daypass.server.gateway import gate_factory  # noqa: PLC0415 - only with a store

        gate_apps.append(gate_factory(config, config.store)(parts))
        return gate_apps[0]

    authority = assemble_authority(
        committer=data.committer,
        keyring=lambda: data.keyring,
        usage=data.usage,
        clocks=data.clocks,
        recorder=recorder,
        rates=RateLimiter(config.calls_per_second),
        guesses=GuessCounter(data, monotonic=data.clocks.monotonic),
        settings=OrganizationSettings(
            accounts_max=config.accounts_max,
            removal_wait_seconds=config.removal_wait_days * 24 * 60 * 60,
            identity_center_region=config.identity_center_region,
        ),
        gate=make_gate_app if config.store else None,
        built=built,
        others=host,
    )
    watch.add_conditions_to(authority.readiness)
    authority.readiness.add_condition("audit chain", lambda: log_watch.refusal or recorder.failure)
    reload = CertificateReloader(
        config, recorder, gate_apps[0].set_authorities if gate_apps else None
    )
    return Server(
        config, data, authority, log_watch, watch, reload, hang_up_flag or HangUpFlag(), host
    )
