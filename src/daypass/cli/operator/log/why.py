"""`daypass log why`: print the reasons of a refusal, decrypted with the data directory's keys."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.operator.data_errors import data_errors_explained
from daypass.cli.operator.log.line_text import event_line
from daypass.cli.operator.log.merged_log import merged_lines
from daypass.cli.operator.options import DATA_OPTION

if TYPE_CHECKING:
    from daypass.server.audit.event import Event


@click.command(short_help="Explain why a request was refused")
@DATA_OPTION
@click.argument("request_id", metavar="REQUEST")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print the whole trace, as DecodeAuthorizationMessage returns it.",
)
def why(data: Path, request_id: str, as_json: bool) -> None:
    """Print why the request with this id was refused; the caller's error response has the id.

    \b
    Example:
      daypass log why 6f1c0d0c-5c0f-4bb5-8f0e-2d1f2f7a1c55
    """
    from daypass.core import authorization_messages
    from daypass.core.faults import BadMessage
    from daypass.services.iam.policies import aws_managed
    from daypass.services.kit.refusal_reasons import refusal_reasons
    from daypass.state.data_directory.unlocked_reading import read_without_lock

    with data_errors_explained(data):
        known = read_without_lock(data, os.environ, base=aws_managed.bundled_policies())
    # A request that was allowed may still fail in the operation, so its last line has the outcome.
    found = [line.event for _, line in merged_lines(data) if line.event.request == request_id]
    if not found:
        raise CommandError(
            f"no request {request_id} in the log", hint="daypass log show --json lists their ids"
        )
    # A request that is decided key by key has a line for each: take the first that was refused.
    event = next((each for each in found if each.reasons), found[-1])
    output.print_line(event_line(event), err=as_json)
    if not event.reasons:
        output.print_line(_reason_without_policy(event), err=as_json)
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
        raise CommandError(
            "its reasons cannot be decrypted with the keys of this directory",
            hint="daypass log verify",
        ) from error
    if as_json:
        output.print_json(message)
    else:
        output.print_lines(_reason_lines(message))


def _reason_without_policy(event: "Event") -> str:
    """Return the text for a request that no policy refused: not refused, or by another check."""
    if event.outcome == "ok":
        return "it was not refused"
    return f"no policy refused it: {event.message or event.outcome}"


def _reason_lines(message: Mapping[str, Any]) -> Iterator[str]:
    """Yield the reasons of a refusal as lines for people."""
    from daypass.cli.explanation_text import mismatch_lines, requirement_lines, statement_location

    because = message["because"]
    verb = "denies it" if message["explicitDeny"] else "does not allow it"
    where = f": {statement_location(because)}" if "statement" in because else ""
    yield f"the {because['layer']} {verb}{where}"
    others = [layer for layer in because.get("refused_by", ()) if layer != because["layer"]]
    if others:
        yield f"so do: {', '.join(others)}"
    yield from requirement_lines(because)
    for each in because["statements"]:
        if not each["applies"] and each["stopped_by"] != "Action":
            yield f"  {each['effect']} in {statement_location(each)}"
            yield from (f"    {line}" for line in mismatch_lines(each))
    if because["missing_keys"]:
        yield f"keys that the request lacks: {', '.join(because['missing_keys'])}"
    for each in because.get("gone", ()):
        name = each.get("arn") or each.get("policy")
        which = f" of {name}" if name else ""
        yield f"the statement of the {each['layer']}{which} is gone: the text has changed since"
