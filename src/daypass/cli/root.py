"""`daypass root`: a short session as an account's root, for whoever can read the key ring on the server's own host."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daypass.cli import output
from daypass.cli.data import using
from daypass.cli.errors import Problem
from daypass.cli.formats import FORMATS, Exported, render

if TYPE_CHECKING:
    from daypass.state.data_directory import Beside

SECONDS_MIN, SECONDS_MAX = 60, 3600


@click.command(short_help="A short session as an account's root, on the server's own host")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="DAYPASS_DATA",
    default="daypass-data",
    show_default=True,
    help="The authority's data directory.",
)
@click.option("--account", metavar="ID", help="The account; the first one without it.")
@click.option(
    "--duration",
    default="15m",
    show_default=True,
    metavar="TIME",
    help="1m to 1h, as 15m, 900s or 1h.",
)
@click.option(
    "--format",
    "style",
    type=click.Choice(FORMATS),
    default="env",
    show_default=True,
    help="What is printed.",
)
@click.option(
    "--endpoint", metavar="URL", help="Also print AWS_ENDPOINT_URL, so that one eval is enough."
)
@click.option(
    "--region",
    envvar="DAYPASS_REGION",
    default="us-east-1",
    show_default=True,
    help="The gate's region; printed with --endpoint unless AWS_REGION is set.",
)
def root(
    data: Path,
    account: str | None,
    duration: str,
    style: str,
    endpoint: str | None,
    region: str,
) -> None:
    """Mint a short session as an account's root, without a server's help and without a key that stays.

    \b
    Example:
      eval "$(daypass root --endpoint http://127.0.0.1:8090)"
      aws iam list-users

    Whoever can read the key ring can do this, so guard the data directory. The audit log says who did.
    """
    from daypass.core.sessions import mint
    from daypass.core.sessions.plan import Granted
    from daypass.core.sessions.token import Origin, SessionKind
    from daypass.server.clock import entropy
    from daypass.state.data_directory import read_only

    seconds = seconds_of(duration)
    now = time.time()  # noqa: TID251 - a command is an edge
    with using(data):
        known = read_only(data, os.environ)
    chosen = account or known.default_account
    if chosen not in known.accounts:
        raise Problem(f"there is no account {chosen}", hint="daypass account list")
    if not known.accounts[chosen].is_open:
        raise Problem(
            f"account {chosen} is closed: nothing of it works",
            hint=f"daypass account reopen {chosen}",
        )
    issued = mint.issue(
        mint.Subject(kind=SessionKind.ROOT, origin=Origin.OPERATOR, account=chosen),
        Granted(seconds=seconds),
        now=int(now),
        entropy=entropy,
        ring=known.keyring,
    )
    with using(data):
        _write_down(known, account=chosen, key=issued.access_key_id, seconds=seconds, now=now)
    has_region = "AWS_REGION" in os.environ or "AWS_DEFAULT_REGION" in os.environ
    exported = Exported(
        access_key_id=issued.access_key_id,
        secret_access_key=issued.session.secret,
        session_token=issued.token,
        expires=issued.session.expires,
        account=chosen,
        endpoint=endpoint or "",
        # An AWS client without a region does not even start.
        region=region if endpoint and not has_region else "",
    )
    output.exact(render(exported, style))


def _write_down(known: "Beside", *, account: str, key: str, seconds: int, now: float) -> None:
    """Tell the audit log who became root for how long, before they can be it; raises `Problem` where it cannot be told."""
    from daypass.core.policy.principal import Kind
    from daypass.server.audit.keeping import mark_of
    from daypass.server.audit_log import AuditLog, Broken, Event, Unrecorded
    from daypass.server.workbench import person
    from daypass.state.data_directory import ACCEPT

    event = Event(
        time=now,
        request="",
        service="daypass",
        operation="root",
        account=account,
        principal=f"arn:aws:iam::{account}:root",
        key=key,
        detail={"kind": Kind.ROOT, "seconds": str(seconds), "by": person()},
    )
    try:
        log = AuditLog(known.audit_log, checkpoint=mark_of(known.checkpoint))
        log.append([event])
        log.close()
    except Unrecorded as fault:
        hint = (
            ACCEPT if isinstance(fault, Broken) else "nobody becomes root without a line in the log"
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
