"""`daypass forget`: remove cached temporary credentials."""

import os
from pathlib import Path

import click

from daypass.cli import output
from daypass.cli.command_error import CommandError


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
    from daypass.client.private_files import UnsafeDirectory

    path = cache.cache_directory(os.environ)
    try:
        count = (
            cache.CredentialCache(path, key=keyring_key()).forget(profile)
            if path and Path(path).exists()
            else 0
        )
    except (OSError, UnsafeDirectory) as error:
        raise CommandError(
            f"the cache in {path} cannot be used: {getattr(error, 'strerror', None) or error}",
            hint="name another directory in DAYPASS_CACHE, or run it as the directory's owner",
            code=2,
        ) from error
    output.print_line(f"forgot {count} entries")
