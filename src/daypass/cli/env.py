"""`daypass env`: temporary credentials as a shell takes them."""

import click

from daypass.cli import output
from daypass.cli.credentials import CODE, DURATION, FRESH, PROFILE, exported
from daypass.cli.formats import FORMATS, render


@click.command(short_help="Print temporary credentials for a shell")
@PROFILE
@click.option(
    "--format",
    "style",
    type=click.Choice(FORMATS),
    default="env",
    show_default=True,
    help="What is printed.",
)
@DURATION
@CODE
@FRESH
def env(profile: str, style: str, duration: int | None, mfa_code: str | None, fresh: bool) -> None:
    """Get a profile's temporary credentials and print them as variables, their expiry included.

    \b
    Example:
      eval "$(daypass env --profile reports)"
      aws s3 ls s3://reports

    The profile is one that every AWS client reads: role_arn, source_profile, mfa_serial, duration_seconds, external_id,
    role_session_name. A code is asked for on the terminal, never on standard output.
    """
    output.exact(render(exported(profile, duration=duration, code=mfa_code, is_fresh=fresh), style))
