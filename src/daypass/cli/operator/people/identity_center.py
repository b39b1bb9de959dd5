"""An instance of IAM Identity Center as the operator's commands reach it, and their options."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.operator.bucket import confirm
from daypass.cli.operator.data_errors import data_errors_explained
from daypass.cli.operator.options import DATA_OPTION

if TYPE_CHECKING:
    from daypass.server.operator.authority_link import Ask
    from daypass.server.operator.control_socket import CommandMessage, ControlAnswer

Answer = dict[str, Any]
NO_INSTANCE_HINT = "daypass sign-in enable makes one for an organization"


@dataclass(frozen=True, slots=True)
class InstanceChoice:
    """The options by which a command finds its instance: data directory, store, owner."""

    data: Path
    store: str | None
    owner: str | None


@dataclass(frozen=True, slots=True)
class ChangeOptions:
    """The options of a command that changes something: whether to only show it, or not to ask."""

    dry_run: bool
    yes: bool


def instance_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of its instance, as a first argument `InstanceChoice`."""

    @wraps(command)
    def run(data: Path, store: str | None, owner: str | None, **given: Any) -> None:
        command(InstanceChoice(data, store, owner), **given)

    return _with_options(
        run,
        DATA_OPTION,
        click.option(
            "--store", metavar="ID", help="The identity store, d-…, if there are several."
        ),
        click.option(
            "--account", "owner", metavar="ID", help="The account that owns the instance."
        ),
    )


def change_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options `--dry-run` and `--yes`, as an argument `how`."""

    @wraps(command)
    def run(*values: Any, dry_run: bool, yes: bool, **given: Any) -> None:
        command(*values, how=ChangeOptions(dry_run, yes), **given)

    return _with_options(
        run,
        click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing."),
        click.option("--yes", is_flag=True, help="Do not ask."),
    )


def _with_options(
    command: Callable[..., None], *options: Callable[[Callable[..., None]], Callable[..., None]]
) -> Callable[..., None]:
    """Return a command with further options, which `--help` shows in this order."""
    for option in reversed(options):
        command = option(command)
    return command


class IdentityCenter:
    """One instance and its identity store, over a link to the authority."""

    def __init__(self, ask: "Ask", instance: Mapping[str, Any]) -> None:
        """Take a link, and the instance as `ListInstances` of the control socket has it."""
        from daypass.server.operator.operator_events import operator_name

        self._ask = ask
        self.instance = instance
        self.id: str = instance["id"]
        self.arn: str = instance["arn"]
        self.store: str = instance["store"]
        self.by = operator_name()

    def ask(self, message: "CommandMessage", *, hint: str = "") -> "ControlAnswer":
        """Return the answer to a message; raises `CommandError` with `hint` if it is refused."""
        return checked_answer(self._ask(message), hint=hint)

    def people(
        self, operation: str, *, is_dry_run: bool = False, hint: str = "", **parameters: Any
    ) -> Answer:
        """Return the answer of an operation of `identitystore` on the store."""
        parameters["IdentityStoreId"] = self.store
        return self._call("identitystore", operation, parameters, is_dry_run, hint)

    def sets(
        self, operation: str, *, is_dry_run: bool = False, hint: str = "", **parameters: Any
    ) -> Answer:
        """Return the answer of an operation of `ssoadmin` on the instance."""
        parameters["InstanceArn"] = self.arn
        return self._call("ssoadmin", operation, parameters, is_dry_run, hint)

    def _call(
        self, service: str, operation: str, parameters: Answer, is_dry_run: bool, hint: str
    ) -> Answer:
        from daypass.server.operator.identity_center_messages import CallOperation

        message = CallOperation(
            service=service,
            operation=operation,
            parameters=parameters,
            account=self.instance["owner"],
            region=self.instance["region"],
            is_dry_run=is_dry_run,
            by=self.by,
        )
        found: Answer = self.ask(message, hint=hint).result
        return found

    def find_principal(self, name: str) -> Answer:
        """Return the person and the group of a name or an id, each None without one."""
        from daypass.server.operator.identity_center_messages import FindPrincipal

        found: Answer = self.ask(FindPrincipal(store=self.store, name=name)).result
        return found

    def find_person(self, name: str) -> Answer:
        """Return the person of a user name or an id; raises `CommandError` without one."""
        person: Answer | None = self.find_principal(name)["person"]
        if person is None:
            raise CommandError(f"there is no person {name}", hint="daypass person list")
        return person


def checked_answer(answer: "ControlAnswer", *, hint: str = "") -> "ControlAnswer":
    """Return an answer; raises `CommandError` with AWS's code, if there is one, if it refuses."""
    if answer.error:
        code = f"{answer.code}: " if answer.code else ""
        raise CommandError(f"{code}{answer.error}", hint=hint)
    return answer


@contextmanager
def reached_authority(data: Path, *, region: str = "") -> Iterator["Ask"]:
    """Yield a function that sends messages to the authority of a data directory.

    `region` is that of instances that are made; empty for the default. Raises `CommandError`.
    """
    from daypass.core.organizations.settings import OrganizationSettings
    from daypass.server.operator.authority_link import linked_authority

    settings = (
        OrganizationSettings(identity_center_region=region) if region else OrganizationSettings()
    )
    with data_errors_explained(data), linked_authority(data, os.environ, settings) as ask:
        yield ask


@contextmanager
def opened_instance(at: InstanceChoice) -> Iterator[IdentityCenter]:
    """Yield the only instance, or the one that a store or its owner names.

    Raises `CommandError` if there is none, or if there are several to choose from.
    """
    from daypass.server.operator.identity_center_messages import ListInstances

    with reached_authority(at.data) as ask:
        listed = checked_answer(ask(ListInstances())).result["instances"]
        yield IdentityCenter(ask, chosen_instance(listed, at))


def chosen_instance(listed: list[Answer], at: InstanceChoice) -> Answer:
    """Return the instance of a store, of an owner, or the only one; raises `CommandError`."""
    found = [
        each
        for each in listed
        if at.store in {None, each["store"]} and at.owner in {None, each["owner"]}
    ]
    if len(found) == 1:
        return found[0]
    if not listed:
        raise CommandError("there is no instance of IAM Identity Center", hint=NO_INSTANCE_HINT)
    if not found:
        chosen = f"the store {at.store}" if at.store else f"account {at.owner}"
        raise CommandError(
            f"there is no instance of IAM Identity Center of {chosen}", hint="daypass sign-in show"
        )
    raise CommandError(
        f"there are {len(found)} instances of IAM Identity Center",
        *(f"  --store {each['store']}   of account {each['owner']}" for each in found),
        hint="name one with --store or --account",
        code=2,
    )


def confirm_plan(lines: list[str], how: ChangeOptions, *, as_json: bool = False) -> bool:
    """Print what would change and ask; return whether to change it.

    The lines go to standard error where standard output is JSON. Raises as `confirm` does.
    """
    for each in lines:
        output.print_line(each, err=as_json)
    if how.dry_run:
        return False
    confirm(yes=how.yes)
    return True
