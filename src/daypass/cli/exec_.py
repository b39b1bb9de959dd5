"""`daypass exec`: run a command with temporary credentials in its environment, and nowhere else."""

import os

import click

from daypass.cli.credentials import CODE, DURATION, FRESH, PROFILE, exported
from daypass.cli.errors import Problem

STALE = (
    "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME",
)  # fmt: skip
"""Variables that would lead a client to other credentials than these."""


@click.command(
    "exec",
    short_help="Run a command with temporary credentials",
    context_settings={"ignore_unknown_options": True},
)
@PROFILE
@DURATION
@CODE
@FRESH
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_(
    profile: str, duration: int | None, mfa_code: str | None, fresh: bool, command: tuple[str, ...]
) -> None:
    """Run a command with a profile's temporary credentials.

    \b
    Example:
      daypass exec --profile reports -- aws s3 ls s3://reports
    """
    found = exported(profile, duration=duration, code=mfa_code, is_fresh=fresh)
    kept = {name: value for name, value in os.environ.items() if name not in STALE}
    environ = {**kept, **found.environment(), "DAYPASS_PROFILE": profile}
    if found.account:
        environ["AWS_ACCOUNT_ID"] = found.account
    try:
        os.execvpe(command[0], command, environ)  # noqa: S606 - it is what the command is for
    except OSError as error:
        raise Problem(f"`{command[0]}` cannot be run: {error.strerror}", code=2) from error
