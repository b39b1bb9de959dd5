"""`daypass person sessions`: print the portal sessions of a person."""

import click

from daypass.cli import output
from daypass.cli.operator.people.identity_center import (
    InstanceChoice,
    instance_options,
    opened_instance,
)


@click.command(short_help="Print a person's open portal sessions")
@instance_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each session.")
@click.argument("name")
def sessions(at: InstanceChoice, as_json: bool, name: str) -> None:
    """Print a line for each portal session: when it began and ends, and who opened it.

    \b
    Example:
      daypass person sessions alice

    They all end by: daypass person sign-out alice
    """
    from daypass.core.time.timestamps import iso8601
    from daypass.server.operator.identity_center_messages import ListPortalSessions

    with opened_instance(at) as center:
        person = center.find_person(name)
        message = ListPortalSessions(store=center.store, person=person["id"])
        found = center.ask(message).result["sessions"]
    for each in found:
        times = {key: iso8601(each[key]) for key in ("started", "expires")}
        if as_json:
            output.print_json(each | times)
            continue
        how = f"opened by {each['opened_by']}" if each["opened_by"] else "signed in"
        output.print_line(f"since {times['started']}  until {times['expires']}  {how}")
    if not found and not as_json:
        output.print_line(f"{person['name']} has no open session")
