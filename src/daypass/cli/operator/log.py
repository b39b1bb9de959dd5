"""`daypass log`: the audit log for people, and whether its chain is whole."""

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
from daypass.cli.operator.data import using
from daypass.cli.operator.log_text import sentence
from daypass.cli.operator.options import DATA
from daypass.cli.problem import Problem

if TYPE_CHECKING:
    from daypass.server.audit import log_lines
    from daypass.server.audit.breaks import Found
    from daypass.server.audit.event import Event
    from daypass.server.audit.merging import Merged
    from daypass.server.audit.verification import Verdict
    from daypass.state.data_directory.beside import Chain


@click.group(short_help="Show the audit log, or verify its chain")
def log() -> None:
    """Show what was decided, or verify that the record of it is whole.

    \b
    Example:
      daypass log show --last 20
      daypass log verify
    """


@log.command(short_help="Print decisions, the newest last")
@DATA
@click.option("--last", type=click.IntRange(1), help="Only so many.")
@click.option("--json", "as_json", is_flag=True, help="The lines as they stand.")
def show(data: Path, last: int | None, as_json: bool) -> None:
    """Print one line for each decision: when, who, what, and how it ended."""
    from daypass.server.audit import log_lines
    from daypass.state.side_tables.nodes import NODE

    lines = merged_lines(data)
    for node, line in deque(lines, maxlen=last) if last else lines:
        if as_json:
            whose = {} if node == NODE else {"node": node}
            output.data(json.loads(log_lines.encoded(line)) | whose)
        else:
            output.line(sentence(line.event))


def merged_lines(data: Path) -> Iterator["Merged"]:
    """Yield the lines of all logs of a data directory in one order, by commit and then by time.

    Raises `Problem` for a log that is missing, and at a line that nobody wrote like this.
    """
    from daypass.server.audit.merging import merged

    return merged({node: read(path) for node, path in _paths(data).items()})


def _paths(data: Path) -> dict[str, Path]:
    """Return where the log of each node is: of those that a file is there of, and of those that the database knows.

    A log that was removed is missed by the second, and without the database the first are still shown.
    """
    from daypass.state.data_directory.audit_file import audit_log_path, nodes_with_logs
    from daypass.state.data_directory.beside import begun_nodes
    from daypass.state.side_tables.nodes import NODE
    from daypass.state.unusable import Unusable

    try:
        begun = begun_nodes(data)
    except Unusable as error:
        output.line(f"a log that was removed would not be missed: {error}", err=True)
        begun = {}
    with using(data):
        paths = {node: audit_log_path(data, node) for node in nodes_with_logs(data, begun)}
    # A node that died before it had a log, or is about to make one, lacks no line.
    return {
        node: path
        for node, path in paths.items()
        if node == NODE or begun.get(node, False) or path.exists()
    }


def read(path: Path) -> Iterator["log_lines.Line"]:
    """Yield a log's lines; raises `Problem` for a log that is missing, and at a line that nobody wrote like this."""
    from daypass.server.audit import log_lines
    from daypass.state.files.data_files import further_node

    try:
        yield from log_lines.read(path)
    except FileNotFoundError as error:
        is_further = further_node(path.name)
        hint = "daypass log verify" if is_further else "daypass up --data DIR starts one"
        raise Problem(f"there is no audit log at {path}", hint=hint) from error
    except OSError as error:
        raise Problem(f"{path}: {error.strerror}") from error
    except log_lines.Unreadable as error:
        raise Problem(str(error), hint="daypass log verify") from error


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
    from daypass.services.iam.policies import aws_managed
    from daypass.services.kit.reasons import reasons
    from daypass.state.data_directory.beside import read_only

    with using(data):
        known = read_only(data, os.environ, base=aws_managed.records())
    # What was allowed may still be refused by what it was asked of: the last line of a request says how it ended.
    found = [line.event for _, line in merged_lines(data) if line.event.request == request_id]
    if not found:
        raise Problem(
            f"no request {request_id} in the log", hint="daypass log show --json lists their ids"
        )
    # A request that is decided key by key has a line for each: it is asked about one that was refused.
    event = next((each for each in found if each.reasons), found[-1])
    output.line(sentence(event), err=as_json)
    if not event.reasons:
        output.line(_without_policy(event), err=as_json)
        return
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


def _without_policy(event: "Event") -> str:
    """Say what refused a request, if no policy did."""
    if event.outcome == "ok":
        return "it was not refused"
    return f"no policy refused it: {event.message or event.outcome}"


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
    """Read the log from its first line to its last, and compare it with the checkpoint in the database.

    Where a server had several workers each has a log of its own: all of them are read, and each is told in a line.

    Breaks that were found before are told for good, accepted ones too; exit code 1 means that there is one which nobody
    accepted.
    """
    from daypass.server.audit import breaks
    from daypass.state.data_directory.beside import read_only
    from daypass.state.data_directory.explaining import ACCEPT

    with using(data):
        known = read_only(data, os.environ)
    found = breaks.read(known.audit_breaks)
    verdicts = [(chain, _verdict(chain, found)) for chain in known.chains]
    for each in found:
        output.line(_sentence(each), err=True)
    if len(verdicts) > 1:
        for chain, verdict in verdicts:
            if not verdict.breaks:
                output.line(f"{chain.path.name} is {_whole(chain, verdict)}")
    broken = [f"{chain.path}: {each}" for chain, verdict in verdicts for each in verdict.breaks]
    if broken:
        first, *others = broken
        raise Problem(first, *others, hint=f"keep a copy of the file; {ACCEPT}")
    if left := breaks.open_ones(found):
        raise Problem(f"nobody has accepted that {left[0].what}", hint=ACCEPT)
    if len(verdicts) == 1:
        output.line(_whole(*verdicts[0]))
    sys.stdout.flush()


def _whole(chain: "Chain", verdict: "Verdict") -> str:
    """Say of a log without breaks how long it is, and what should be known of it besides."""
    from daypass.state.side_tables.nodes import NODE

    gaps = f" but for what was accepted {len(verdict.accepted)} times" if verdict.accepted else ""
    # Without a checkpoint nobody can say how long it was.
    is_unknown = chain.node != NODE and chain.checkpoint is None
    unknown = "; the database does not know it" if is_unknown else ""
    return f"whole{gaps}: {verdict.lines} lines, head {verdict.head.hash[:16]}{unknown}"


@log.command("accept-break", short_help="Let the next start pass over a break of the log")
@DATA
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def accept_break(data: Path, is_sure: bool) -> None:
    """Accept that the log is not what was written, so that a server starts again, with its next line behind the break.

    The server must not run. What is left of the file stays as it is: keep a copy of it, and find out what happened. Who
    accepted what, and when, stands in the log's next line and in `daypass log verify` for good.

    \b
    Example:
      daypass log verify
      daypass log accept-break
    """
    from daypass.core.faults import Fault
    from daypass.server import clock
    from daypass.server.audit import accepting
    from daypass.server.operator.acts import person
    from daypass.state.data_directory.open_directory import open_data
    from daypass.state.unusable import Unusable

    try:
        opened = open_data(data, os.environ, clock=clock.wall, entropy=clock.entropy)
        try:
            proposal = accepting.proposal(opened)
            if not proposal.what:
                output.line("the log is whole: there is no break to accept")
                return
            for each in proposal.what:
                output.line(each)
            if not is_sure:
                click.confirm("Accept that?", abort=True, err=True)
            accepting.accept(opened, proposal, by=person(), now=clock.wall())
        finally:
            opened.close()
    except Unusable as error:
        raise Problem(str(error), hint=error.hint) from error
    except Fault as error:
        raise Problem(error.operator or error.message) from error
    output.line(f"accepted {len(proposal.what)}: the next start passes")


def _verdict(chain: "Chain", found: tuple["Found", ...]) -> "Verdict":
    """Return what a node's log is; raises `Problem` where that cannot be told."""
    from daypass.server.audit import breaks, verification
    from daypass.server.audit.keeping import mark_of
    from daypass.state.side_tables.nodes import NODE

    try:
        verdict = verification.verify(
            chain.path,
            checkpoint=mark_of(chain.checkpoint),
            accepted=breaks.accepted(found, chain.node),
        )
    except OSError as error:
        raise Problem(f"{chain.path}: {error.strerror}") from error
    if chain.node == NODE and not chain.path.exists() and not verdict.breaks:
        raise Problem(
            f"there is no audit log at {chain.path}", hint="daypass up --data DIR starts one"
        )
    return verdict


def _sentence(found: "Found") -> str:
    """Return a break that was found before as a line for people."""
    seen = datetime.fromtimestamp(found.time, UTC).strftime("%Y-%m-%d %H:%M:%S")
    if not found.accepted:
        return f"{seen}  found: {found.what}; nobody has accepted it"
    when = datetime.fromtimestamp(found.accepted, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{seen}  found: {found.what}; accepted {when} by {found.by}"
