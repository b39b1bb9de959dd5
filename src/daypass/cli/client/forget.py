"""`daypass forget`: remove cached temporary credentials."""

import os
from pathlib import Path

import click

from daypass.cli import output


@click.command(short_help="Remove cached temporary credentials")
@click.option(
    "--profile",
    "-p",
    metavar="NAME",
    help="Only those of this profile, and of profiles that use it as source_profile.",
)
def forget(profile: str | None) -> None:
    """Remove cached credentials from this machine; they stay valid until they expire.

    \b
    Example:
      daypass forget --profile reports
    """
    from daypass.cli.client.credentials import keyring_key
    from daypass.client import cache

    path = cache.cache_directory(os.environ)
    count = (
        cache.CredentialCache(path, key=keyring_key()).forget(profile) if Path(path).exists() else 0
    )
    output.print_line(f"forgot {count} entries")
