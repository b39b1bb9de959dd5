"""The users, groups and roles that have a managed policy, attached or as their boundary."""

from collections.abc import Iterator

from daypass.core.domain.iam.group import Group
from daypass.core.domain.iam.role import Role
from daypass.core.domain.iam.user import User
from daypass.state.snapshot.account_view import AccountView


def attached_entities(account: AccountView, arn: str) -> Iterator[User | Group | Role]:
    """Yield the account's users, groups and roles that a policy is attached to."""
    for table in (account.of(User), account.of(Group), account.of(Role)):
        for record in table:
            if arn in record.attached:
                yield record


def bounded_entities(account: AccountView, arn: str) -> Iterator[User | Role]:
    """Yield the account's users and roles whose permissions boundary is a policy."""
    for table in (account.of(User), account.of(Role)):
        for record in table:
            if record.boundary == arn:
                yield record
