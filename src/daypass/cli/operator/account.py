"""`daypass account`: list an authority's accounts, and reopen a closed one."""

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.operator.bucket import confirm
from daypass.cli.operator.data_errors import data_errors_explained
from daypass.cli.operator.options import DATA_OPTION


@click.group(short_help="List accounts, or reopen a closed one")
def account() -> None:
    """List an authority's accounts, or reopen a closed one.

    Accounts are created and closed by AWS's API: aws organizations create-account, close-account.
    """


@account.command("list", short_help="Print every account, the oldest first")
@DATA_OPTION
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each account.")
def list_(data: Path, as_json: bool) -> None:
    """Print a line for each account: id, open or closed, organization, e-mail address and name."""
    from daypass.core.time.timestamps import iso8601
    from daypass.state.data_directory.unlocked_reading import read_without_lock

    with data_errors_explained(data):
        known = read_without_lock(data, os.environ).accounts
    for each in sorted(known.values(), key=lambda one: (one.created, one.account)):
        if as_json:
            shown = {
                "id": each.account,
                "name": each.name,
                "email": each.email,
                "organization": each.organization or None,
                "closed": iso8601(each.closed) if each.closed else None,
            }
            output.print_json(shown)
            continue
        closed = datetime.fromtimestamp(each.closed, UTC).strftime("%Y-%m-%d")
        state = "open" if each.is_open else f"closed {closed}"
        where = each.organization or "no organization"
        output.print_line(
            f"{each.account}  {state:<17}  {where:<15}  {each.email or '-':<40}  {each.name}"
        )


@account.command(short_help="Reopen a closed account")
@DATA_OPTION
@click.option("--dry-run", is_flag=True, help="Show what would be reopened, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.argument("account_id", metavar="ID")
def reopen(data: Path, account_id: str, dry_run: bool, yes: bool) -> None:
    """Reopen an account that was closed less than ninety days ago.

    Its users, roles and keys work again as before.

    \b
    Example:
      daypass account reopen 111122223333
    """
    from daypass.server.operator.control_socket import ReopenAccount
    from daypass.server.operator.operator_changes import apply_change
    from daypass.server.operator.operator_events import operator_name

    def ask(*, is_dry_run: bool) -> tuple[str, ...]:
        answer = apply_change(
            data, os.environ, ReopenAccount(account_id, is_dry_run, operator_name())
        )
        if answer.error:
            raise CommandError(answer.error, hint="daypass account list")
        return answer.done

    with data_errors_explained(data):
        planned = ask(is_dry_run=True)
        output.print_line(f"to open again: {', '.join(planned) or 'nothing, it is open'}")
        if dry_run or not planned:
            return
        confirm(yes=yes)
        ask(is_dry_run=False)
        output.print_line("opened 1")
