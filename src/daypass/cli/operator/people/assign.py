"""`daypass assign`: give a person or a group a permission set in an account, or take it away."""

from typing import Any

import click

from daypass.cli import output
from daypass.cli.command_error import CommandError
from daypass.cli.operator.people.assignment_pages import all_assignments, assignment_line
from daypass.cli.operator.people.identity_center import (
    ChangeOptions,
    IdentityCenter,
    InstanceChoice,
    change_options,
    confirm_plan,
    instance_options,
    opened_instance,
)

USER, GROUP = "USER", "GROUP"
_KINDS = {"person": USER, "group": GROUP}
_WORDS = {USER: "person", GROUP: "group"}


class AssignCommand(click.Group):
    """The group of `daypass assign list`, which takes any other arguments as an assignment."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the subcommand of the first argument, else the one that assigns."""
        is_named = args[0] in self.commands
        return super().resolve_command(ctx, args if is_named else ["to", *args])


@click.group(
    cls=AssignCommand,
    short_help="Give a person or a group a permission set in an account",
    subcommand_metavar="PERSON-OR-GROUP PERMISSION-SET ACCOUNT [OPTIONS] | list [OPTIONS]",
    # Options may stand before the arguments: they are those of `to`.
    context_settings={"ignore_unknown_options": True},
)
def assign() -> None:
    """Give a person or a group a permission set in an account, or take it away with --remove.

    \b
    Examples:
      daypass assign alice ReadOnly 111122223333
      daypass assign developers Deployer sandbox --remove
      daypass assign list --in 111122223333

    ACCOUNT is an id or a name. The role is made in the account with the first assignment, and goes
    with the last one. `daypass assign to --help` shows the options; somebody who is called `list`
    or `to` is assigned by `daypass assign to list …`.
    """


@assign.command("to", short_help="Assign, or take away with --remove")
@instance_options
@click.option("--remove", is_flag=True, help="Take the permission set away.")
@click.option("--kind", type=click.Choice(list(_KINDS)), help="What the name is, if it is both.")
@change_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.argument("principal", metavar="PERSON-OR-GROUP")
@click.argument("permission_set", metavar="PERMISSION-SET")
@click.argument("account")
def to(
    at: InstanceChoice,
    remove: bool,
    kind: str | None,
    how: ChangeOptions,
    as_json: bool,
    principal: str,
    permission_set: str,
    account: str,
) -> None:
    """Give a person or a group a permission set in an account; with --remove take it away.

    Taking it away ends the role credentials that came of it with the next request.

    \b
    Examples:
      daypass assign alice ReadOnly 111122223333
      daypass assign alice ReadOnly 111122223333 --remove
    """
    with opened_instance(at) as center:
        found = _find(center, principal, permission_set, account, kind, remove=remove)
        plan = [_plan_line(found, remove=remove)]
        operation = "DeleteAccountAssignment" if remove else "CreateAccountAssignment"
        center.sets(operation, is_dry_run=True, **found["parameters"])
        if not confirm_plan(plan, how, as_json=as_json):
            return
        status = _carry_out(center, operation, found["parameters"])
    if as_json:
        output.print_json(
            {"status": status["Status"], "request": status["RequestId"], **found["shown"]}
        )
    elif status["Status"] == "IN_PROGRESS":
        output.print_line("begun: a running server goes on with it")
    else:
        output.print_line("removed" if remove else "assigned")


@assign.command("list", short_help="Print every assignment")
@instance_options
@click.option("--in", "account", default="", metavar="ACCOUNT", help="Only those in an account.")
@click.option("--set", "permission_set", default="", metavar="NAME", help="Only of this set.")
@click.option("--of", "principal", default="", metavar="NAME", help="Only of a person or a group.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each of them.")
def list_(
    at: InstanceChoice,
    account: str,
    permission_set: str,
    principal: str,
    as_json: bool,
) -> None:
    """Print a line for each assignment: who, which permission set, in which account.

    An assignment of a deleted person or group is listed by id: it grants nothing.

    \b
    Example:
      daypass assign list --in 111122223333
    """
    with opened_instance(at) as center:
        chosen = _chosen_ids(center, account, permission_set, principal)
        for each in all_assignments(center, **chosen):
            if as_json:
                output.print_json(each)
            else:
                output.print_line(assignment_line(each))


def _chosen_ids(
    center: IdentityCenter, account: str, permission_set: str, principal: str
) -> dict[str, str]:
    """Return the ids by which assignments are chosen; raises `CommandError` for unknown names."""
    ids = {"account": "", "permission_set": "", "principal": ""}
    if account or permission_set:
        found = _find_target(center, permission_set, account)
        ids["account"] = found["account"]["id"] if account else ""
        ids["permission_set"] = found["permission_set"]["id"] if permission_set else ""
    if principal:
        ids["principal"] = _find_principal(center, principal, None, known={})[1]
    return ids


def _find(
    center: IdentityCenter,
    principal: str,
    permission_set: str,
    account: str,
    kind: str | None,
    *,
    remove: bool,
) -> dict[str, Any]:
    """Return an assignment's parameters for the API and its names; raises `CommandError`."""
    target = _find_target(center, permission_set, account)
    known: dict[str, str] = {}
    if remove:
        # What was deleted has no name any more, but its assignments have its id and its type.
        in_account = all_assignments(
            center, account=target["account"]["id"], permission_set=target["permission_set"]["id"]
        )
        known = {each["principal"]: each["principal_type"] for each in in_account}
    principal_type, principal_id, name = _find_principal(center, principal, kind, known=known)
    return {
        "parameters": {
            "PermissionSetArn": target["permission_set"]["arn"],
            "TargetType": "AWS_ACCOUNT",
            "TargetId": target["account"]["id"],
            "PrincipalType": principal_type,
            "PrincipalId": principal_id,
        },
        "shown": {
            "principal_type": principal_type,
            "principal": principal_id,
            "principal_name": name,
            "permission_set": target["permission_set"]["name"],
            "account": target["account"]["id"],
        },
    }


def _find_target(center: IdentityCenter, permission_set: str, account: str) -> dict[str, Any]:
    """Return the permission set and the account of these names; raises `CommandError`."""
    from daypass.server.operator.identity_center_messages import FindTarget

    message = FindTarget(instance=center.id, permission_set=permission_set, account=account)
    found: dict[str, Any] = center.ask(message).result
    if permission_set and found["permission_set"] is None:
        raise CommandError(
            f"there is no permission set {permission_set}",
            hint=f"aws sso-admin list-permission-sets --instance-arn {center.arn}",
        )
    if account and found["account"] is None:
        raise CommandError(f"there is no account {account}", hint="daypass account list")
    return found


def _find_principal(
    center: IdentityCenter, name: str, kind: str | None, *, known: dict[str, str]
) -> tuple[str, str, str | None]:
    """Return the type, the id and the name of a person or a group.

    `known` are types by id of deleted ones, which have no name. Raises `CommandError` for a name
    that neither or both have.
    """
    found = center.find_principal(name)
    both = [
        (_KINDS[word], each["id"], each["name"])
        for word in _KINDS
        if (each := found[word]) is not None and kind in {None, word}
    ]
    if len(both) > 1:
        raise CommandError(
            f"{name} is a person and a group",
            hint="say which with --kind person or --kind group",
            code=2,
        )
    if both:
        return both[0]
    if name in known:
        return known[name], name, None
    raise CommandError(
        f"there is no {kind or 'person or group'} {name}",
        hint="daypass person list, or aws identitystore list-groups"
        f" --identity-store-id {center.store}",
    )


def _plan_line(found: dict[str, Any], *, remove: bool) -> str:
    shown = found["shown"]
    who = f"{_WORDS[shown['principal_type']]} {shown['principal_name'] or shown['principal']}"
    what = f"{shown['permission_set']} in {shown['account']}"
    return f"to remove: {what} from {who}" if remove else f"to assign: {what} to {who}"


def _carry_out(
    center: IdentityCenter, operation: str, parameters: dict[str, Any]
) -> dict[str, Any]:
    """Assign or take away; return the request's status, raise `CommandError` if it failed."""
    word = "Creation" if operation.startswith("Create") else "Deletion"
    begun = center.sets(operation, **parameters)[f"AccountAssignment{word}Status"]
    request = f"AccountAssignment{word}RequestId"
    described = center.sets(
        f"DescribeAccountAssignment{word}Status", **{request: begun["RequestId"]}
    )
    status: dict[str, Any] = described[f"AccountAssignment{word}Status"]
    if status["Status"] == "FAILED":
        raise CommandError(f"the assignment failed: {status.get('FailureReason', '')}")
    return status
