"""`daypass log verify`: each node's log against its checkpoint, and the breaks found before."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daypass.cli import output
from daypass.cli.operator.data import using
from daypass.cli.operator.log.line_text import time_text
from daypass.cli.operator.options import DATA
from daypass.cli.problem import Problem

if TYPE_CHECKING:
    from daypass.server.audit.break_records import BreakRecord
    from daypass.server.audit.verification import LogVerification
    from daypass.state.data_directory.unlocked_reading import NodeLog


@click.command(short_help="Check that no line was changed, removed or added")
@DATA
def verify(data: Path) -> None:
    """Read the log from its first line to its last, and compare it with the checkpoint in the database.

    Where a server had several workers each has a log of its own: all of them are read, and each is
    told in a line.

    Breaks that were found before are told for good, accepted ones too; exit code 1 means that there
    is one which nobody accepted.
    """
    from daypass.server.audit import break_records
    from daypass.state.data_directory.directory_errors import BROKEN_LOG_HINT
    from daypass.state.data_directory.unlocked_reading import read_without_lock

    with using(data):
        known = read_without_lock(data, os.environ)
    found = break_records.decode_records(known.audit_breaks)
    verdicts = [(chain, _verdict(chain, found)) for chain in known.node_logs]
    for each in found:
        output.line(_sentence(each), err=True)
    if len(verdicts) > 1:
        for chain, verdict in verdicts:
            if not verdict.breaks:
                output.line(f"{chain.path.name} is {_whole(chain, verdict)}")
    broken = [f"{chain.path}: {each}" for chain, verdict in verdicts for each in verdict.breaks]
    if broken:
        first, *others = broken
        raise Problem(first, *others, hint=f"keep a copy of the file; {BROKEN_LOG_HINT}")
    if left := break_records.unaccepted_records(found):
        raise Problem(f"nobody has accepted that {left[0].what}", hint=BROKEN_LOG_HINT)
    if len(verdicts) == 1:
        output.line(_whole(*verdicts[0]))
    sys.stdout.flush()


def _whole(chain: "NodeLog", verdict: "LogVerification") -> str:
    """Say of a log without breaks how long it is, and what should be known of it besides."""
    from daypass.state.side_tables.nodes import FIRST_NODE

    gaps = f" but for what was accepted {len(verdict.accepted)} times" if verdict.accepted else ""
    # Without a checkpoint nobody can say how long it was.
    is_unknown = chain.node != FIRST_NODE and chain.checkpoint is None
    unknown = "; the database does not know it" if is_unknown else ""
    return f"whole{gaps}: {verdict.lines} lines, head {verdict.head.hash[:16]}{unknown}"


def _verdict(chain: "NodeLog", found: tuple["BreakRecord", ...]) -> "LogVerification":
    """Return what a node's log is; raises `Problem` where that cannot be told."""
    from daypass.server.audit import break_records, verification
    from daypass.server.audit.open_log import chain_point
    from daypass.state.side_tables.nodes import FIRST_NODE

    try:
        verdict = verification.verify_log(
            chain.path,
            checkpoint=chain_point(chain.checkpoint),
            accepted=break_records.accepted_breaks(found, chain.node),
        )
    except OSError as error:
        raise Problem(f"{chain.path}: {error.strerror}") from error
    if chain.node == FIRST_NODE and not chain.path.exists() and not verdict.breaks:
        raise Problem(
            f"there is no audit log at {chain.path}", hint="daypass up --data DIR starts one"
        )
    return verdict


def _sentence(found: "BreakRecord") -> str:
    """Return a break that was found before as a line for people."""
    seen = time_text(found.time)
    if not found.accepted:
        return f"{seen}  found: {found.what}; nobody has accepted it"
    when = time_text(found.accepted)
    return f"{seen}  found: {found.what}; accepted {when} by {found.by}"
