"""`daypass env`: temporary credentials as a shell takes them."""

import click

from daypass.cli import output
from daypass.cli.client.credentials import CODE, DURATION, FRESH, PROFILE, exported
from daypass.cli.client.for_shells import FORMAT, ForShells
from daypass.cli.credential_formats import render


@click.command(cls=ForShells, short_help="Print temporary credentials for a shell")
@PROFILE
@FORMAT
@DURATION
@CODE
@FRESH
def env(profile: str, style: str, duration: int | None, mfa_code: str | None, fresh: bool) -> None:
    """Get a profile's temporary credentials and print them as variables, their expiry included.

    \b
    Example:
      eval "$(daypass env --profile reports)"
      aws s3 ls s3://reports

    The profile is one that every AWS client reads: role_arn, source_profile, mfa_serial,
    duration_seconds, external_id, role_session_name; its region, endpoint_url, services and
    ca_bundle go along. If it fails, so does eval, and the shell keeps no older credentials. A code
    is asked for on the terminal, never on standard output.
    """
    output.exact(render(exported(profile, duration=duration, code=mfa_code, is_fresh=fresh), style))
