"""The view of one Identity Center instance at one revision: permission sets and assignments."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from daypass.core.domain.identity_center.assignment import Assignment, assignment_key
from daypass.core.domain.identity_center.instance import Instance
from daypass.core.domain.identity_center.permission_set import PermissionSet
from daypass.core.domain.identity_center.provisioned_set import ProvisionedSet, provisioned_key
from daypass.state.snapshot.view import View


class InstanceView(View):
    """An instance; without records if it does not exist."""

    __slots__ = ("record",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.record = self.of(Instance).get(self.id)
        """The instance's own record; None if the instance does not exist."""

    def set_named(self, name: str) -> PermissionSet | None:
        """Return the permission set of exactly that name, or None."""
        return next(iter(self.of(PermissionSet).group(name)), None)

    def is_assigned(self, target: str, permission_set: str, principals: Iterable[str]) -> bool:
        """Return whether any of the principals has a permission set in an account.

        `principals` are the ids of a person and of the person's groups.
        """
        assignments = self.of(Assignment)
        return any(
            assignment_key(target, permission_set, each) in assignments for each in principals
        )

    def assignments_in(self, target: str, permission_set: str = "") -> Iterator[Assignment]:
        """Yield the assignments in an account, of one permission set or of all, in order."""
        prefix = assignment_key(target, permission_set, "") if permission_set else f"{target}/"
        return self.of(Assignment).beginning_with(prefix)

    def provisioned_set(self, target: str, permission_set: str) -> ProvisionedSet | None:
        """Return a permission set as it was provisioned in an account; None if it was not."""
        return self.of(ProvisionedSet).get(provisioned_key(target, permission_set))

    def sets_provisioned_in(self, target: str) -> Iterator[ProvisionedSet]:
        """Yield the permission sets that were provisioned in an account, in order of their id."""
        return self.of(ProvisionedSet).beginning_with(f"{target}/")

    def provisionings_of(self, permission_set: str) -> Sequence[ProvisionedSet]:
        """Return a permission set as it is provisioned in each account, in order of account."""
        return self.of(ProvisionedSet).group(permission_set)
