"""Serving with several processes: the data is loaded once, then each worker is a server over it."""

import socket
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from daypass.server import clock, limits, reload, standalone
from daypass.server.app import BuiltServices, build_services
from daypass.server.audit import draining, open_log
from daypass.server.audit.log_watch import AuditLogWatch
from daypass.server.audit.stopped_nodes import drain_stopped_nodes
from daypass.server.authority.scheme_registry import scheme_factories
from daypass.server.http import gc_freezing
from daypass.server.jobs.registry import find_jobs
from daypass.server.process import library_versions, signals, terminal
from daypass.server.serving import STARTUP_FAILURE
from daypass.server.settings.config import Config
from daypass.server.single_process import make_server, opening_options
from daypass.server.standalone import start_event
from daypass.server.startup_changes import make_startup_changes
from daypass.server.workers import worker_sockets
from daypass.server.workers.channel import Channel
from daypass.server.workers.parent import Parent
from daypass.server.workers.scoreboard import Scoreboard
from daypass.server.workers.worker import Worker
from daypass.server.workers.worker_process import WorkerProcess
from daypass.state.data_directory.node_data import NodeData
from daypass.state.data_directory.open_directory import DataDirectory, open_directory
from daypass.state.unusable import Unusable, system_errors_as_unusable


def serve_with_workers(config: Config, environ: Mapping[str, str]) -> int:
    """Serve with `config.workers` workers until SIGTERM or SIGINT; return the exit code.

    Raises `state.unusable.Unusable` if the data cannot be used, `KeyboardInterrupt` if SIGINT ended
    it.
    """
    hang_up_flag = signals.install_handlers()
    terminal.tolerate_closed_stderr()
    library_versions.check_versions()
    remarks = reload.certificate_warnings(config)
    directory, first = open_directory(config.data, environ, **opening_options(config))
    sockets: list[list[socket.socket]] = []
    try:
        try:
            sockets = worker_sockets.bind_worker_sockets(config.host, config.port, config.workers)
            # Port 0 asks the system for any free one: what counts is the one that it gave.
            config = replace(config, port=sockets[0][0].getsockname()[1])
            account = first.default_account_id
            with system_errors_as_unusable(config.data):
                remarks = [*_start_once(config, first), *remarks]
            directory.latest = first.committer.directory
        finally:
            with system_errors_as_unusable(config.data):
                first.close()
        built = _load_for_all_workers(config)
        gc_freezing.end_pause()
        scoreboard = Scoreboard([str(number) for number in range(1, config.workers + 1)])
        return Parent(
            config,
            directory,
            scoreboard,
            sockets,
            hang_up_flag,
            serve=partial(_serve_as_worker, config, directory, scoreboard, built),
            on_ready=partial(
                standalone.print_announcement,
                config,
                account=account,
                data_remarks=directory.remarks,
                remarks=remarks,
            ),
        ).run()
    except OSError as error:
        if sockets:
            raise
        terminal.print_line(str(error))
        return STARTUP_FAILURE
    finally:
        worker_sockets.close_sockets(sockets)
        directory.close()


def _load_for_all_workers(config: Config) -> BuiltServices:
    """Return the services, after loading the modules that a server loads only when it is made.

    What is loaded before the workers are forked is loaded once, and its memory is theirs together.
    """
    import uvloop  # noqa: F401, PLC0415

    scheme_factories()
    find_jobs()
    if config.store is not None:
        from daypass.server import gateway  # noqa: F401, PLC0415
    return build_services()


def _start_once(config: Config, data: NodeData) -> list[str]:
    """Do what a start does once for all workers, and record it with the start.

    Returns lines for the operator.
    """
    remarks = drain_stopped_nodes(data, now=clock.wall())
    log = open_log.open_audit_log(data, now=clock.wall())
    remarks += AuditLogWatch(log, data, now=clock.wall).remarks()
    outbox = draining.connect_outbox(data)
    make_startup_changes(config, data)
    if not draining.drain_and_close(
        log, outbox, data, also=[start_event(config, account=data.default_account_id)]
    ):
        remarks.append("error: the start is not in the audit log: its file refuses lines")
    return remarks


def _serve_as_worker(
    config: Config,
    directory: DataDirectory,
    scoreboard: Scoreboard,
    built: BuiltServices,
    worker: Worker,
    parent: Channel,
) -> int:
    """Serve as one of the workers, in a process of its own; return its exit code."""
    slot = worker.slot
    # Each line on the shared terminal begins with the name of its worker.
    sys.stderr = terminal.PrefixedStream(sys.stderr, f"worker {slot.name}: ")
    hang_up_flag = signals.install_worker_handlers()
    lock = scoreboard.database_lock(
        lambda seconds: slot.set_lock_deadline(seconds, clock.monotonic())
    )
    try:
        data = directory.open_node(slot.name, poll_seconds=limits.WORKER_LOOK_SECONDS, lock=lock)
        try:
            worker_process = WorkerProcess(
                scoreboard, slot, parent, data, hang_up_flag, worker.last_exit
            )
            with system_errors_as_unusable(config.data):
                server = make_server(
                    worker_config(config), data, hang_up_flag, worker_process, built
                )
            try:
                server.run(worker.sockets)
            finally:
                with system_errors_as_unusable(config.data):
                    server.close()
        finally:
            with system_errors_as_unusable(config.data):
                data.close()
    except Unusable as error:
        sys.stderr.write(f"error: {error}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
        return 1
    return 0


def worker_config(config: Config) -> Config:
    """Return the settings of one worker, whose share of a limit all workers together keep to."""
    calls = config.calls_per_second
    return replace(config, calls_per_second=max(1, calls // config.workers) if calls else 0)
