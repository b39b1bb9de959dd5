"""`daypass keys`: show or rotate the key ring that encrypts secrets, or change its master key."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.operator.data_errors import data_errors_explained
from daypass.cli.operator.options import DATA_OPTION

if TYPE_CHECKING:
    from daypass.server.audit.log_file import Unrecorded


@click.group(short_help="Show the key ring, rotate it, or change its master key")
def keys() -> None:
    """Administer the key ring that encrypts session tokens and stored secrets."""


@keys.command(short_help="Show the root keys")
@DATA_OPTION
def show(data: Path) -> None:
    """Print each root key's number and creation time, never the key."""
    from daypass.state.files.key_ring_file import open_ring

    with data_errors_explained(data):
        ring = open_ring(data, os.environ)
    for key in ring.keys:
        made = datetime.fromtimestamp(key.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
        current = "  seals now" if key is ring.keys[-1] else ""
        output.print_line(f"{key.id}  made {made}{current}")


@keys.command(short_help="Add a root key, which encrypts from now on")
@DATA_OPTION
def rotate(data: Path) -> None:
    """Add a root key, which encrypts everything new.

    Older keys still decrypt what they encrypted. A running server uses the new key at once.

    \b
    Example:
      daypass keys rotate
    """
    from daypass.server import clock
    from daypass.server.audit.log_file import Unrecorded
    from daypass.server.operator.operator_events import act_recorder
    from daypass.state.data_directory.audit_file import audit_log_path
    from daypass.state.files import key_ring_file as ring_file

    with data_errors_explained(data):
        try:
            with act_recorder(audit_log_path(data), "rotate-key") as tell:
                ring = ring_file.rotate_root_key(
                    data, os.environ, now=int(clock.wall()), entropy=clock.entropy, tell=tell
                )
        except Unrecorded as fault:
            raise _unchanged_error(fault) from fault
    output.print_line(f"key {ring.keys[-1].id} seals from now on")


@keys.command(short_help="Encrypt the key ring with a new master key")
@DATA_OPTION
def master(data: Path) -> None:
    """Change the master key, which encrypts only the key ring; a running server goes on.

    A master key in the data directory is replaced by a new random one. A master key from the
    environment or a command is replaced by DAYPASS_NEW_MASTER_KEY, 32 bytes in base64; supply that
    key from then on.

    \b
    Example:
      daypass keys master
    """
    from daypass.server import clock
    from daypass.server.audit.log_file import Unrecorded
    from daypass.server.operator.operator_events import act_recorder
    from daypass.state.data_directory.audit_file import audit_log_path
    from daypass.state.files import key_ring_file as ring_file

    with data_errors_explained(data):
        try:
            with act_recorder(audit_log_path(data), "change-master-key") as tell:
                ring_file.change_master_key(data, os.environ, entropy=clock.entropy, tell=tell)
        except Unrecorded as fault:
            raise _unchanged_error(fault) from fault
    output.print_line("the key ring is sealed under the new master key")


def _unchanged_error(fault: "Unrecorded") -> CommandError:
    """Return the error for a change that was not made because the audit log cannot be written."""
    return CommandError(
        f"the key ring was not changed, because the audit log cannot be written: {fault.operator}",
        hint="free space on its disk or make it writable, then run the command again",
    )
