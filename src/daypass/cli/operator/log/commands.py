"""`daypass log`: the group of its subcommands."""

import click

from daypass.cli.operator.log.accept_break import accept_break
from daypass.cli.operator.log.show import show
from daypass.cli.operator.log.verify import verify
from daypass.cli.operator.log.why import why


@click.group(short_help="Show the audit log, or verify its chain")
def log() -> None:
    """Show the audit log, or verify that no line of it was changed, removed or added.

    \b
    Example:
      daypass log show --last 20
      daypass log verify
    """


for command in (accept_break, show, verify, why):
    log.add_command(command)
