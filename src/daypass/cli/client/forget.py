"""`daypass forget`: remove what the client keeps."""

import os
from pathlib import Path

import click

from daypass.cli import output


@click.command(short_help="Remove the temporary credentials that are kept")
@click.option(
    "--profile", "-p", metavar="NAME", help="Only what serves this profile, or came by way of it."
)
def forget(profile: str | None) -> None:
    """Remove the client's kept credentials; the credentials themselves live until they expire.

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
