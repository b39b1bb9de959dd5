"""`daypass sign-in set network open`: clear the network lock of an instance and its store."""

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


@click.group("set", short_help="Change a setting of the sign-in")
def set_() -> None:
    """Change a setting of the sign-in."""


@set_.command(short_help="Let every address use the instance again")
@instance_options
@change_options
@click.argument("state", type=click.Choice(["open"]))
def network(at: InstanceChoice, how: ChangeOptions, state: str) -> None:
    """Let every address use the instance, its store and its portal again.

    For the administrator whom the network lock has shut out. A lock is set by AWS's API:
    aws sso-admin update-instance, aws identitystore update-identity-store.

    \b
    Example:
      daypass sign-in set network open
    """
    from daypass.server.operator.identity_center_messages import OpenNetwork

    del state  # the only one
    with opened_instance(at) as center:
        locked = center.ask(OpenNetwork(instance=center.id, is_dry_run=True, by=center.by)).done
        if not locked:
            output.print_line("the network is open already")
            return
        plan = [f"to open for every address: {', '.join(locked)}"]
        if confirm_plan(plan, how):
            center.ask(OpenNetwork(instance=center.id, by=center.by))
            output.print_line("the network is open")
