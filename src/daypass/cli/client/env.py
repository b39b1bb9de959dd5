"""`daypass env`: print temporary credentials as variables for a shell."""

import click

from daypass.cli import output
from daypass.cli.client.credentials import (
    DURATION_OPTION,
    FRESH_OPTION,
    MFA_CODE_OPTION,
    PROFILE_OPTION,
    profile_credentials,
)
from daypass.cli.client.scope_down_options import read_scope_down, scope_down_options
from daypass.cli.client.shell_command import FORMAT_OPTION, ShellCommand
from daypass.cli.credential_formats import format_credentials


@click.command(cls=ShellCommand, short_help="Print temporary credentials for a shell")
@PROFILE_OPTION
@FORMAT_OPTION
@DURATION_OPTION
@MFA_CODE_OPTION
@FRESH_OPTION
@scope_down_options
def env(
    profile: str,
    style: str,
    duration: int | None,
    mfa_code: str | None,
    fresh: bool,
    scope_down: str | None,
    scope_for: str | None,
) -> None:
    """Get a profile's temporary credentials and print them as variables, their expiry included.

    \b
    Example:
      eval "$(daypass env --profile reports)"
      aws s3 ls s3://reports

    The profile is an ordinary one, with keys, a role_arn and its source, a credential_process or a
    sign-in, read as botocore reads it; its region, endpoint_url, services and ca_bundle are
    exported too. If the command fails, so does eval, and the shell keeps no older
    credentials. An MFA code is asked for on the terminal, never on standard output.
    """
    found = profile_credentials(
        profile,
        duration=duration,
        code=mfa_code,
        is_fresh=fresh,
        scope=read_scope_down(scope_down, scope_for),
    )
    output.print_exact(format_credentials(found, style))
