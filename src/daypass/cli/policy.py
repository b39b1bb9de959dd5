"""`daypass policy`: more of the policies that AWS manages, from a file."""

import os
import time
from pathlib import Path

import click

from daypass.cli.errors import Problem
from daypass.cli.log import DATA


@click.group(short_help="Load more of the policies that AWS manages")
def policy() -> None:
    """Work with the policies that AWS manages."""


@policy.command(short_help="Load policies that AWS manages, from a file")
@DATA
@click.option("--dry-run", is_flag=True, help="Say what would be loaded, and change nothing.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load(data: Path, dry_run: bool, file: Path) -> None:
    """Load policies that AWS manages, while no server runs; ones of the same name are replaced.

    \b
    Example, with an account at hand:
      aws iam get-account-authorization-details --filter AWSManagedPolicy > policies.json
      daypass policy load policies.json
    """
    from daypass.core.domain.record import AWS
    from daypass.core.faults import Fault
    from daypass.server import clock
    from daypass.services.iam import aws_managed
    from daypass.state.changes import Changes, Put
    from daypass.state.data_directory import open_data
    from daypass.state.unusable import Unusable

    try:
        found = aws_managed.parse_file(file.read_bytes())
    except Fault as error:
        raise Problem(
            f"{file}: {error.message}",
            hint="what `aws iam get-account-authorization-details` prints",
            code=2,
        ) from error
    for each in found:
        click.echo(f"{each.arn} {each.default}")
    if dry_run:
        return
    try:
        opened = open_data(data, os.environ, clock=time.time, entropy=clock.entropy)  # noqa: TID251 - a command is an edge
    except Unusable as error:
        raise Problem(str(error), hint=error.hint) from error
    try:
        revision = opened.committer.directory.account(AWS).revision
        changes = Changes([Put(each) for each in found], read={AWS: revision})
        opened.committer.submit(changes).result()
    finally:
        opened.close()
    click.echo(f"loaded {len(found)}")
