"""`daypass keys`: the key ring that everything secret is sealed under."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daypass.cli import output
from daypass.cli.operator.data import using
from daypass.cli.operator.options import DATA
from daypass.cli.problem import Problem

if TYPE_CHECKING:
    from daypass.server.audit.log_file import Unrecorded


@click.group(short_help="Show the key ring, rotate it, change its master key")
def keys() -> None:
    """Work with the key ring that session tokens and stored secrets are sealed under."""


@keys.command(short_help="Show which root keys there are")
@DATA
def show(data: Path) -> None:
    """Print each root key's number and age, never the key."""
    from daypass.state.files.key_ring_file import open_ring

    with using(data):
        ring = open_ring(data, os.environ)
    for key in ring.keys:
        made = datetime.fromtimestamp(key.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
        current = "  seals now" if key is ring.keys[-1] else ""
        output.line(f"{key.id}  made {made}{current}")


@keys.command(short_help="Add a root key that seals from now on")
@DATA
def rotate(data: Path) -> None:
    """Add a root key; what older ones sealed goes on opening. A running server takes it over at once.

    \b
    Example:
      daypass keys rotate
    """
    from daypass.server import clock
    from daypass.server.audit.log_file import Unrecorded
    from daypass.server.operator.operator_events import act_recorder
    from daypass.state.data_directory.audit_file import audit_log_path
    from daypass.state.files import key_ring_file as ring_file

    with using(data):
        try:
            with act_recorder(audit_log_path(data), "rotate-key") as tell:
                ring = ring_file.rotate_root_key(
                    data, os.environ, now=int(clock.wall()), entropy=clock.entropy, tell=tell
                )
        except Unrecorded as fault:
            raise _unchanged(fault) from fault
    output.line(f"key {ring.keys[-1].id} seals from now on")


@keys.command(short_help="Seal the key ring under a new master key")
@DATA
def master(data: Path) -> None:
    """Change the master key; a running server is not disturbed, and nothing else is sealed anew.

    A master key that lies in the data directory is replaced by a new one. One that comes from the
    environment or a command is replaced by what DAYPASS_NEW_MASTER_KEY holds, 32 bytes in base64;
    from then on that one has to come.

    \b
    Example:
      daypass keys master
    """
    from daypass.server import clock
    from daypass.server.audit.log_file import Unrecorded
    from daypass.server.operator.operator_events import act_recorder
    from daypass.state.data_directory.audit_file import audit_log_path
    from daypass.state.files import key_ring_file as ring_file

    with using(data):
        try:
            with act_recorder(audit_log_path(data), "change-master-key") as tell:
                ring_file.change_master_key(data, os.environ, entropy=clock.entropy, tell=tell)
        except Unrecorded as fault:
            raise _unchanged(fault) from fault
    output.line("the key ring is sealed under the new master key")


def _unchanged(fault: "Unrecorded") -> Problem:
    """Return what is said where the audit log cannot be told of a change, and so the change was not made."""
    return Problem(
        f"the key ring was not changed, because the audit log cannot be written: {fault.operator}",
        hint="make room on its disk, or make it writable, then run the command again",
    )
