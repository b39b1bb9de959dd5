"""`daypass bucket`: make an account the owner of buckets that the store already has."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.operator.data_errors import data_errors_explained
from daypass.cli.operator.options import DATA_OPTION, takes_setting

if TYPE_CHECKING:
    from daypass.server.operator.control_socket import ControlAnswer


@click.group(short_help="Adopt buckets that the store already has")
def bucket() -> None:
    """Adopt buckets of the store.

    Until a bucket has an account as owner, it does not exist for clients of the gate.
    """


@bucket.command(short_help="Make an account the owner of buckets of the store")
@DATA_OPTION
@click.option("--account", metavar="ID", help="The account; default the first one.")
@takes_setting("--region")
@takes_setting(
    "--s3",
    help="The store's address, to check which policies and ACLs of its own it has for the buckets.",
)
@takes_setting("--s3-ca")
@click.option("--dry-run", is_flag=True, help="Show what would be adopted, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.argument("names", nargs=-1, required=True, metavar="BUCKET...")
def adopt(
    data: Path,
    account: str | None,
    region: str,
    s3: str | None,
    s3_ca: Path | None,
    dry_run: bool,
    yes: bool,
    names: tuple[str, ...],
) -> None:
    """Make an account the owner of buckets that the store already has.

    A running server serves them at once. With --s3 the store is checked first for policies, ACLs,
    websites, notifications and replications of its own: they grant access beside the gate, or copy
    objects out, and no policy here applies to them.

    \b
    Example:
      daypass bucket adopt reports archive --yes

    A server that is starting does the same with --s3-adopt.
    """
    from daypass.cli.operator.store_exposure import warn_of_exposure
    from daypass.cli.operator.up import read_store
    from daypass.gate.protocol.errors import S3Error
    from daypass.gate.request.request_target import checked_bucket_name
    from daypass.server.operator.control_socket import AdoptBuckets
    from daypass.server.operator.operator_changes import apply_change
    from daypass.server.operator.operator_events import operator_name
    from daypass.server.settings.setting_values import Misconfigured

    try:
        for name in names:
            checked_bucket_name(name)
    except S3Error as error:
        raise CommandError(
            f"{error.message} ({name})", hint="3 to 63 of a-z, 0-9, dot and hyphen", code=2
        ) from error

    def ask(*, is_dry_run: bool) -> "ControlAnswer":
        answer = apply_change(
            data,
            os.environ,
            AdoptBuckets(names, account or "", region, is_dry_run, operator_name()),
        )
        if answer.error:
            raise CommandError(answer.error)
        return answer

    with data_errors_explained(data):
        planned = ask(is_dry_run=True)
    output.print_line(f"to adopt for {planned.account}: {', '.join(planned.done) or 'nothing'}")
    if s3 and planned.done:
        try:
            warn_of_exposure(read_store(s3, os.environ, s3_ca), planned.done)
        except Misconfigured as error:
            raise CommandError(str(error), hint=error.hint) from error
    if dry_run or not planned.done:
        return
    confirm(yes=yes)
    with data_errors_explained(data):
        adopted = ask(is_dry_run=False)
    output.print_line(f"adopted {len(adopted.done)}")


def confirm(*, yes: bool) -> None:
    """Ask whether to continue, unless `yes`.

    Raises `CommandError` if standard input is not a terminal, and `Abort` if the answer is no.
    """
    if yes:
        return
    if not os.isatty(0):
        raise CommandError(
            "there is no terminal to ask on", hint="--yes continues without asking", code=2
        )
    click.confirm("Continue?", abort=True)
