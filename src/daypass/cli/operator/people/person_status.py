"""`daypass person disable`, `enable` and `sign-out`: whether a person is let in, and what ends."""

from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from daypass.cli import output
from daypass.cli.operator.people.identity_center import (
    ChangeOptions,
    InstanceChoice,
    change_options,
    confirm_plan,
    instance_options,
    opened_instance,
)

if TYPE_CHECKING:
    from daypass.server.operator.identity_center_messages import PersonAct

ALL_ENDS = "  portal sessions, their tokens and role credentials of them end with the next request"


@click.command(short_help="End all that a person has, and let them in no more")
@instance_options
@change_options
@click.argument("name")
def disable(at: InstanceChoice, how: ChangeOptions, name: str) -> None:
    """Let a person sign in no more, and end all that they have open, role credentials included.

    Their groups and assignments stay, for `daypass person enable NAME`.

    \b
    Example:
      daypass person disable alice
    """
    from daypass.server.operator.identity_center_messages import PersonAct

    _change(at, how, name, PersonAct.DISABLE, "disabled", [ALL_ENDS])


@click.command(short_help="Let a disabled person in again")
@instance_options
@change_options
@click.argument("name")
def enable(at: InstanceChoice, how: ChangeOptions, name: str) -> None:
    """Let a disabled person sign in again, with the groups and assignments that they have.

    What ended when they were disabled stays ended.

    \b
    Example:
      daypass person enable alice
    """
    from daypass.server.operator.identity_center_messages import PersonAct

    _change(at, how, name, PersonAct.ENABLE, "enabled", [])


@click.command("sign-out", short_help="End all that a person has open")
@instance_options
@change_options
@click.argument("name")
def sign_out(at: InstanceChoice, how: ChangeOptions, name: str) -> None:
    """End all that a person has open, role credentials included; they may sign in again at once.

    \b
    Example:
      daypass person sign-out alice
    """
    from daypass.server.operator.identity_center_messages import PersonAct

    _change(at, how, name, PersonAct.SIGN_OUT, "signed out", [ALL_ENDS])


def _change(
    at: InstanceChoice,
    how: ChangeOptions,
    name: str,
    act: "PersonAct",
    done: str,
    effects: list[str],
) -> None:
    """Change a person, after the question; `done` says what the person then is."""
    from daypass.server.operator.identity_center_messages import ChangePerson

    with opened_instance(at) as center:
        person = center.find_person(name)
        message = ChangePerson(
            store=center.store, person=person["id"], act=act, is_dry_run=True, by=center.by
        )
        if not center.ask(message).done:
            output.print_line(f"{person['name']} was {done} already")
            return
        plan = [f"to {act.value.replace('-', ' ')}: {person['name']}", *effects]
        if not confirm_plan(plan, how):
            return
        center.ask(replace(message, is_dry_run=False))
        output.print_line(f"{done} {person['name']}")
