"""`daypass policy`: more of the policies that AWS manages, from a file or an account."""

import os
from pathlib import Path
from typing import BinaryIO

import click

from daypass.cli.errors import Problem
from daypass.cli.log import DATA


@click.group(short_help="Load more of the policies that AWS manages")
def policy() -> None:
    """Work with the policies that AWS manages."""


@policy.command(short_help="Load policies that AWS manages, from a file")
@DATA
@click.option("--dry-run", is_flag=True, help="Say what would be loaded, and change nothing.")
@click.argument("file", type=click.File("rb"))
def load(data: Path, dry_run: bool, file: BinaryIO) -> None:
    """Load policies that AWS manages; ones of the same name are replaced, and a running server knows them at once.

    \b
    Example, with an account at hand:
      aws iam get-account-authorization-details --filter AWSManagedPolicy | daypass policy load -
    """
    from daypass.server.control import LoadPolicies
    from daypass.server.workbench import person, work
    from daypass.state.unusable import Unusable

    content = file.read()
    try:
        answer = work(data, os.environ, LoadPolicies(content, dry_run, person()))
    except Unusable as error:
        raise Problem(str(error), hint=error.hint) from error
    if answer.error:
        raise Problem(
            f"{file.name}: {answer.error}",
            hint="what `aws iam get-account-authorization-details` prints",
            code=2,
        )
    for each in answer.done:
        click.echo(each)
    if not dry_run:
        click.echo(f"loaded {len(answer.done)}")
