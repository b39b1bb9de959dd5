"""`daypass export`: the organization that there is, as the file that would make it."""

import click

from daypass.cli import output
from daypass.cli.organization.organization_file import ENDPOINT, PROFILE, api_clients
from daypass.cli.problem import Problem


@click.command(short_help="Write the organization as a file for `daypass apply`")
@PROFILE
@ENDPOINT
@click.option(
    "--with-iam",
    is_flag=True,
    help="The accounts' roles, users, groups and policies too; no keys.",
)
def export(profile: str | None, endpoint: str | None, with_iam: bool) -> None:
    """Write the organization that there is, so that applying the file changes nothing, and elsewhere makes the same.

    \b
    Example:
      daypass export --with-iam >organization.yaml
    """
    with api_clients(profile, endpoint) as clients:
        from daypass.blueprint.compare import whole
        from daypass.blueprint.file.write import write

        with output.progress_line() as report:
            found = whole(clients, report, with_iam=with_iam)
    if not found.exists:
        raise Problem("there is no organization yet", hint="daypass apply makes one")
    output.exact(write(found), nl=False)
