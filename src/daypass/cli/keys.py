"""`daypass keys`: the key ring that everything secret is sealed under."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from daypass.cli.errors import Problem
from daypass.cli.log import DATA


@click.group(short_help="Show the key ring, or rotate it")
def keys() -> None:
    """Work with the key ring that session tokens and stored secrets are sealed under."""


@keys.command(short_help="Show which root keys there are")
@DATA
def show(data: Path) -> None:
    """Print each root key's number and age, never the key."""
    from daypass.state.keys import open_ring
    from daypass.state.unusable import Unusable

    try:
        ring = open_ring(data, os.environ)
    except Unusable as error:
        raise Problem(str(error), hint=error.hint) from error
    for key in ring.keys:
        made = datetime.fromtimestamp(key.created, UTC).strftime("%Y-%m-%d %H:%M:%S")
        current = "  seals now" if key is ring.keys[-1] else ""
        click.echo(f"{key.id}  made {made}{current}")


@keys.command(short_help="Add a root key that seals from now on")
@DATA
def rotate(data: Path) -> None:
    """Add a root key; what older ones sealed goes on opening. A running server uses it from its next start.

    \b
    Example:
      daypass keys rotate && systemctl restart daypass
    """
    from daypass.server import clock
    from daypass.state import keys as ring_file
    from daypass.state.unusable import Unusable

    try:
        ring = ring_file.rotate(data, os.environ, now=int(time.time()), entropy=clock.entropy)  # noqa: TID251 - a command is an edge
    except Unusable as error:
        raise Problem(str(error), hint=error.hint) from error
    click.echo(f"key {ring.keys[-1].id} seals from the next start of the server on")
