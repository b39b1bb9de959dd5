"""`daypass person show`: print a person, their groups, and what they may reach."""

from collections.abc import Iterator
from typing import Any

import click

from daypass.cli import output
from daypass.cli.operator.people.assignment_pages import all_assignments, all_groups
from daypass.cli.operator.people.identity_center import (
    IdentityCenter,
    InstanceChoice,
    instance_options,
    opened_instance,
)
from daypass.cli.operator.people.person_list import shown_person


@click.command(short_help="Print a person, their groups and what they may reach")
@instance_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.argument("name")
def show(at: InstanceChoice, as_json: bool, name: str) -> None:
    """Print a person, their groups, and each permission set that they have in an account.

    \b
    Example:
      daypass person show alice
    """
    with opened_instance(at) as center:
        person = center.find_person(name)
        shown = shown_person(center.people("DescribeUser", UserId=person["id"]))
        groups = list(all_groups(center, person["id"]))
        access = list(_access(center, person["id"], groups))
    if as_json:
        output.print_json(shown | {"groups": [each["name"] for each in groups], "access": access})
        return
    state = "enabled" if shown["enabled"] else "disabled"
    output.print_line(f"{shown['name']}  {state}  {shown['id']}")
    for label, key in (("name", "display_name"), ("e-mail", "email")):
        if shown[key]:
            output.print_line(f"  {label:<8}{shown[key]}")
    if groups:
        output.print_line(f"  groups  {', '.join(each['name'] for each in groups)}")
    for each in access:
        by = f"by {each['group']}" if each["group"] else "directly"
        output.print_line(f"  {each['account']}  {each['permission_set']:<32}  {by}")
    if not access:
        output.print_line("  reaches no account")
    elif not shown["enabled"]:
        output.print_line("  none of it until: daypass person enable " + shown["name"])


def _access(
    center: IdentityCenter, person: str, groups: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield what a person may reach: account, permission set, and the group it comes by."""
    for group in ({"id": person, "name": None}, *groups):
        for each in all_assignments(center, principal=group["id"]):
            yield {
                "account": each["account"],
                "account_name": each["account_name"],
                "permission_set": each["permission_set_name"] or each["permission_set"],
                "group": group["name"],
            }
