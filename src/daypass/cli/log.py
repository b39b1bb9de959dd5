"""`daypass log`: the audit log for people, and the proof that nobody has touched it."""

import json
import os
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daypass.cli import output
from daypass.cli.data import using
from daypass.cli.errors import Problem

if TYPE_CHECKING:
    from daypass.server import audit_log


@click.group(short_help="Show the audit log, or verify its chain")
def log() -> None:
    """Show what was decided, or verify that the record of it is whole.

    \b
    Example:
      daypass log show --last 20
      daypass log verify
    """


DATA = click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="DAYPASS_DATA",
    default="daypass-data",
    show_default=True,
    help="The authority's data directory.",
)


@log.command(short_help="Print decisions, the newest last")
@DATA
@click.option("--last", type=click.IntRange(1), help="Only so many.")
@click.option("--json", "as_json", is_flag=True, help="The lines as they stand.")
def show(data: Path, last: int | None, as_json: bool) -> None:
    """Print one line for each decision: when, who, what, and how it ended."""
    from daypass.server import audit_log
    from daypass.state.data_directory import audit_log_path

    path = audit_log_path(data)
    if not path.exists():
        raise Problem(f"there is no audit log in {data}", hint="daypass up --data DIR starts one")
    with using(data):
        lines = audit_log.read(path)
        for line in deque(lines, maxlen=last) if last else lines:
            if as_json:
                output.data(json.loads(audit_log.encoded(line)))
            else:
                output.line(sentence(line.event))


def sentence(event: "audit_log.Event") -> str:
    """Return a decision as a line for people."""
    when = datetime.fromtimestamp(event.time, UTC).strftime("%Y-%m-%d %H:%M:%S")
    who = event.principal or event.key or event.source or "somebody"
    words = f"{when}  {event.outcome:<22} {event.service}:{event.operation:<22} {who}"
    why = f"  {event.message}" if event.message else ""
    return words + why


@log.command(short_help="Say why a decision was a refusal")
@DATA
@click.argument("request_id", metavar="REQUEST")
@click.option("--json", "as_json", is_flag=True, help="The whole trace, as STS decodes it.")
def why(data: Path, request_id: str, as_json: bool) -> None:
    """Open the reasons of a refusal, named by the request id that the caller was given.

    \b
    Example:
      daypass log why 6f1c0d0c-5c0f-4bb5-8f0e-2d1f2f7a1c55
    """
    from daypass.core import messages
    from daypass.core.faults import BadMessage
    from daypass.server import audit_log
    from daypass.services.iam import aws_managed
    from daypass.services.kit.reasons import reasons
    from daypass.state.data_directory import audit_log_path, read_only

    with using(data):
        known = read_only(data, os.environ, base=aws_managed.records())
    with using(data):
        lines = audit_log.read(audit_log_path(data))
        event = next((line.event for line in lines if line.event.request == request_id), None)
    if event is None:
        raise Problem(
            f"no request {request_id} in the log", hint="daypass log show --json lists their ids"
        )
    output.line(sentence(event), err=as_json)
    if not event.reasons:
        raise Problem("that request was not refused by a policy")
    try:
        text = messages.reasons(event.reasons, ring=known.keyring)
        message = (
            reasons(
                messages.decode_for_operator(event.reasons, ring=known.keyring), known.directory
            )
            if text is None
            else json.loads(text)
        )
    except BadMessage as error:
        raise Problem(
            "its reasons do not open under the keys of this directory", hint="daypass log verify"
        ) from error
    if as_json:
        output.data(message)
    else:
        output.lines(_told(message))


def _told(message: Mapping[str, Any]) -> Iterator[str]:
    """Give the reasons of a refusal as lines for people."""
    from daypass.cli.policy_text import place, stopped

    reasons = message["because"]
    verb = "denies it" if message["explicitDeny"] else "does not allow it"
    where = f": {place(reasons)}" if "statement" in reasons else ""
    yield f"the {reasons['layer']} {verb}{where}"
    others = [layer for layer in reasons.get("refused_by", ()) if layer != reasons["layer"]]
    if others:
        yield f"so do: {', '.join(others)}"
    for each in reasons["statements"]:
        if not each["applies"] and each["stopped_by"] != "Action":
            yield f"  {each['effect']} in {place(each)}"
            yield from (f"    {line}" for line in stopped(each))
    if reasons["missing_keys"]:
        yield f"keys that the request lacks: {', '.join(reasons['missing_keys'])}"
    for each in reasons.get("gone", ()):
        name = each.get("arn") or each.get("policy")
        which = f" of {name}" if name else ""
        yield f"what the {each['layer']}{which} said then is gone: its text has changed since"


@log.command(short_help="Check that no line was changed, removed or added")
@DATA
def verify(data: Path) -> None:
    """Walk the chain from the first line to the last, and compare it with the last checkpoint in the database."""
    from daypass.server import audit_log
    from daypass.state.data_directory import audit_log_path, read_only

    with using(data):
        checkpoint = read_only(data, os.environ).checkpoint
        seen = audit_log.Head(*checkpoint) if checkpoint else None
        found = audit_log.verify(audit_log_path(data), checkpoint=seen)
    if isinstance(found, audit_log.Break):
        raise Problem(
            f"line {found.seq} {found.why}",
            hint=f"keep a copy of {audit_log_path(data)} before anything else is written to it",
        )
    output.line(f"whole: {found.seq} lines, head {found.hash[:16]}")
    sys.stdout.flush()
