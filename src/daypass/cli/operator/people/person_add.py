"""`daypass person add`: add a person to an identity store."""

from typing import Any

import click

from daypass.cli import output
from daypass.cli.operator.people.identity_center import (
    ChangeOptions,
    InstanceChoice,
    change_options,
    confirm_plan,
    instance_options,
    opened_instance,
)


@click.command(short_help="Add a person")
@instance_options
@click.option("--given-name", metavar="NAME", help="The given name.")
@click.option("--family-name", metavar="NAME", help="The family name.")
@click.option("--display-name", metavar="NAME", help="The name that people see.")
@click.option("--email", metavar="ADDRESS", help="The primary e-mail address, unique in the store.")
@change_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.argument("name")
def add(
    at: InstanceChoice,
    given_name: str | None,
    family_name: str | None,
    display_name: str | None,
    email: str | None,
    how: ChangeOptions,
    as_json: bool,
    name: str,
) -> None:
    """Add a person; NAME is the user name, without blanks, unique whatever its case.

    The person reaches no account before `daypass assign`.

    \b
    Example:
      daypass person add alice --display-name Alice --email alice@example.com

    It is undone by: daypass person delete alice
    """
    parameters = _parameters(name, given_name, family_name, display_name, email)
    with opened_instance(at) as center:
        # The call itself, without its changes: what is refused is refused before the question.
        center.people("CreateUser", is_dry_run=True, hint="daypass person list", **parameters)
        shown = ", ".join(each for each in (display_name, email) if each)
        plan = [f"to add: {name} ({shown})" if shown else f"to add: {name}"]
        if not confirm_plan(plan, how, as_json=as_json):
            return
        made = center.people("CreateUser", **parameters)
    if as_json:
        output.print_json({"id": made["UserId"], "name": name, "store": made["IdentityStoreId"]})
        return
    output.print_line(f"added {name}  {made['UserId']}")
    output.print_line(f"daypass assign {name} PERMISSION-SET ACCOUNT", err=True)


def _parameters(
    name: str,
    given_name: str | None,
    family_name: str | None,
    display_name: str | None,
    email: str | None,
) -> dict[str, Any]:
    """Return the parameters of CreateUser, without those that are not given."""
    parts = {"GivenName": given_name, "FamilyName": family_name}
    names = {key: value for key, value in parts.items() if value}
    found: dict[str, Any] = {"UserName": name}
    if names:
        found["Name"] = names
    if display_name:
        found["DisplayName"] = display_name
    if email:
        found["Emails"] = [{"Value": email, "Primary": True}]
    return found
