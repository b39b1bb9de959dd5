"""`daypass root`: a short session as an account's root, for whoever can read the key ring on the server's own host."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from daypass.cli import output
from daypass.cli.client import child
from daypass.cli.client.for_shells import FORMAT, ForShells
from daypass.cli.credential_formats import Exported, render
from daypass.cli.operator.data import using
from daypass.cli.operator.options import DATA, takes
from daypass.cli.problem import Problem

if TYPE_CHECKING:
    from daypass.core.sessions.mint import TemporaryCredentials
    from daypass.state.data_directory.unlocked_reading import UnlockedData

SECONDS_MIN, SECONDS_MAX = 60, 3600  # a session of an account's root; ours


@click.command(
    cls=ForShells,
    short_help="A short session as an account's root, on the server's own host",
    # What stands behind the command's name is the command's own.
    context_settings={"allow_interspersed_args": False},
)
@DATA
@click.option("--account", metavar="ID", help="The account; the first one without it.")
@click.option(
    "--duration",
    default="15m",
    show_default=True,
    metavar="TIME",
    help="1m to 1h, as 15m, 900s or 1h.",
)
@FORMAT
@click.option(
    "--endpoint",
    metavar="URL",
    help="Where the session is used; else AWS_ENDPOINT_URL, else where the server listens.",
)
@takes("--region", help="The gate's region; handed on unless AWS_REGION is set.")
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
    """Mint a short session as an account's root, and print it or run a COMMAND with it; no key stays.

    \b
    Examples:
      daypass root -- aws iam list-users
      eval "$(daypass root)"

    Whoever can read the key ring can do this, so guard the data directory. The audit log says who
    did. If it fails, so does eval, and the shell keeps no older credentials.
    """
    if command and ctx.get_parameter_source("style") is not ParameterSource.DEFAULT:
        raise Problem(
            "a command takes no format", hint="leave out --format, or the command", code=2
        )
    from daypass.client import exported_variables

    seconds = seconds_of(duration)
    known = _known(data)
    before = exported_variables.take_back(
        os.environ, exported_variables.PROFILE, exported_variables.ROOT
    )
    is_json = not command and style in {"json", "process"}
    settings = {} if is_json else endpoint_variables(data, endpoint, region)
    issued, chosen = _minted(known, account, seconds)
    exported = Exported(
        access_key_id=issued.access_key_id,
        secret_access_key=issued.session.secret,
        session_token=issued.token,
        expires=issued.session.expires,
        account=chosen,
        settings=exported_variables.with_record(settings, exported_variables.ROOT, os.environ),
        stale=(
            *child.stale(os.environ),
            *(
                name
                for name in before
                if name not in settings and name != exported_variables.VARIABLE
            ),
            *_overriding(settings),
        ),
    )
    if command:
        child.become(command, exported, os.environ)
    output.exact(render(exported, style))


def endpoint_variables(data: Path, endpoint: str | None, region: str) -> dict[str, str]:
    """Return the variables by which a client finds the authority; raises `Problem` if it is not known where that is."""
    from daypass.client.credentials_unavailable import CredentialsUnavailable
    from daypass.client.endpoints import ENDPOINT, IGNORE, checked_url

    has_region = "AWS_REGION" in os.environ or "AWS_DEFAULT_REGION" in os.environ
    # An AWS client without a region does not even start.
    found = {} if has_region else {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    # The user's own profile `default` may say that endpoints in variables are to be ignored.
    found[IGNORE] = "false"
    if endpoint is None and os.environ.get(ENDPOINT):
        return found
    try:
        return found | {ENDPOINT: checked_url(endpoint or _listening(data))}
    except CredentialsUnavailable as error:
        raise Problem(str(error), hint=error.hint, code=2) from error


def _listening(data: Path) -> str:
    """Return where the server of a data directory listens; raises `Problem` if none does."""
    from daypass.server.operator import control_socket

    try:
        answer = control_socket.ask_server(
            data, control_socket.AskAddress(), seconds=control_socket.ADDRESS_SECONDS_MAX
        )
    except OSError:
        answer = None
    if answer is None or not answer.url:
        raise Problem(
            f"no server answers in {data}: it is not known where the session is to be used",
            hint="start it with daypass up, or name the address with --endpoint URL",
        )
    return answer.url


def _overriding(settings: Mapping[str, str]) -> tuple[str, ...]:
    """Return variables of services that would override the only endpoint the session is for."""
    from daypass.client.endpoints import ENDPOINT

    if ENDPOINT not in settings:
        return ()
    return tuple(name for name in os.environ if name.startswith(f"{ENDPOINT}_"))


def _known(data: Path) -> "UnlockedData":
    """Return what the data directory holds; raises `Problem` where it cannot be read."""
    from daypass.state.data_directory.unlocked_reading import read_without_lock

    with using(data):
        return read_without_lock(data, os.environ)


def _minted(
    known: "UnlockedData", account: str | None, seconds: int
) -> "tuple[TemporaryCredentials, str]":
    """Return a session and whose root it is, after the audit log was told; raises `Problem`."""
    from daypass.core.sessions import mint
    from daypass.core.sessions.session_plan import GrantedSession
    from daypass.core.sessions.token import Origin, SessionKind
    from daypass.server.clock import entropy
    from daypass.server.operator.operator_events import operator_name

    now = time.time()  # noqa: TID251 - a command is an edge
    chosen = account or known.default_account_id
    if chosen not in known.accounts:
        raise Problem(f"there is no account {chosen}", hint="daypass account list")
    if not known.accounts[chosen].is_open:
        raise Problem(
            f"account {chosen} is closed: nothing of it works",
            hint=f"daypass account reopen {chosen}",
        )
    issued = mint.issue_credentials(
        mint.SessionOwner(
            kind=SessionKind.ROOT,
            origin=Origin.OPERATOR,
            account=chosen,
            # Everything that the session does is told with the operator's name.
            session_name=operator_name(),
        ),
        GrantedSession(seconds=seconds),
        now=int(now),
        lead=max(0, known.mark - int(now)),
        entropy=entropy,
        ring=known.keyring,
    )
    _write_down(known, account=chosen, key=issued.access_key_id, seconds=seconds, now=now)
    return issued, chosen


def _write_down(known: "UnlockedData", *, account: str, key: str, seconds: int, now: float) -> None:
    """Tell the audit log who became root for how long, before they can be it; raises `Problem` where it cannot be told."""
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
            else "nobody becomes root without a line in the log"
        )
        raise Problem(fault.operator, hint=hint) from fault


UNITS = {"s": 1, "m": 60, "h": 3600}


def seconds_of(text: str) -> int:
    """Read `15m`, `900s` or `1h`; raises `Problem` for anything else or out of bounds."""
    number, unit = text[:-1], text[-1:]
    if not (number.isascii() and number.isdigit() and unit in UNITS):
        raise Problem(f"`{text}` is not a duration", hint="for example --duration 15m", code=2)
    seconds = int(number) * UNITS[unit]
    if not SECONDS_MIN <= seconds <= SECONDS_MAX:
        raise Problem(
            f"a session of root lasts from 1m to 1h, not {text}", hint="--duration 15m", code=2
        )
    return seconds
