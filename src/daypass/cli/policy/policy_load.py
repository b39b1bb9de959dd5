"""`daypass policy load` and `fetch`: load AWS managed policies from a file or an AWS account."""

import json
import os
from pathlib import Path

import click

from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.operator.data_errors import data_errors_explained
from daypass.cli.operator.options import DATA_OPTION
from daypass.files import bounded_reading

FILE_BYTES_MAX = 32 * 1024 * 1024
"""The largest file of policies. All AWS managed policies with every version are about 20 MB; a
running server accepts twice this."""


@click.command(short_help="Load AWS managed policies from a file")
@DATA_OPTION
@click.option("--dry-run", is_flag=True, help="Say what would be loaded, and change nothing.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
def load(data: Path, dry_run: bool, file: str) -> None:
    """Load AWS managed policies into an authority, replacing those of the same name.

    A running server uses them at once.

    \b
    Example, with an AWS account:
      aws iam get-account-authorization-details --filter AWSManagedPolicy | daypass policy load -
    """
    try:
        found = bounded_reading.read_text(file, FILE_BYTES_MAX)
    except bounded_reading.UnreadableFile as error:
        raise CommandError(str(error), code=2) from error
    source = "standard input" if file == "-" else file
    _load(data, found.encode(), source, is_dry_run=dry_run)


@click.command(short_help="Load AWS managed policies from an AWS account")
@DATA_OPTION
@click.option(
    "--profile",
    metavar="NAME",
    help="The profile of the AWS account; default as for the AWS CLI.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be loaded, and change nothing.")
@click.argument("names", nargs=-1, metavar="[POLICY]...")
def fetch(data: Path, profile: str | None, dry_run: bool, names: tuple[str, ...]) -> None:
    """Load AWS managed policies from an AWS account: the named ones, or all.

    \b
    Example:
      daypass policy fetch --profile production AmazonSQSFullAccess AmazonEC2ReadOnlyAccess
    """
    from daypass.client import exported_variables
    from daypass.client.account_policies import PoliciesUnavailable, read_aws_managed_policies

    if profile is not None:
        exported_variables.remove_exported(os.environ, exported_variables.PROFILE_ORIGIN)
    try:
        with output.progress_line() as report:
            found = read_aws_managed_policies(
                profile,
                names,
                os.environ,
                progress=lambda done, count: report(f"{done} of {count} policies"),
            )
    except PoliciesUnavailable as error:
        raise CommandError(str(error), hint=error.hint, code=error.code) from error
    _load(data, json.dumps(found).encode(), "the account", is_dry_run=dry_run)


def _load(data: Path, content: bytes, source: str, *, is_dry_run: bool) -> None:
    from daypass.server.operator.control_socket import LoadPolicies
    from daypass.server.operator.operator_changes import apply_change
    from daypass.server.operator.operator_events import operator_name

    with data_errors_explained(data):
        answer = apply_change(data, os.environ, LoadPolicies(content, is_dry_run, operator_name()))
    if answer.error:
        raise CommandError(
            f"{source}: {answer.error}",
            hint="the format is the output of `aws iam get-account-authorization-details`",
            code=2,
        )
    for each in answer.done:
        output.print_line(each)
    if not is_dry_run:
        output.print_line(f"loaded {len(answer.done)}")
