"""Find who gains or loses permission sets by a plan, and what an edited set then allows."""

from collections.abc import Iterable, Iterator

from daypass.aws.entities import EntityKey, EntityKind
from daypass.blueprint.identity_center import (
    Assignment,
    IdentityCenter,
    PermissionSet,
    PrincipalKind,
)
from daypass.blueprint.organization import AccountIAM, Entity, Organization
from daypass.blueprint.plan.effects import (
    Effect,
    PermissionChange,
    account_label,
    permission_changes,
)

INLINE_POLICY = "the inline policy"


def people_effects(now: Organization, then: Organization) -> Iterator[Effect]:
    """Yield what a plan changes for people and groups, then for those who have an edited set."""
    before = now.identity_center or IdentityCenter()
    after = then.identity_center or IdentityCenter()
    yield from _principal_effects(before, after, then)
    for name, permission_set in sorted((after.permission_sets or {}).items()):
        known = (before.permission_sets or {}).get(name)
        accounts = before.provisioned.get(name, ())
        if known is None or not accounts:
            # Nobody has it, or whoever gets it is named above.
            continue
        changes = tuple(_set_changes(known, permission_set))
        if changes:
            where = accounts_text(account_name(each, then) for each in accounts)
            yield Effect(f"permission set {name} in {where}", changes)


def account_name(key: str, organization: Organization) -> str:
    """Return an account's name and id for people; its key if it is not in the organization."""
    account = organization.accounts.get(key)
    return account_label(account) if account is not None else key


ACCOUNTS_SHOWN = 8
"""How many accounts a line names."""


def accounts_text(accounts: Iterable[str]) -> str:
    """Return accounts as text, those after the first eight as a number."""
    listed = list(accounts)
    more = len(listed) - ACCOUNTS_SHOWN
    return ", ".join(listed[:ACCOUNTS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _principal_effects(
    before: IdentityCenter, after: IdentityCenter, organization: Organization
) -> Iterator[Effect]:
    """Yield what each person and group gains and loses, by assignments and by memberships."""
    changes: dict[tuple[PrincipalKind, str], list[PermissionChange]] = {}
    was, is_ = before.assignments or frozenset(), after.assignments or frozenset()
    for gains, found in ((True, is_ - was), (False, was - is_)):
        for each in sorted(found):
            changes.setdefault((each.kind, each.principal), []).append(
                _change(each, organization, gains=gains)
            )
    for name, person in sorted((after.people or {}).items()):
        known = (before.people or {}).get(name)
        old = (known.groups if known else None) or frozenset()
        new = person.groups or frozenset()
        for gains, groups, assignments in ((True, new - old, is_), (False, old - new, was)):
            for group in sorted(groups):
                changes.setdefault((PrincipalKind.PERSON, name), []).extend(
                    _change(each, organization, gains=gains, by=f"by group {group}")
                    for each in sorted(assignments)
                    if each.kind is PrincipalKind.GROUP and each.principal == group
                )
    for (kind, name), listed in sorted(changes.items()):
        if listed:
            yield Effect(f"{kind} {name}", tuple(listed))


def _change(
    assignment: Assignment, organization: Organization, *, gains: bool, by: str = ""
) -> PermissionChange:
    where = account_name(assignment.account, organization)
    return PermissionChange(gains, (f"{assignment.permission_set} in {where}",), by)


def _set_changes(before: PermissionSet, after: PermissionSet) -> Iterator[PermissionChange]:
    """Yield what the roles of an edited set allow, and no longer allow, once provisioned."""
    key = EntityKey(EntityKind.ROLE, after.name)
    yield from permission_changes(key, _as_role(before), _as_role(after))
    if before.session_duration != after.session_duration:
        was, is_ = before.session_duration, after.session_duration
        yield PermissionChange(gains=True, actions=(f"sessions of {is_} instead of {was}",))


def _as_role(given: PermissionSet) -> AccountIAM:
    """Return the IAM of an account with only the role of a set, for comparing what it allows."""
    inline = {INLINE_POLICY: given.inline} if given.inline else {}
    role = Entity(
        EntityKind.ROLE,
        given.name,
        inline=inline,
        attached=given.attached,
        boundary=given.boundary,
    )
    return AccountIAM({role.key: role})
