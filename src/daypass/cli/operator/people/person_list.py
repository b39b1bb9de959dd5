"""`daypass person list`: print the people of an identity store, page after page."""

from collections.abc import Iterator
from typing import Any

import click

from daypass.cli import output
from daypass.cli.operator.people.identity_center import (
    IdentityCenter,
    InstanceChoice,
    instance_options,
    opened_instance,
)


@click.command("list", short_help="Print every person")
@instance_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each person.")
def list_(at: InstanceChoice, as_json: bool) -> None:
    """Print a line for each person: user name, enabled or disabled, e-mail address and name.

    People are read page by page, so a long list begins at once and may be cut by `head`.

    \b
    Examples:
      daypass person list
      daypass person list --json | grep '"enabled": false'
    """
    with opened_instance(at) as center:
        for each in all_people(center):
            shown = shown_person(each)
            if as_json:
                output.print_json(shown)
                continue
            state = "enabled" if shown["enabled"] else "disabled"
            output.print_line(
                f"{shown['name']:<24}  {state:<8}  {shown['email'] or '-':<32}"
                f"  {shown['display_name']}".rstrip()
            )


def all_people(center: IdentityCenter) -> Iterator[dict[str, Any]]:
    """Yield every person as ListUsers has them, in pages of a hundred."""
    paging: dict[str, Any] = {}
    while True:
        page = center.people("ListUsers", **paging)
        yield from page["Users"]
        if not page.get("NextToken"):
            return
        paging = {"NextToken": page["NextToken"]}


def shown_person(user: dict[str, Any]) -> dict[str, Any]:
    """Return a user of the API as commands print people."""
    emails = user.get("Emails", [])
    return {
        "id": user["UserId"],
        "name": user.get("UserName", ""),
        "display_name": user.get("DisplayName", ""),
        "email": emails[0].get("Value", "") if emails else "",
        "enabled": user.get("UserStatus") != "DISABLED",
    }
