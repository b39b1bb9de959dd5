"""Who holds a managed policy, attached or as a boundary."""

from collections.abc import Iterator

from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.state.snapshot.account_view import AccountView


def attached_entities(account: AccountView, arn: str) -> Iterator[User | Group | Role]:
    """Yield the users, groups and roles of an account that a policy is attached to."""
    for table in (account.of(User), account.of(Group), account.of(Role)):
        for record in table:
            if arn in record.attached:
                yield record


def bounded_entities(account: AccountView, arn: str) -> Iterator[User | Role]:
    """Yield the users and roles of an account whose boundary a policy is."""
    for table in (account.of(User), account.of(Role)):
        for record in table:
            if record.boundary == arn:
                yield record
