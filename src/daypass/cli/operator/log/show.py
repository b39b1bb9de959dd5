"""`daypass log show`: print the audit log, a line for each event."""

import json
from collections import deque
from pathlib import Path

import click

from daypass.cli import output
from daypass.cli.operator.log.line_text import event_line
from daypass.cli.operator.log.merged_log import merged_lines
from daypass.cli.operator.options import DATA_OPTION


@click.command(short_help="Print decisions, the newest last")
@DATA_OPTION
@click.option("--last", type=click.IntRange(1), help="Print only this many, the newest.")
@click.option("--json", "as_json", is_flag=True, help="Print the log's own JSON lines.")
def show(data: Path, last: int | None, as_json: bool) -> None:
    """Print one line for each decision: when, who, what, and how it ended."""
    from daypass.server.audit import log_lines
    from daypass.state.side_tables.nodes import FIRST_NODE

    lines = merged_lines(data)
    for node, line in deque(lines, maxlen=last) if last else lines:
        if as_json:
            whose = {} if node == FIRST_NODE else {"node": node}
            output.print_json(json.loads(log_lines.encode_line(line)) | whose)
        else:
            output.print_line(event_line(line.event))
