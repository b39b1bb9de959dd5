"""`daypass bucket`: buckets that the store already has, given to an account."""

import os
import time
from pathlib import Path

import click

from daypass.cli.errors import Problem
from daypass.cli.log import DATA


@click.group(short_help="Adopt buckets that the store already has")
def bucket() -> None:
    """Say whose a bucket is that the store already had: without an owner here it does not exist for clients."""


@bucket.command(short_help="Make an account the owner of buckets of the store")
@DATA
@click.option("--account", metavar="ID", help="The account; the first one without it.")
@click.option("--region", default="us-east-1", show_default=True, help="The gate's region.")
@click.option("--dry-run", is_flag=True, help="Say what would be adopted, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.argument("names", nargs=-1, required=True, metavar="BUCKET...")
def adopt(
    data: Path, account: str | None, region: str, dry_run: bool, yes: bool, names: tuple[str, ...]
) -> None:
    """Make an account the owner of buckets that the store already has, while no server runs.

    \b
    Example:
      daypass bucket adopt reports archive --yes

    A server that is starting does the same with --s3-adopt.
    """
    from daypass.gate.errors import S3Error
    from daypass.gate.target import checked_bucket
    from daypass.server import clock
    from daypass.server.gateway import adoption
    from daypass.state.data_directory import open_data
    from daypass.state.unusable import Unusable

    try:
        for name in names:
            checked_bucket(name)
        opened = open_data(data, os.environ, clock=time.time, entropy=clock.entropy)  # noqa: TID251 - a command is an edge
    except S3Error as error:
        raise Problem(
            f"{error.message} ({', '.join(names)})",
            hint="3 to 63 of a-z, 0-9, dot and hyphen",
            code=2,
        ) from error
    except Unusable as error:
        raise Problem(str(error), hint=error.hint) from error
    try:
        owner = account or opened.default_account
        if owner not in {each.account for each in opened.committer.directory.accounts}:
            raise Problem(f"there is no account {owner}")
        changes = adoption(
            opened.committer.directory, names, account=owner, region=region, now=int(clock.wall())
        )
        fresh = [change.record.key for change in changes.records]
        click.echo(f"to adopt for {owner}: {', '.join(fresh) or 'nothing'}")
        if dry_run or not fresh:
            return
        _confirmed(yes=yes)
        opened.committer.submit(changes).result()
        click.echo(f"adopted {len(fresh)}")
    finally:
        opened.close()


def _confirmed(*, yes: bool) -> None:
    if yes:
        return
    if not os.isatty(0):
        raise Problem("nobody is here to be asked", hint="add --yes", code=2)
    click.confirm("Go on?", abort=True)
