"""`daypass sign-in enable`: make the instance of an organization that has none."""

from pathlib import Path
from typing import Any

import click

from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.operator.options import DATA_OPTION, takes_setting
from daypass.cli.operator.people.identity_center import (
    ChangeOptions,
    change_options,
    checked_answer,
    confirm_plan,
    reached_authority,
)


@click.command(short_help="Make the instance of an organization")
@DATA_OPTION
@click.option("--account", "owner", metavar="ID", help="The organization's management account.")
@takes_setting(
    "--identity-center-region",
    help="The region of the instance if no server runs; a running server has its own setting.",
)
@change_options
def enable(data: Path, owner: str | None, identity_center_region: str, how: ChangeOptions) -> None:
    """Make the instance of an organization that has none, such as after it was deleted.

    It is empty and has new ids. An organization with all features begins with an instance.

    \b
    Example:
      daypass sign-in enable

    It is undone by: aws sso-admin delete-instance
    """
    from daypass.server.operator.identity_center_messages import EnableInstance, ListInstances
    from daypass.server.operator.operator_events import operator_name

    with reached_authority(data, region=identity_center_region) as ask:
        listed = checked_answer(ask(ListInstances())).result
        chosen = _chosen_organization(listed, owner)
        if chosen is None:
            output.print_line("there is an instance already: daypass sign-in show")
            return
        organization = chosen["organization"]
        by = operator_name()
        planned = checked_answer(ask(EnableInstance(organization, is_dry_run=True, by=by)))
        region = planned.result["region"]
        plan = [f"to make: an instance of organization {organization} in {region}"]
        if not confirm_plan(plan, how):
            return
        made = checked_answer(ask(EnableInstance(organization, by=by)))
    output.print_line(f"made {', '.join(made.done)}")


def _chosen_organization(listed: dict[str, Any], owner: str | None) -> dict[str, Any] | None:
    """Return the organization without an instance that an account manages, or the only one.

    None if it has an instance. Raises `CommandError` if there are several to choose from, or none.
    """
    without = listed["organizations_without"]
    found = [each for each in without if owner is None or each["owner"] == owner]
    if len(found) == 1:
        chosen: dict[str, Any] = found[0]
        return chosen
    if found:
        raise CommandError(
            f"{len(found)} organizations have no instance",
            *(f"  --account {each['owner']}   {each['organization']}" for each in found),
            hint="name one with --account",
            code=2,
        )
    if any(owner is None or each["owner"] == owner for each in listed["instances"]):
        return None
    who = f" that account {owner} manages" if owner else ""
    raise CommandError(f"there is no organization{who}", hint="daypass account list")
