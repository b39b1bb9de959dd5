"""What an assignment, and its end, change: the assignment, and the role in the account.

Functions of a snapshot to changes, for the operations and for the operator's command alike.
"""

from daypass.core.domain.identity_center.assignment import USER, Assignment
from daypass.core.domain.identity_center.people_group import PeopleGroup
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.core.domain.identity_center.person import Person
from daypass.core.faults import NotFound
from daypass.services.ssoadmin.provisioning.account_roles import (
    ProvisioningInput,
    check_target,
    provisioned_records,
    removable_records,
)
from daypass.state.changes import Put, Remove


def assigned(
    work: ProvisioningInput, permission_set: PermissionSet, assignment: Assignment
) -> list[Put | Remove]:
    """Return the changes that make an assignment; empty if it exists.

    The first one of a set in an account provisions it there; a further one leaves the role as it
    is, even if the set was edited since. Raises a fault, whose text is the reason, for an unknown
    account, person or group, and those of provisioning.
    """
    account = assignment.target
    check_target(work, account)
    _check_principal(work, assignment)
    if assignment.key in work.view.of(Assignment):
        return []
    changes: list[Put | Remove] = [Put(assignment)]
    if work.view.provisioned_set(account, permission_set.id) is None:
        changes += [Put(each) for each in provisioned_records(work, permission_set, account)]
    return changes


def unassigned(work: ProvisioningInput, assignment: Assignment) -> list[Put | Remove]:
    """Return the changes that end an assignment; empty if there is no such one.

    With the last one of a set in an account its role goes. The account may be closed, and person
    or group deleted.
    """
    found = work.view.of(Assignment).get(assignment.key)
    if found is None or found.principal_type != assignment.principal_type:
        return []
    changes: list[Put | Remove] = [Remove(found)]
    account, permission_set = found.target, found.permission_set
    others = work.view.assignments_in(account, permission_set)
    if all(each.key == found.key for each in others):
        removed = removable_records(work, permission_set, account)
        changes += [Remove(each) for each in removed]
    return changes


def _check_principal(work: ProvisioningInput, assignment: Assignment) -> None:
    """Raise `NotFound` unless the person or group of an assignment exists."""
    store = work.directory.identity_store(work.instance.store)
    record = Person if assignment.principal_type == USER else PeopleGroup
    if assignment.principal not in store.of(record):
        raise NotFound(
            f"the {assignment.principal_type} assignee {assignment.principal} was not found in"
            f" directory {store.id}"
        )
