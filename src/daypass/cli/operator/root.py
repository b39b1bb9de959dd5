"""`daypass root`: issue a short session as an account's root user, on the server's own host.

Whoever can read the key ring can issue one; the audit log records it before the session is printed.
"""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from daypass.cli import output
from daypass.cli.client import run_command
from daypass.cli.client.shell_command import FORMAT_OPTION, ShellCommand
from daypass.cli.command_error import CommandError
from daypass.cli.credential_formats import ExportedCredentials, format_credentials
from daypass.cli.operator.data_errors import data_errors_explained
from daypass.cli.operator.durations import parse_duration
from daypass.cli.operator.options import DATA_OPTION, takes_setting

if TYPE_CHECKING:
    from daypass.core.sessions.mint import TemporaryCredentials
    from daypass.state.data_directory.unlocked_reading import UnlockedData

SHORTEST, LONGEST = "1m", "1h"  # of a root session; ours


@click.command(
    cls=ShellCommand,
    short_help="Get a short session as an account's root, on the server's own host",
    # Arguments after the command's name belong to the command.
    context_settings={"allow_interspersed_args": False},
)
@DATA_OPTION
@click.option("--account", metavar="ID", help="The account; default the first one.")
@click.option(
    "--duration",
    default="15m",
    show_default=True,
    metavar="TIME",
    help="1m to 1h, such as 15m, 900s or 1h.",
)
@FORMAT_OPTION
@click.option(
    "--endpoint",
    metavar="URL",
    help="The endpoint to use the session at; default AWS_ENDPOINT_URL, then the server's address.",
)
@takes_setting("--region", help="The gate's region; exported unless AWS_REGION is set.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def root(
    ctx: click.Context,
    data: Path,
    account: str | None,
    duration: str,
    style: str,
    endpoint: str | None,
    region: str,
    command: tuple[str, ...],
) -> None:
    """Issue a short session as an account's root, and print it or run COMMAND with it.

    \b
    Examples:
      daypass root -- aws iam list-users
      eval "$(daypass root)"

    Anybody who can read the key ring can do this, so guard the data directory; the audit log says
    who did. No permanent key is created. If the command fails, so does eval, and the shell keeps no
    older credentials.
    """
    if command and ctx.get_parameter_source("style") is not ParameterSource.DEFAULT:
        raise CommandError(
            "--format does not apply to a command",
            hint="leave out --format, or the command",
            code=2,
        )
    from daypass.client import exported_variables

    seconds = parse_duration(
        duration,
        what="a root session",
        shortest=SHORTEST,
        longest=LONGEST,
        example="--duration 15m",
    )
    known = _read_data_directory(data)
    removed = exported_variables.remove_exported(
        os.environ, exported_variables.PROFILE_ORIGIN, exported_variables.ROOT_ORIGIN
    )
    is_json = not command and style in {"json", "process"}
    variables = {} if is_json else endpoint_variables(data, endpoint, region)
    issued, chosen = _mint_root_session(known, account, seconds)
    exported = ExportedCredentials(
        access_key_id=issued.access_key_id,
        secret_access_key=issued.session.secret,
        session_token=issued.token,
        expires=issued.session.expires,
        account=chosen,
        variables=exported_variables.variables_with_record(
            variables, exported_variables.ROOT_ORIGIN, os.environ
        ),
        unset=(
            *run_command.conflicting_variables(os.environ),
            *(
                name
                for name in removed
                if name not in variables and name != exported_variables.RECORD_VARIABLE
            ),
            *_overriding_variables(variables),
        ),
    )
    if command:
        run_command.run_with_credentials(command, exported, os.environ)
    output.print_exact(format_credentials(exported, style))


def endpoint_variables(data: Path, endpoint: str | None, region: str) -> dict[str, str]:
    """Return the variables for the authority's endpoint and region.

    Raises `CommandError` if the endpoint is neither given nor known, or not a URL.
    """
    from daypass.client.credentials_unavailable import CredentialsUnavailable
    from daypass.client.endpoints import (
        ENDPOINT_VARIABLE,
        IGNORE_ENDPOINTS_VARIABLE,
        check_endpoint_url,
    )

    has_region = "AWS_REGION" in os.environ or "AWS_DEFAULT_REGION" in os.environ
    # AWS clients refuse to start without a region.
    found = {} if has_region else {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    # The user's profile `default` may have ignore_configured_endpoint_urls, which this overrides.
    found[IGNORE_ENDPOINTS_VARIABLE] = "false"
    if endpoint is None and os.environ.get(ENDPOINT_VARIABLE):
        return found
    try:
        return found | {ENDPOINT_VARIABLE: check_endpoint_url(endpoint or _server_url(data))}
    except CredentialsUnavailable as error:
        raise CommandError(str(error), hint=error.hint, code=2) from error


def _server_url(data: Path) -> str:
    """Return the URL of a data directory's running server; raises `CommandError` without one."""
    from daypass.server.operator import control_socket

    try:
        answer = control_socket.ask_server(
            data, control_socket.AskAddress(), seconds=control_socket.ADDRESS_SECONDS_MAX
        )
    except OSError:
        answer = None
    if answer is None or not answer.url:
        raise CommandError(
            f"no server is running on {data}, so the endpoint for the session is unknown",
            hint="start it with daypass up, or give its address with --endpoint URL",
        )
    return answer.url


def _overriding_variables(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the set endpoint variables of single services, which would override the endpoint."""
    from daypass.client.endpoints import ENDPOINT_VARIABLE

    if ENDPOINT_VARIABLE not in variables:
        return ()
    return tuple(name for name in os.environ if name.startswith(f"{ENDPOINT_VARIABLE}_"))


def _read_data_directory(data: Path) -> "UnlockedData":
    """Return the state of a data directory, read only; raises `CommandError` if unreadable."""
    from daypass.state.data_directory.unlocked_reading import read_without_lock

    with data_errors_explained(data):
        return read_without_lock(data, os.environ)


def _mint_root_session(
    known: "UnlockedData", account: str | None, seconds: int
) -> "tuple[TemporaryCredentials, str]":
    """Return a root session, recorded in the audit log, and its account id; raises `CommandError`.

    `account` None means the first account.
    """
    from daypass.core.sessions import mint
    from daypass.core.sessions.session_plan import GrantedSession
    from daypass.core.sessions.token import Origin, SessionKind
    from daypass.server.clock import entropy
    from daypass.server.operator.operator_events import operator_name

    now = time.time()  # noqa: TID251 - a command is an edge
    chosen = account or known.default_account_id
    if chosen not in known.accounts:
        raise CommandError(f"there is no account {chosen}", hint="daypass account list")
    if not known.accounts[chosen].is_open:
        raise CommandError(
            f"account {chosen} is closed",
            hint=f"daypass account reopen {chosen}",
        )
    issued = mint.issue_credentials(
        mint.SessionOwner(
            kind=SessionKind.ROOT,
            origin=Origin.OPERATOR,
            account=chosen,
            # The audit log names the operator in every call of the session.
            session_name=operator_name(),
        ),
        GrantedSession(seconds=seconds),
        now=int(now),
        lead=max(0, known.mark - int(now)),
        entropy=entropy,
        ring=known.keyring,
    )
    _record_session(known, account=chosen, key=issued.access_key_id, seconds=seconds, now=now)
    return issued, chosen


def _record_session(
    known: "UnlockedData", *, account: str, key: str, seconds: int, now: float
) -> None:
    """Append the issue of a root session to the audit log, before its credentials are printed.

    Raises `CommandError` if the log cannot be written, so that no session goes unrecorded.
    """
    from msgspec.structs import replace

    from daypass.server.audit.log_file import BrokenLog, Unrecorded
    from daypass.server.audit.open_log import chain_point
    from daypass.server.operator.operator_events import append_events, operator_event
    from daypass.state.data_directory.directory_errors import BROKEN_LOG_HINT

    event = operator_event(
        "root", f"a session of root for {seconds} seconds", account=account, key=key
    )
    event = replace(event, time=now, principal=f"arn:aws:iam::{account}:root")
    try:
        append_events(known.audit_log, event, checkpoint=chain_point(known.checkpoint))
    except Unrecorded as fault:
        hint = (
            BROKEN_LOG_HINT
            if isinstance(fault, BrokenLog)
            else "a root session is issued only if the audit log can record it"
        )
        raise CommandError(fault.operator, hint=hint) from fault
