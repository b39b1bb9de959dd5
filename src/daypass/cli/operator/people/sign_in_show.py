"""`daypass sign-in show`: print the instances of IAM Identity Center and their settings."""

from pathlib import Path
from typing import Any

import click

from daypass.cli import output
from daypass.cli.operator.options import DATA_OPTION
from daypass.cli.operator.people.identity_center import checked_answer, reached_authority


@click.command(short_help="Print every instance and its settings")
@DATA_OPTION
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(data: Path, as_json: bool) -> None:
    """Print every instance with its store, region, network lock, and how much is in it.

    \b
    Example:
      daypass sign-in show
    """
    from daypass.server.operator.identity_center_messages import ListInstances

    with reached_authority(data) as ask:
        found = checked_answer(ask(ListInstances())).result
    if as_json:
        output.print_json(found, indent=2)
        return
    for each in found["instances"]:
        _print_instance(each)
    for each in found["organizations_without"]:
        output.print_line(f"organization {each['organization']} has no instance")
        output.print_line(f"  it gets one by: daypass sign-in enable --account {each['owner']}")
    if not found["instances"] and not found["organizations_without"]:
        output.print_line("there is no instance, and no organization that could have one")


def _print_instance(instance: dict[str, Any]) -> None:
    of = f"organization {instance['organization']}" if instance["organization"] else "one account"
    output.print_line(f"{instance['id']}  of {of}, owned by {instance['owner']}")
    counts = ", ".join(
        f"{key.replace('_', ' ')} {instance[key]}"
        for key in ("people", "groups", "permission_sets", "assignments")
    )
    for label, value in (
        ("arn", instance["arn"]),
        ("store", instance["store"]),
        ("region", instance["region"]),
        ("has", counts),
        ("network", _network(instance["network"])),
        ("store's network", _network(instance["store_network"])),
    ):
        output.print_line(f"  {label:<17}{value}")


def _network(addresses: list[str] | None) -> str:
    if addresses is None:
        return "open"
    return f"only {', '.join(addresses)} (daypass sign-in set network open)"
