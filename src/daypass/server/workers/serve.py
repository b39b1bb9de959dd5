"""Serving with several processes: the data is opened once, then each worker is a server over it."""

import socket
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from daypass.server import clock, limits, reload, standalone
from daypass.server.audit import draining, keeping
from daypass.server.audit.chains import settle_others
from daypass.server.audit.keeping import Keeper
from daypass.server.process import floors, signals, terminal
from daypass.server.serving import STARTUP_FAILURE
from daypass.server.settings.config import Config
from daypass.server.single_process import opening, server_for, settle_buckets
from daypass.server.standalone import started
from daypass.server.workers import listening
from daypass.server.workers.board import Board
from daypass.server.workers.channel import Channel
from daypass.server.workers.colleague import Colleague
from daypass.server.workers.crew import Member
from daypass.server.workers.parent import Parent
from daypass.state.data_directory.node_data import Data
from daypass.state.data_directory.open_directory import DataDirectory, open_directory
from daypass.state.unusable import Unusable, explained


def serve(config: Config, environ: Mapping[str, str]) -> int:
    """Serve with so many workers until SIGTERM or SIGINT; return the exit code.

    Raises `state.unusable.Unusable` where the data cannot be used, `KeyboardInterrupt` where SIGINT ended it.
    """
    hang_ups = signals.settle()
    terminal.outlive()
    floors.check()
    remarks = reload.remarks(config)
    directory, first = open_directory(config.data, environ, **opening(config))
    sockets: list[list[socket.socket]] = []
    try:
        try:
            sockets = listening.bind(config.host, config.port, config.workers)
            # Port 0 asks the system for any free one: what counts is the one that it gave.
            config = replace(config, port=sockets[0][0].getsockname()[1])
            account = first.default_account
            with explained(config.data):
                remarks = [*_begun(config, first), *remarks]
            directory.known = first.committer.directory
        finally:
            with explained(config.data):
                first.close()
        board = Board([str(number) for number in range(1, config.workers + 1)])
        return Parent(
            config,
            directory,
            board,
            sockets,
            hang_ups,
            serve=partial(_serve_as, config, directory, board),
            ready=partial(
                standalone.announce,
                config,
                account=account,
                about_data=directory.remarks,
                remarks=remarks,
            ),
        ).run()
    except OSError as error:
        if sockets:
            raise
        terminal.say(str(error))
        return STARTUP_FAILURE
    finally:
        listening.close(sockets)
        directory.close()


def _begun(config: Config, data: Data) -> list[str]:
    """Do what a start does once, and write it down with the start itself; return what the operator should be told."""
    remarks = settle_others(data, now=clock.wall())
    log = keeping.opened(data, now=clock.wall())
    remarks += Keeper(log, data, now=clock.wall).remarks()
    outbox = draining.outbox(data)
    settle_buckets(config, data)
    if not draining.write(log, outbox, data, also=[started(config, account=data.default_account)]):
        remarks.append("error: the start is not in the audit log: its file refuses lines")
    return remarks


def _serve_as(
    config: Config, directory: DataDirectory, board: Board, member: Member, parent: Channel
) -> int:
    """Serve as one of the workers, in a process of its own; return its exit code."""
    place = member.place
    # Whoever is behind the terminal is told which of them speaks, and the parent whether to stop.
    sys.stderr = terminal.Named(sys.stderr, f"worker {place.name}: ")
    hang_ups = signals.of_worker()
    lock = board.lock(lambda seconds: place.promise(seconds, clock.monotonic()))
    try:
        data = directory.node(place.name, look_seconds=limits.WORKER_LOOK_SECONDS, lock=lock)
        try:
            station = Colleague(board, place, parent, data, hang_ups, member.ended)
            with explained(config.data):
                server = server_for(share(config), data, hang_ups, station)
            try:
                server.run(member.sockets)
            finally:
                with explained(config.data):
                    server.close()
        finally:
            with explained(config.data):
                data.close()
    except Unusable as error:
        sys.stderr.write(f"error: {error}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
        return 1
    return 0


def share(config: Config) -> Config:
    """Return what one worker is to keep to, so that all of them together keep to what was asked for."""
    calls = config.calls_per_second
    return replace(config, calls_per_second=max(1, calls // config.workers) if calls else 0)
