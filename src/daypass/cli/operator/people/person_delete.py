"""`daypass person delete`: delete a person, and say what stays."""

from typing import Any

import click

from daypass.cli import output
from daypass.cli.operator.people.assignment_pages import all_assignments, all_groups
from daypass.cli.operator.people.identity_center import (
    ChangeOptions,
    IdentityCenter,
    InstanceChoice,
    change_options,
    confirm_plan,
    instance_options,
    opened_instance,
)


@click.command(short_help="Delete a person")
@instance_options
@change_options
@click.argument("name")
def delete(at: InstanceChoice, how: ChangeOptions, name: str) -> None:
    """Delete a person for good, with their memberships, and end all that they have open.

    A person who is added again under the same name inherits nothing. To shut somebody out for a
    time, use `daypass person disable`.

    \b
    Example:
      daypass person delete alice
    """
    with opened_instance(at) as center:
        person = center.find_person(name)
        center.people("DeleteUser", is_dry_run=True, UserId=person["id"])
        plan = _plan(center, person)
        if confirm_plan(plan, how):
            center.people("DeleteUser", UserId=person["id"])
            output.print_line(f"deleted {person['name']}")


def _plan(center: IdentityCenter, person: dict[str, Any]) -> list[str]:
    """Return what goes with a person, and the assignments that stay."""
    lines = [f"to delete: {person['name']}  {person['id']}"]
    groups = [each["name"] for each in all_groups(center, person["id"])]
    if groups:
        lines.append(f"  leaves {', '.join(groups)}")
    for each in all_assignments(center, principal=person["id"]):
        named = each["permission_set_name"] or each["permission_set"]
        lines.append(f"  loses {named} in {each['account']}; the assignment stays until:")
        lines.append(f"    daypass assign {person['id']} {named} {each['account']} --remove")
    return lines
