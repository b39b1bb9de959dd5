"""`daypass log show`: a line for each decision."""

import json
from collections import deque
from pathlib import Path

import click

from daypass.cli import output
from daypass.cli.operator.log.line_text import sentence
from daypass.cli.operator.log.merged_log import merged_lines
from daypass.cli.operator.options import DATA


@click.command(short_help="Print decisions, the newest last")
@DATA
@click.option("--last", type=click.IntRange(1), help="Only so many.")
@click.option("--json", "as_json", is_flag=True, help="The lines as they stand.")
def show(data: Path, last: int | None, as_json: bool) -> None:
    """Print one line for each decision: when, who, what, and how it ended."""
    from daypass.server.audit import log_lines
    from daypass.state.side_tables.nodes import FIRST_NODE

    lines = merged_lines(data)
    for node, line in deque(lines, maxlen=last) if last else lines:
        if as_json:
            whose = {} if node == FIRST_NODE else {"node": node}
            output.data(json.loads(log_lines.encode_line(line)) | whose)
        else:
            output.line(sentence(line.event))
