"""The lines of the audit logs of all nodes of a data directory, in one order."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from daypass.cli import output
from daypass.cli.operator.data import using
from daypass.cli.problem import Problem

if TYPE_CHECKING:
    from daypass.server.audit import log_lines
    from daypass.server.audit.merging import NodeLine


def merged_lines(data: Path) -> Iterator["NodeLine"]:
    """Yield the lines of all logs of a data directory in one order, by commit and then by time.

    Raises `Problem` for a log that is missing, and at a line that nobody wrote like this.
    """
    from daypass.server.audit.merging import merge_logs

    return merge_logs({node: _read(path) for node, path in _paths(data).items()})


def _paths(data: Path) -> dict[str, Path]:
    """Return where each node's log is: of nodes with a file, and of those that the database knows.

    A log that was removed is missed by the second, and without the database the first are still
    shown.
    """
    from daypass.state.data_directory.audit_file import audit_log_path, nodes_with_logs
    from daypass.state.data_directory.unlocked_reading import read_started_nodes
    from daypass.state.side_tables.nodes import FIRST_NODE
    from daypass.state.unusable import Unusable

    try:
        begun = read_started_nodes(data)
    except Unusable as error:
        output.line(f"a log that was removed would not be missed: {error}", err=True)
        begun = {}
    with using(data):
        paths = {node: audit_log_path(data, node) for node in nodes_with_logs(data, begun)}
    # A node that died before it had a log, or is about to make one, lacks no line.
    return {
        node: path
        for node, path in paths.items()
        if node == FIRST_NODE or begun.get(node, False) or path.exists()
    }


def _read(path: Path) -> Iterator["log_lines.LogLine"]:
    """Yield a log's lines.

    Raises `Problem` for a log that is missing, and at a line that nobody wrote like this.
    """
    from daypass.server.audit import log_lines
    from daypass.state.files.data_files import node_of_audit_log

    try:
        yield from log_lines.read_log(path)
    except FileNotFoundError as error:
        is_further = node_of_audit_log(path.name)
        hint = "daypass log verify" if is_further else "daypass up --data DIR starts one"
        raise Problem(f"there is no audit log at {path}", hint=hint) from error
    except OSError as error:
        raise Problem(f"{path}: {error.strerror}") from error
    except log_lines.UnreadableLine as error:
        raise Problem(str(error), hint="daypass log verify") from error
