"""`daypass log why`: the reasons of a refusal, opened with the keys of the data directory."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daypass.cli import output
from daypass.cli.operator.data import using
from daypass.cli.operator.log.line_text import sentence
from daypass.cli.operator.log.merged_log import merged_lines
from daypass.cli.operator.options import DATA
from daypass.cli.problem import Problem

if TYPE_CHECKING:
    from daypass.server.audit.event import Event


@click.command(short_help="Say why a decision was a refusal")
@DATA
@click.argument("request_id", metavar="REQUEST")
@click.option("--json", "as_json", is_flag=True, help="The whole trace, as STS decodes it.")
def why(data: Path, request_id: str, as_json: bool) -> None:
    """Open the reasons of a refusal, named by the request id that the caller was given.

    \b
    Example:
      daypass log why 6f1c0d0c-5c0f-4bb5-8f0e-2d1f2f7a1c55
    """
    from daypass.core import authorization_messages
    from daypass.core.faults import BadMessage
    from daypass.services.iam.policies import aws_managed
    from daypass.services.kit.refusal_reasons import refusal_reasons
    from daypass.state.data_directory.unlocked_reading import read_without_lock

    with using(data):
        known = read_without_lock(data, os.environ, base=aws_managed.bundled_policies())
    # What was allowed may still be refused by what it was asked of: the last line of a request says
    # how it ended.
    found = [line.event for _, line in merged_lines(data) if line.event.request == request_id]
    if not found:
        raise Problem(
            f"no request {request_id} in the log", hint="daypass log show --json lists their ids"
        )
    # A request that is decided key by key has a line for each: it is asked about one that was
    # refused.
    event = next((each for each in found if each.reasons), found[-1])
    output.line(sentence(event), err=as_json)
    if not event.reasons:
        output.line(_without_policy(event), err=as_json)
        return
    try:
        text = authorization_messages.reasons_of_old_message(event.reasons, ring=known.keyring)
        message = (
            refusal_reasons(
                authorization_messages.decode_for_operator(event.reasons, ring=known.keyring),
                known.directory,
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
        output.lines(_reason_lines(message))


def _without_policy(event: "Event") -> str:
    """Say what refused a request, if no policy did."""
    if event.outcome == "ok":
        return "it was not refused"
    return f"no policy refused it: {event.message or event.outcome}"


def _reason_lines(message: Mapping[str, Any]) -> Iterator[str]:
    """Give the reasons of a refusal as lines for people."""
    from daypass.cli.explanation_text import place, stopped

    because = message["because"]
    verb = "denies it" if message["explicitDeny"] else "does not allow it"
    where = f": {place(because)}" if "statement" in because else ""
    yield f"the {because['layer']} {verb}{where}"
    others = [layer for layer in because.get("refused_by", ()) if layer != because["layer"]]
    if others:
        yield f"so do: {', '.join(others)}"
    for each in because["statements"]:
        if not each["applies"] and each["stopped_by"] != "Action":
            yield f"  {each['effect']} in {place(each)}"
            yield from (f"    {line}" for line in stopped(each))
    if because["missing_keys"]:
        yield f"keys that the request lacks: {', '.join(because['missing_keys'])}"
    for each in because.get("gone", ()):
        name = each.get("arn") or each.get("policy")
        which = f" of {name}" if name else ""
        yield f"what the {each['layer']}{which} said then is gone: its text has changed since"
