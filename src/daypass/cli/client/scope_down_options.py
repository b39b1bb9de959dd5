"""The options `--scope-down` and `--scope-for`: what a command's credentials are narrowed to."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from daypass.cli.command_error import CommandError
from daypass.core import quotas
from daypass.files import bounded_reading

if TYPE_CHECKING:
    from daypass.client.sts.scope_down import ScopeDown

READ_ONLY_NAME = "read-only"
_FILE_BYTES_MAX = 64 * 1024
"""The largest file, with its white space, which STS is not sent; ours."""
F = TypeVar("F", bound=Callable[..., Any])


def scope_down_options(command: F) -> F:
    """Add both options to a command; they give its `scope_down` and `scope_for`."""
    why = click.option(
        "--scope-for",
        metavar="TEXT",
        help="With --scope-down: what the credentials are for, for the audit log.",
    )
    what = click.option(
        "--scope-down",
        metavar=f"FILE|{READ_ONLY_NAME}",
        help="Narrow the credentials to what a policy allows too: a file, or reading alone.",
    )
    return what(why(command))


def read_scope_down(scope_down: str | None, scope_for: str | None) -> "ScopeDown | None":
    """Return what the options say; None without `--scope-down`.

    Raises `CommandError` for a file that is no policy of a session, before STS is asked.
    """
    if scope_down is None:
        if scope_for is not None:
            raise CommandError(
                "--scope-for says what narrowed credentials are for",
                hint=f"add --scope-down {READ_ONLY_NAME}, or the file of a policy",
                code=2,
            )
        return None
    from daypass.client.sts.scope_down import READ_ONLY, ScopeDown

    policy = READ_ONLY if scope_down == READ_ONLY_NAME else _read_policy(Path(scope_down))
    return ScopeDown(policy, scope_for or "")


def _read_policy(path: Path) -> str:
    """Return a file's policy without the white space of its layout."""
    from daypass import policy

    try:
        text = bounded_reading.read_text(path, _FILE_BYTES_MAX)
    except bounded_reading.UnreadableFile as error:
        raise CommandError(
            str(error), hint=f"for reading alone: --scope-down {READ_ONLY_NAME}", code=2
        ) from error
    fault = policy.first_violation(text, policy.DocumentKind.SESSION)
    if fault is not None:
        raise CommandError(
            f"{path} is no policy for a session: {fault.message}",
            hint=fault.hint or f"daypass policy lint {path}",
            code=2,
        )
    compact = json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)
    most = quotas.SESSION_POLICY_CHARACTERS_MAX
    if len(compact) > most:
        raise CommandError(
            f"{path} has {len(compact)} characters without its layout; STS takes {most:,}",
            hint="use wildcards, or leave out what the session cannot do anyway",
            code=2,
        )
    return compact
