"""`daypass bucket`: buckets that the store already has, given to an account."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daypass.cli import output
from daypass.cli.operator.data import using
from daypass.cli.operator.options import DATA, takes
from daypass.cli.problem import Problem

if TYPE_CHECKING:
    from daypass.server.operator.control_socket import ControlAnswer


@click.group(short_help="Adopt buckets that the store already has")
def bucket() -> None:
    """Say whose a bucket is that the store already had: without an owner here it does not exist for clients."""


@bucket.command(short_help="Make an account the owner of buckets of the store")
@DATA
@click.option("--account", metavar="ID", help="The account; the first one without it.")
@takes("--region")
@takes("--s3", help="The store's address: it is asked what it has of its own for the buckets.")
@takes("--s3-ca")
@click.option("--dry-run", is_flag=True, help="Say what would be adopted, and change nothing.")
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
    """Make an account the owner of buckets that the store already has; a running server knows it at once.

    With --s3 the store is asked first for policies, ACLs, websites, notifications and replications
    of its own: they let people in beside the gate, or copy objects out, and are not reached by any
    policy here.

    \b
    Example:
      daypass bucket adopt reports archive --yes

    A server that is starting does the same with --s3-adopt.
    """
    from daypass.cli.operator.store_exposure import warn_of_doors
    from daypass.cli.operator.up import store_of
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
        raise Problem(
            f"{error.message} ({name})", hint="3 to 63 of a-z, 0-9, dot and hyphen", code=2
        ) from error

    def ask(*, is_dry_run: bool) -> "ControlAnswer":
        answer = apply_change(
            data,
            os.environ,
            AdoptBuckets(names, account or "", region, is_dry_run, operator_name()),
        )
        if answer.error:
            raise Problem(answer.error)
        return answer

    with using(data):
        planned = ask(is_dry_run=True)
    output.line(f"to adopt for {planned.account}: {', '.join(planned.done) or 'nothing'}")
    if s3 and planned.done:
        try:
            warn_of_doors(store_of(s3, os.environ, s3_ca), planned.done)
        except Misconfigured as error:
            raise Problem(str(error), hint=error.hint) from error
    if dry_run or not planned.done:
        return
    confirmed(yes=yes)
    with using(data):
        adopted = ask(is_dry_run=False)
    output.line(f"adopted {len(adopted.done)}")


def confirmed(*, yes: bool) -> None:
    """Ask whether to go on; raises `Problem` where nobody is there to answer, and `Abort` for a no."""
    if yes:
        return
    if not os.isatty(0):
        raise Problem("nobody is here to be asked", hint="add --yes", code=2)
    click.confirm("Go on?", abort=True)
