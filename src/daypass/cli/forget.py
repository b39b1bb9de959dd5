"""`daypass forget`: remove what the client keeps."""

import os
from pathlib import Path

import click


@click.command(short_help="Remove the temporary credentials that are kept")
def forget() -> None:
    """Remove every entry of the client's cache; the credentials themselves live until they expire."""
    from daypass.client import cache

    path = cache.directory(os.environ)
    count = cache.Cache(path).forget() if Path(path).exists() else 0
    click.echo(f"forgot {count} entries")
