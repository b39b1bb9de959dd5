"""The tables of `daypass person` and `daypass sign-in`: their commands, imported when they run."""

import click

from daypass.cli.lazy_group import lazy_group

PERSON_COMMANDS = {
    "add": ("daypass.cli.operator.people.person_add:add", "Add a person"),
    "list": ("daypass.cli.operator.people.person_list:list_", "Print every person"),
    "show": (
        "daypass.cli.operator.people.person_show:show",
        "Print a person, their groups and what they may reach",
    ),
    "disable": (
        "daypass.cli.operator.people.person_status:disable",
        "End all that a person has, and let them in no more",
    ),
    "enable": (
        "daypass.cli.operator.people.person_status:enable",
        "Let a disabled person in again",
    ),
    "delete": ("daypass.cli.operator.people.person_delete:delete", "Delete a person"),
    "sessions": (
        "daypass.cli.operator.people.person_sessions:sessions",
        "Print a person's open portal sessions",
    ),
    "token": (
        "daypass.cli.operator.people.person_token:token",
        "Open a portal session for a person, and print its token",
    ),
    "sign-out": (
        "daypass.cli.operator.people.person_status:sign_out",
        "End all that a person has open",
    ),
}
SIGN_IN_COMMANDS = {
    "show": (
        "daypass.cli.operator.people.sign_in_show:show",
        "Print every instance and its settings",
    ),
    "enable": (
        "daypass.cli.operator.people.sign_in_enable:enable",
        "Make the instance of an organization",
    ),
    "set": ("daypass.cli.operator.people.sign_in_network:set_", "Change a setting of the sign-in"),
}


@click.group(cls=lazy_group(PERSON_COMMANDS))
def person() -> None:
    """Administer the people of an identity store, who reach accounts by permission sets.

    People are found by user name or id. A running server takes each change at once.

    \b
    Examples:
      daypass person add alice --email alice@example.com
      daypass assign alice ReadOnly 111122223333
      daypass person show alice
    """


@click.group(name="sign-in", cls=lazy_group(SIGN_IN_COMMANDS))
def sign_in() -> None:
    """Show and set how people sign in: the instances of IAM Identity Center.

    \b
    Example:
      daypass sign-in show
    """
