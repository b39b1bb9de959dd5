"""`daypass log verify`: check each node's log against its checkpoint, and list recorded breaks."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.operator.data_errors import data_errors_explained
from daypass.cli.operator.log.line_text import time_text
from daypass.cli.operator.options import DATA_OPTION

if TYPE_CHECKING:
    from daypass.server.audit.break_records import BreakRecord
    from daypass.server.audit.verification import LogVerification
    from daypass.state.data_directory.unlocked_reading import NodeLog


@click.command(short_help="Check that no line was changed, removed or added")
@DATA_OPTION
def verify(data: Path) -> None:
    """Verify the hash chain of the whole log, and compare it with the checkpoint in the database.

    Each worker of a server has a log of its own: all of them are verified, with a line for each.

    Breaks that were found before are always listed, accepted ones too. Exit code 1: there is a
    break that nobody has accepted.
    """
    from daypass.server.audit import break_records
    from daypass.state.data_directory.directory_errors import BROKEN_LOG_HINT
    from daypass.state.data_directory.unlocked_reading import read_without_lock

    with data_errors_explained(data):
        known = read_without_lock(data, os.environ)
    found = break_records.decode_records(known.audit_breaks)
    verdicts = [(chain, _verify_log(chain, found)) for chain in known.node_logs]
    for each in found:
        output.print_line(_break_line(each), err=True)
    if len(verdicts) > 1:
        for chain, verdict in verdicts:
            if not verdict.breaks:
                output.print_line(f"{chain.path.name} is {_whole_text(chain, verdict)}")
    broken = [f"{chain.path}: {each}" for chain, verdict in verdicts for each in verdict.breaks]
    if broken:
        first, *others = broken
        raise CommandError(first, *others, hint=f"keep a copy of the file; {BROKEN_LOG_HINT}")
    if left := break_records.unaccepted_records(found):
        raise CommandError(f"nobody has accepted that {left[0].what}", hint=BROKEN_LOG_HINT)
    if len(verdicts) == 1:
        output.print_line(_whole_text(*verdicts[0]))
    sys.stdout.flush()


def _whole_text(chain: "NodeLog", verdict: "LogVerification") -> str:
    """Return a log's length and head as text, noting accepted breaks or a missing checkpoint."""
    from daypass.state.side_tables.nodes import FIRST_NODE

    gaps = f" but for what was accepted {len(verdict.accepted)} times" if verdict.accepted else ""
    # Without a checkpoint a shortened log cannot be recognized.
    is_unknown = chain.node != FIRST_NODE and chain.checkpoint is None
    unknown = "; the database does not know it" if is_unknown else ""
    return f"whole{gaps}: {verdict.lines} lines, head {verdict.head.hash[:16]}{unknown}"


def _verify_log(chain: "NodeLog", found: tuple["BreakRecord", ...]) -> "LogVerification":
    """Return the verification of a node's log; raises `CommandError` if it cannot be read."""
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
        raise CommandError(f"{chain.path}: {error.strerror}") from error
    if chain.node == FIRST_NODE and not chain.path.exists() and not verdict.breaks:
        raise CommandError(
            f"there is no audit log at {chain.path}", hint="daypass up --data DIR starts one"
        )
    return verdict


def _break_line(found: "BreakRecord") -> str:
    """Return a recorded break as one line: when it was found, and who accepted it."""
    seen = time_text(found.time)
    if not found.accepted:
        return f"{seen}  found: {found.what}; nobody has accepted it"
    when = time_text(found.accepted)
    return f"{seen}  found: {found.what}; accepted {when} by {found.by}"
