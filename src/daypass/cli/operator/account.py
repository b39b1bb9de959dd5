"""`daypass account`: the accounts of an authority, for its operator."""

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from daypass.cli import output
from daypass.cli.operator.bucket import confirmed
from daypass.cli.operator.data import using
from daypass.cli.operator.options import DATA
from daypass.cli.problem import Problem


@click.group(short_help="List accounts, or open a closed one again")
def account() -> None:
    """Look at the accounts of an authority. They are made and closed by AWS's API: aws organizations create-account."""


@account.command("list", short_help="Print every account, the oldest first")
@DATA
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_(data: Path, as_json: bool) -> None:
    """Print a line for each account: its id, whether it works, its organization, its address and its name."""
    from daypass.core.timestamps import iso8601
    from daypass.state.data_directory.unlocked_reading import read_without_lock

    with using(data):
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
            output.data(shown)
            continue
        closed = datetime.fromtimestamp(each.closed, UTC).strftime("%Y-%m-%d")
        state = "open" if each.is_open else f"closed {closed}"
        where = each.organization or "no organization"
        output.line(
            f"{each.account}  {state:<17}  {where:<15}  {each.email or '-':<40}  {each.name}"
        )


@account.command(short_help="Open an account again that was closed")
@DATA
@click.option("--dry-run", is_flag=True, help="Say what would be opened, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.argument("account_id", metavar="ID")
def reopen(data: Path, account_id: str, dry_run: bool, yes: bool) -> None:
    """Open an account again that was closed less than ninety days ago: its users, roles and keys work as before.

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
            raise Problem(answer.error, hint="daypass account list")
        return answer.done

    with using(data):
        planned = ask(is_dry_run=True)
        output.line(f"to open again: {', '.join(planned) or 'nothing, it is open'}")
        if dry_run or not planned:
            return
        confirmed(yes=yes)
        ask(is_dry_run=False)
        output.line("opened 1")
