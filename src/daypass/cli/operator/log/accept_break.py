"""`daypass log accept-break`: accept a break of the audit log, so that the server starts again."""

import os
from pathlib import Path

import click

from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.operator.options import DATA_OPTION


@click.command(
    "accept-break", short_help="Accept a break of the log, so that the server starts again"
)
@DATA_OPTION
@click.option("--yes", "is_sure", is_flag=True, help="Do not ask.")
def accept_break(data: Path, is_sure: bool) -> None:
    """Accept that lines of the log were lost or changed, so that a server starts again.

    The server must not run. The file stays as it is, and the next line is appended after the break:
    keep a copy of the file, and find out what happened. The log's next line and `daypass log
    verify` say permanently who accepted what, and when.

    \b
    Example:
      daypass log verify
      daypass log accept-break
    """
    from daypass.core.faults import Fault
    from daypass.server import clock
    from daypass.server.audit import break_acceptance
    from daypass.server.operator.operator_events import operator_name
    from daypass.state.data_directory.open_directory import open_data
    from daypass.state.unusable import Unusable

    try:
        opened = open_data(data, os.environ, clock=clock.wall, entropy=clock.entropy)
        try:
            proposal = break_acceptance.breaks_to_accept(opened)
            if not proposal.descriptions:
                output.print_line("the log is whole: there is no break to accept")
                return
            for each in proposal.descriptions:
                output.print_line(each)
            if not is_sure:
                click.confirm("Accept this?", abort=True, err=True)
            break_acceptance.accept_breaks(opened, proposal, by=operator_name(), now=clock.wall())
        finally:
            opened.close()
    except Unusable as error:
        raise CommandError(str(error), hint=error.hint) from error
    except Fault as error:
        raise CommandError(error.operator or error.message) from error
    output.print_line(f"accepted {len(proposal.descriptions)}: the server will start again")
