"""`daypass apply`: show the plan from an organization to a file, and carry it out if confirmed."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.organization.organization_api import (
    ENDPOINT_OPTION,
    PROFILE_OPTION,
    open_api_clients,
    refusal_hint,
    refusal_text,
)

if TYPE_CHECKING:
    from daypass.blueprint.api_clients import ApiClients
    from daypass.blueprint.compare import Comparison
    from daypass.blueprint.organization import Organization
    from daypass.blueprint.plan.steps import PlanStep

_MARKS = {
    "added": ("+", "green"),
    "changed": ("~", "yellow"),
    "moved": (">", "cyan"),
    "removed": ("-", "red"),
}


@click.command(short_help="Change the organization to match a file")
@PROFILE_OPTION
@ENDPOINT_OPTION
@click.option("--prune", is_flag=True, help="Remove what the file does not list.")
@click.option(
    "--close-accounts",
    is_flag=True,
    help="With --prune: close accounts that the file does not list.",
)
@click.option("--dry-run", is_flag=True, help="Show the plan, and change nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as one line of JSON.")
@click.option("--schema", is_flag=True, help="Print the file's JSON Schema and exit.")
@click.argument(
    "file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
def apply(
    profile: str | None,
    endpoint: str | None,
    prune: bool,
    close_accounts: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    schema: bool,
    file: Path | None,
) -> None:
    """Change the organization to match FILE: units, accounts, policies, roles, people, assignments.

    The plan is shown first: what is added, changed, moved and removed, and who gains or loses what.
    Nothing is removed without --prune. If it is interrupted, run it again to continue. It works
    with Daypass and with AWS.

    \b
    Example:
      daypass export >organization.yaml
      daypass apply --dry-run organization.yaml

    Exit codes: 0 done, 1 refused, 2 wrong use, 3 begun but not finished, 130 interrupted.
    """
    if schema:
        from daypass.blueprint.file import file_schema

        output.print_exact(file_schema.schema_text(), nl=False)
        return
    if file is None:
        raise CommandError(
            "FILE is missing", hint="for example daypass apply organization.yaml", code=2
        )
    if close_accounts and not prune:
        raise CommandError("--close-accounts needs --prune", hint="add --prune", code=2)
    wanted = _read_file(file)
    with open_api_clients(profile, endpoint) as clients:
        from daypass.blueprint.compare import compare

        with output.progress_line() as report:
            found = compare(wanted, clients, report, prune=prune, close_accounts=close_accounts)
        _print_plan(found, as_json=as_json)
        if not found.plan.steps or dry_run:
            return
        _confirm(yes=yes)
        _carry_out(found, clients)


def _read_file(file: Path) -> "Organization":
    from daypass.blueprint.file.file_reader import InvalidFile, read_organization_file

    try:
        return read_organization_file(file)
    except InvalidFile as error:
        raise CommandError(
            *error.lines, hint="daypass apply --schema shows the format", code=2
        ) from error


def _print_plan(found: "Comparison", *, as_json: bool) -> None:
    from daypass.blueprint import wording

    if as_json:
        output.print_json(wording.plan_data(found.plan, found.effects))
        return
    for text, colour in _plan_lines(found):
        output.print_line(output.Styled(text, fg=colour or None))


def _plan_lines(found: "Comparison") -> Iterator[tuple[str, str]]:
    """Yield each line of the plan with its colour; empty means none."""
    from daypass.blueprint import wording

    yield wording.plan_summary(found.plan), ""
    if found.plan.steps:
        yield "", ""
    for step in found.plan.steps:
        mark, colour = _MARKS[step.verb]
        yield f"{mark} {step.verb:<8} {wording.step_text(step)}", colour
    if found.effects:
        yield "", ""
    for effect in found.effects:
        yield from ((line, "") for line in wording.effect_lines(effect))
    if found.plan.left_alone:
        yield "", ""
    for each in found.plan.left_alone:
        yield f"left alone: {each}", ""


def _confirm(*, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError(
            "there is no terminal to ask on", hint="--yes applies the plan without asking", code=2
        )
    if not click.confirm("Apply this?", err=True):
        raise CommandError("nothing was changed")


def _carry_out(found: "Comparison", clients: "ApiClients") -> None:
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    from daypass.blueprint import wording
    from daypass.blueprint.carry_out.account_creation import AccountCreationFailed
    from daypass.blueprint.carry_out.carry_out import carry_out
    from daypass.blueprint.carry_out.people_calls import RequestFailed
    from daypass.blueprint.observe.identity_center import NoInstance

    steps, done = found.plan.steps, 0
    with output.progress_line() as report:

        def begins(at: int, step: "PlanStep") -> None:
            nonlocal done
            done = at
            report(f"{at} of {len(steps)} done: {wording.step_text(step)}")

        try:
            carry_out(steps, clients, found.ids, found.wanted, begins)
        except (
            ClientError,
            BotoCoreError,
            ResponseParserError,
            AccountCreationFailed,
            NoInstance,
            RequestFailed,
        ) as error:
            raise CommandError(
                f"{wording.step_text(steps[done])} ({steps[done].verb}): {refusal_text(error)}",
                f"{done} of {len(steps)} steps were done",
                hint=f"{refusal_hint(error)}; then run it again to continue",
                code=3 if done else 1,
            ) from error
        except KeyboardInterrupt:
            output.print_line("", err=True)
            output.print_line(
                f"{done} of {len(steps)} steps were done; run it again to continue", err=True
            )
            raise
    output.print_line(f"done: {len(steps)} of {len(steps)} steps", err=True)
