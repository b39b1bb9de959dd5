"""Assignments and groups as the control socket lists them: read page by page, printed in lines."""

from collections.abc import Iterator
from typing import Any

from daypass.cli.operator.people.identity_center import IdentityCenter


def all_assignments(
    center: IdentityCenter, *, account: str = "", permission_set: str = "", principal: str = ""
) -> Iterator[dict[str, Any]]:
    """Yield the assignments in an account, of a permission set and of a principal, by their ids.

    Empty arguments select all.
    """
    from daypass.server.operator.identity_center_messages import ListAssignments

    after = ""
    while True:
        message = ListAssignments(
            instance=center.id,
            account=account,
            permission_set=permission_set,
            principal=principal,
            after=after,
        )
        page = center.ask(message).result
        yield from page["assignments"]
        after = page["after"]
        if not after:
            return


def all_groups(center: IdentityCenter, person: str) -> Iterator[dict[str, Any]]:
    """Yield the groups that a person, by id, is a member of."""
    from daypass.server.operator.identity_center_messages import ListGroupsOf

    after = ""
    while True:
        page = center.ask(ListGroupsOf(store=center.store, person=person, after=after)).result
        yield from page["groups"]
        after = page["after"]
        if not after:
            return


def assignment_line(assignment: dict[str, Any]) -> str:
    """Return an assignment as a line: who, which permission set, in which account."""
    kind = "group" if assignment["principal_type"] == "GROUP" else "person"
    name = assignment["principal_name"]
    who = f"{kind} {name}" if name is not None else f"deleted {kind} {assignment['principal']}"
    named = assignment["permission_set_name"] or assignment["permission_set"]
    account = f"{assignment['account']} {assignment['account_name']}".rstrip()
    return f"{who:<40}  {named:<32}  {account}"
