"""Replace this process by a command that has temporary credentials in its environment."""

import os

from daypass.cli.command_error import CommandError
from daypass.client.configuration_files import PROFILE_VARIABLES

TYPE_CHECKING = False  # `typing` takes longer to load than a cached answer
if TYPE_CHECKING:
    from collections.abc import Mapping

    from daypass.cli.credential_formats import ExportedCredentials

CREDENTIAL_VARIABLES = (
    *PROFILE_VARIABLES,
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
)
"""Variables by which an AWS client would find other credentials than the exported ones."""


def conflicting_variables(environ: "Mapping[str, str]", *, profile: str = "") -> tuple[str, ...]:
    """Return the set variables by which a client would find other credentials.

    A variable that names `profile` itself is not among them.
    """
    return tuple(
        name
        for name in CREDENTIAL_VARIABLES
        if name in environ and not (name in PROFILE_VARIABLES and environ[name] == profile)
    )


def run_with_credentials(
    command: tuple[str, ...],
    exported: "ExportedCredentials",
    environ: "Mapping[str, str]",
    **variables: str,
) -> None:
    """Replace this process by a command with these credentials and further variables set.

    Raises `CommandError` if the command cannot be run.
    """
    gone = {*CREDENTIAL_VARIABLES, *exported.unset}
    kept = {name: value for name, value in environ.items() if name not in gone}
    known = {**kept, **exported.environment(), **variables}
    if exported.account:
        known["AWS_ACCOUNT_ID"] = exported.account
    try:
        os.execvpe(command[0], command, known)  # noqa: S606 - it is what the command is for
    except OSError as error:
        raise CommandError(f"`{command[0]}` cannot be run: {error.strerror}", code=2) from error
