"""Read the audit logs of all nodes of a data directory as one sequence of lines."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.operator.data_errors import data_errors_explained

if TYPE_CHECKING:
    from daypass.server.audit import log_lines
    from daypass.server.audit.merging import NodeLine


def merged_lines(data: Path) -> Iterator["NodeLine"]:
    """Yield the lines of all logs of a data directory, ordered by commit and then by time.

    Raises `CommandError` for a missing log, and at a line that is not a valid log line.
    """
    from daypass.server.audit.merging import merge_logs

    return merge_logs({node: _read_log(path) for node, path in _log_paths(data).items()})


def _log_paths(data: Path) -> dict[str, Path]:
    """Return the path of each node's log: nodes with a log file, and nodes in the database.

    The database shows that a log file was removed. If the database cannot be read, the files that
    exist are still returned, with a warning.
    """
    from daypass.state.data_directory.audit_file import audit_log_path, nodes_with_logs
    from daypass.state.data_directory.unlocked_reading import read_started_nodes
    from daypass.state.side_tables.nodes import FIRST_NODE
    from daypass.state.unusable import Unusable

    try:
        begun = read_started_nodes(data)
    except Unusable as error:
        output.print_line(f"a removed log file would not be noticed: {error}", err=True)
        begun = {}
    with data_errors_explained(data):
        paths = {node: audit_log_path(data, node) for node in nodes_with_logs(data, begun)}
    # A further node that has not written a line yet may have no file.
    return {
        node: path
        for node, path in paths.items()
        if node == FIRST_NODE or begun.get(node, False) or path.exists()
    }


def _read_log(path: Path) -> Iterator["log_lines.LogLine"]:
    """Yield the lines of one log file.

    Raises `CommandError` for a missing file, and at a line that is not a valid log line.
    """
    from daypass.server.audit import log_lines
    from daypass.state.files.data_files import node_of_audit_log

    try:
        yield from log_lines.read_log(path)
    except FileNotFoundError as error:
        is_further = node_of_audit_log(path.name)
        hint = "daypass log verify" if is_further else "daypass up --data DIR starts one"
        raise CommandError(f"there is no audit log at {path}", hint=hint) from error
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    except log_lines.UnreadableLine as error:
        raise CommandError(str(error), hint="daypass log verify") from error
