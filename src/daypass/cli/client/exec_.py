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
from daypass.cli.client.scope_down_options import read_scope_down, scope_down_options
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
@scope_down_options
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_(
    profile: str,
    duration: int | None,
    mfa_code: str | None,
    fresh: bool,
    scope_down: str | None,
    scope_for: str | None,
    command: tuple[str, ...],
) -> None:
    """Run a command with a profile's temporary credentials.

    The profile's endpoints, region and certificate authorities are set in its environment too. With
    --scope-down the command may do less than the profile: what the policy allows as well.

    \b
    Examples:
      daypass exec --profile reports -- aws s3 ls s3://reports
      daypass exec --scope-down read-only --scope-for "nightly check" -- ./check.py
    """
    found = profile_credentials(
        profile,
        duration=duration,
        code=mfa_code,
        is_fresh=fresh,
        scope=read_scope_down(scope_down, scope_for),
    )
    named = profile or configuration_files.DEFAULT_PROFILE
    run_command.run_with_credentials(command, found, os.environ, DAYPASS_PROFILE=named)
