"""`daypass process`: print temporary credentials for an SDK's `credential_process`."""

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
from daypass.cli.credential_formats import format_credentials


@click.command(short_help="Answer an SDK's credential_process")
@PROFILE_OPTION
@DURATION_OPTION
@MFA_CODE_OPTION
@FRESH_OPTION
@scope_down_options
def process(
    profile: str,
    duration: int | None,
    mfa_code: str | None,
    fresh: bool,
    scope_down: str | None,
    scope_for: str | None,
) -> None:
    """Print a profile's temporary credentials as JSON, for another profile's credential_process.

    \b
    Example, in ~/.aws/config:
      [profile reports-for-tools]
      credential_process = /usr/local/bin/daypass process --profile reports

    Nothing but the JSON goes to standard output; a failure is one line on standard error. Sources:
    AWS SDKs and tools reference guide, "Process credential provider".
    """
    found = profile_credentials(
        profile,
        duration=duration,
        code=mfa_code,
        is_fresh=fresh,
        is_credentials_only=True,
        scope=read_scope_down(scope_down, scope_for),
    )
    output.print_exact(format_credentials(found, "process"))
