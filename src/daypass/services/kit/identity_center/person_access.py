"""What a person may reach now: the assignments to the person and to the person's groups.

Nothing is copied when an assignment is made or a group joined: every question is answered from the
assignments, memberships and accounts of the snapshot.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from heapq import merge

from daypass.core.domain.identity_center.assignment import Assignment
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.people_group import PeopleGroup
from daypass.state.snapshot.account_view import AccountView
from daypass.state.snapshot.identity_store_view import IdentityStoreView
from daypass.state.snapshot.instance_view import InstanceView

_AFTER_SLASH = "0"
"""The character after the slash: a key that begins with `account/` sorts before `account0`."""


def principals_of(store: IdentityStoreView, person: str) -> tuple[str, ...]:
    """Return the ids to which an assignment gives a person access: the person's and the groups'.

    A group that was deleted is none of them.
    """
    groups = store.of(PeopleGroup)
    return (person, *(each for each in store.groups_of(person) if each in groups))


def is_open_target(instance: Instance, account: AccountView) -> bool:
    """Return whether an account is open, and one in which the instance may give access."""
    record = account.record
    if record is None or record.closed:
        return False
    if not instance.organization:
        return record.account == instance.owner
    return record.organization == instance.organization


def assigned_accounts(
    instance: InstanceView, principals: Sequence[str], after: str = ""
) -> Iterator[str]:
    """Yield the accounts in which any of the principals has an assignment, in order of id.

    Only those whose id is greater than `after`.
    """
    last = ""
    start = f"{after}{_AFTER_SLASH}" if after else ""
    for assignment in merge(
        *(_assignments_from(instance, each, start) for each in principals), key=_target
    ):
        if assignment.target != last:
            last = assignment.target
            yield last


def assigned_sets(instance: InstanceView, principals: Sequence[str], target: str) -> set[str]:
    """Return the ids of the permission sets that any of the principals has in an account."""
    found = set()
    for principal in principals:
        for assignment in _assignments_from(instance, principal, f"{target}/"):
            if assignment.target != target:
                break
            found.add(assignment.permission_set)
    return found


def _assignments_from(instance: InstanceView, principal: str, key: str) -> Iterator[Assignment]:
    """Yield a principal's assignments whose keys are greater than a text, in order of key."""
    found = instance.of(Assignment).group(principal)
    start = bisect_right(found, key, key=_key) if key else 0
    return (found[at] for at in range(start, len(found)))


def _key(assignment: Assignment) -> str:
    return assignment.key


def _target(assignment: Assignment) -> str:
    return assignment.target
