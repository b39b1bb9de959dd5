"""The entry point of `daypass`, which answers an SDK's `credential_process` from the cache first.

A cached answer imports neither click nor an SDK, because an SDK waits for it before every command.
"""

import os
import sys

PROFILE_FLAGS = {"--profile", "-p"}


def main() -> None:
    """Print the cached answer of `daypass process` if there is one; otherwise run the command."""
    if sys.argv[1:2] == ["process"]:
        answer = _cached_answer(sys.argv[2:])
        if answer:
            sys.stdout.write(answer + "\n")
            return
    from daypass.cli import main as commands

    commands.main()


def _cached_answer(arguments: list[str]) -> str:
    """Return cached credentials as JSON for `[--profile NAME]`; empty: miss, or other arguments."""
    profile = os.environ.get("AWS_PROFILE", "default")
    if arguments:
        # A flag and its value.
        if len(arguments) != 2 or arguments[0] not in PROFILE_FLAGS:  # noqa: PLR2004
            return ""
        profile = arguments[1]
    from daypass.client import cached_credentials, exported_variables

    exported_variables.remove_exported(os.environ, exported_variables.PROFILE_ORIGIN)
    try:
        entry = cached_credentials.find_cached_credentials(profile, os.environ)
    except OSError:
        return ""
    if entry is None:
        return ""
    from daypass.cli.credential_formats import ExportedCredentials, format_credentials

    found = ExportedCredentials(
        access_key_id=entry.access_key_id,
        secret_access_key=entry.secret_access_key,
        session_token=entry.session_token,
        expires=entry.expires,
        account=entry.account,
    )
    return format_credentials(found, "process")
