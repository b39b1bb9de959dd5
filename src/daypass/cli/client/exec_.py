"""`daypass exec`: run a command with temporary credentials in its environment only."""

import os

import click

from daypass.cli.client import run_command
from daypass.cli.client.credentials import (
    DURATION_OPTION,
    FRESH_OPTION,
    MFA_CODE_OPTION,
    PROFILE_OPTION,
    profile_credentials,
)
from daypass.client import configuration_files


@click.command(
    "exec",
    short_help="Run a command with temporary credentials",
    # Arguments after the command's name belong to the command.
    context_settings={"allow_interspersed_args": False},
)
@PROFILE_OPTION
@DURATION_OPTION
@MFA_CODE_OPTION
@FRESH_OPTION
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_(
    profile: str, duration: int | None, mfa_code: str | None, fresh: bool, command: tuple[str, ...]
) -> None:
    """Run a command with a profile's temporary credentials.

    The profile's endpoints, region and certificate authorities are set in its environment too.

    \b
    Example:
      daypass exec --profile reports -- aws s3 ls s3://reports
    """
    found = profile_credentials(profile, duration=duration, code=mfa_code, is_fresh=fresh)
    named = profile or configuration_files.DEFAULT_PROFILE
    run_command.run_with_credentials(command, found, os.environ, DAYPASS_PROFILE=named)
