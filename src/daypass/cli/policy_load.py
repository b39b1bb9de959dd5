"""`daypass policy load` and `fetch`: more of the policies that AWS manages, from a file or an account."""

import json
import os
import sys
from pathlib import Path
from typing import BinaryIO

import click

from daypass.cli.errors import Problem
from daypass.cli.log import DATA


@click.command(short_help="Load policies that AWS manages, from a file")
@DATA
@click.option("--dry-run", is_flag=True, help="Say what would be loaded, and change nothing.")
@click.argument("file", type=click.File("rb"))
def load(data: Path, dry_run: bool, file: BinaryIO) -> None:
    """Load policies that AWS manages; ones of the same name are replaced, and a running server knows them at once.

    \b
    Example, with an account at hand:
      aws iam get-account-authorization-details --filter AWSManagedPolicy | daypass policy load -
    """
    _load(data, file.read(), file.name, is_dry_run=dry_run)


@click.command(short_help="Load policies that AWS manages, from an account")
@DATA
@click.option(
    "--profile",
    metavar="NAME",
    help="The profile of the AWS account; else what the AWS CLI would use.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be loaded, and change nothing.")
@click.argument("names", nargs=-1, metavar="[POLICY]...")
def fetch(data: Path, profile: str | None, dry_run: bool, names: tuple[str, ...]) -> None:
    """Load policies that AWS manages from an AWS account that may list them; all of them without a name.

    \b
    Example:
      daypass policy fetch --profile production AmazonSQSFullAccess AmazonEC2ReadOnlyAccess
    """
    from daypass.client.profile import Unusable
    from daypass.client.published import fetch as fetched

    def told(done: int, of: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{done} of {of} policies")

    try:
        found = fetched(profile, names, told=told)
    except Unusable as error:
        raise Problem(str(error), hint=error.hint) from error
    finally:
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
    _load(data, json.dumps(found).encode(), "the account", is_dry_run=dry_run)


def _load(data: Path, content: bytes, source: str, *, is_dry_run: bool) -> None:
    from daypass.server.control import LoadPolicies
    from daypass.server.workbench import person, work
    from daypass.state.unusable import Unusable

    try:
        answer = work(data, os.environ, LoadPolicies(content, is_dry_run, person()))
    except Unusable as error:
        raise Problem(str(error), hint=error.hint) from error
    if answer.error:
        raise Problem(
            f"{source}: {answer.error}",
            hint="what `aws iam get-account-authorization-details` prints",
            code=2,
        )
    for each in answer.done:
        click.echo(each)
    if not is_dry_run:
        click.echo(f"loaded {len(answer.done)}")
