"""The view of one identity store at one revision: its people, their groups, their names."""

from collections.abc import Sequence
from typing import Any

from daypass.core.domain.identity_center.ended_group import EndedGroup
from daypass.core.domain.identity_center.group_membership import GroupMembership, membership_key
from daypass.core.domain.identity_center.identity_store import IdentityStore
from daypass.core.domain.identity_center.people_group import PeopleGroup
from daypass.core.domain.identity_center.person import Person
from daypass.state.snapshot.view import View


class IdentityStoreView(View):
    """An identity store; without records if it does not exist."""

    __slots__ = ("record",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.record = self.of(IdentityStore).get(self.id)
        """The store's own record; None if the store does not exist."""

    def groups_of(self, person: str) -> tuple[str, ...]:
        """Return the ids of the groups that a person is a member of."""
        return tuple(each.group for each in self.memberships_of(person))

    def memberships_of(self, person: str) -> Sequence[GroupMembership]:
        """Return the memberships of a person, in order of the group's id."""
        found, ended = self.of(GroupMembership).group(person), self.of(EndedGroup)
        # Hardly ever has a deleted group memberships left.
        return [each for each in found if each.group not in ended] if len(ended) else found

    def membership(self, identifier: str) -> GroupMembership | None:
        """Return the membership of an id; None without one."""
        found = self.by_id(GroupMembership, identifier)
        return None if found is None or found.group in self.of(EndedGroup) else found

    def membership_in(self, group: str, person: str) -> GroupMembership | None:
        """Return a person's membership in a group; None without one."""
        if group in self.of(EndedGroup):
            return None
        return self.of(GroupMembership).get(membership_key(group, person))

    def person_named(self, folded_name: str) -> Person | None:
        """Return the person with a user name, as `folding` folds it; None without one."""
        return next(iter(self.of(Person).group(folded_name, "folded_name")), None)

    def person_with_email(self, email: str) -> Person | None:
        """Return the person with a primary e-mail address, as it is compared; None without one."""
        return next(iter(self.of(Person).group(email, "email")), None)

    def group_named(self, folded_name: str) -> PeopleGroup | None:
        """Return the group with a display name, as `folding` folds it; None without one."""
        return next(iter(self.of(PeopleGroup).group(folded_name)), None)
