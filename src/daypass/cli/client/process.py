"""`daypass process`: temporary credentials as `credential_process` of any SDK."""

import click

from daypass.cli import output
from daypass.cli.client.credentials import CODE, DURATION, FRESH, PROFILE, exported
from daypass.cli.credential_formats import render


@click.command(short_help="Answer an SDK's credential_process")
@PROFILE
@DURATION
@CODE
@FRESH
def process(profile: str, duration: int | None, mfa_code: str | None, fresh: bool) -> None:
    """Print a profile's temporary credentials as JSON, for another profile's credential_process.

    \b
    Example, in ~/.aws/config:
      [profile reports-for-tools]
      credential_process = /usr/local/bin/daypass process --profile reports

    Nothing but the JSON goes to standard output; a failure is one line on standard error. Sources:
    AWS SDKs and tools reference guide, "Process credential provider".
    """
    found = exported(profile, duration=duration, code=mfa_code, is_fresh=fresh, is_alone=True)
    output.exact(render(found, "process"))
