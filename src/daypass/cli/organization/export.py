"""`daypass export`: write the existing organization as a file for `daypass apply`."""

import click

from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.organization.organization_api import (
    ENDPOINT_OPTION,
    PROFILE_OPTION,
    open_api_clients,
)


@click.command(short_help="Write the organization as a file for `daypass apply`")
@PROFILE_OPTION
@ENDPOINT_OPTION
@click.option(
    "--with-iam",
    is_flag=True,
    help="Include the accounts' roles, users, groups and policies; never keys.",
)
@click.option(
    "--with-people",
    is_flag=True,
    help="Include people, groups, permission sets and assignments of IAM Identity Center.",
)
def export(profile: str | None, endpoint: str | None, with_iam: bool, with_people: bool) -> None:
    """Write the organization as a file for `daypass apply`.

    Applying it here changes nothing; applying it elsewhere creates the same organization.

    \b
    Example:
      daypass export --with-iam >organization.yaml
    """
    with open_api_clients(profile, endpoint) as clients:
        from daypass.blueprint.compare import read_organization
        from daypass.blueprint.file.file_writer import organization_file_text

        with output.progress_line() as report:
            found = read_organization(clients, report, with_iam=with_iam, with_people=with_people)
    if not found.exists:
        raise CommandError("there is no organization yet", hint="daypass apply creates one")
    output.print_exact(organization_file_text(found), nl=False)
