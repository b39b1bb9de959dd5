"""Plan the steps for an account's roles, users, groups and customer managed policies.

What restricts or is harmless comes first: boundaries, then policies; removals come after. A trust
policy that admits somebody new is set last of all. Entities that the file does not list are always
left alone: deleting them would lose their keys.
"""

from collections.abc import Iterator
from typing import Protocol

from daypass.aws.entities import EntityKind
from daypass.blueprint.organization import (
    AccountIAM,
    CustomerManagedPolicy,
    Entity,
)
from daypass.blueprint.plan import iam_steps
from daypass.blueprint.plan.steps import PlanStep
from daypass.blueprint.plan.tag_changes import tag_changes
from daypass.blueprint.policy_texts import is_same_policy, is_tightening

_ORDER = {EntityKind.GROUP: 0, EntityKind.ROLE: 1, EntityKind.USER: 2}


class RemoveOrNote(Protocol):
    """Returns the removing steps, or an empty list after noting what stays."""

    def __call__(self, what: str, /, *steps: PlanStep) -> list[PlanStep]:
        """Take a text for what is to be removed, and the steps that remove it."""


def plan_account_iam(
    account: str, wanted: AccountIAM, now: AccountIAM | None, remove_or_note: RemoveOrNote
) -> Iterator[PlanStep]:
    """Yield the steps from an account's existing IAM to the wanted one; None: nothing was read."""
    known = now or AccountIAM()
    late: list[PlanStep] = []
    for name, policy in sorted(wanted.managed.items()):
        before = known.managed.get(name)
        if before is not None and not is_tightening(before.content, policy.content):
            # An update that may loosen comes after everything that tightens.
            late += _managed_policy_steps(account, policy, before, remove_or_note)
        else:
            yield from _managed_policy_steps(account, policy, before, remove_or_note)
    for key, entity in sorted(
        wanted.entities.items(), key=lambda pair: (_ORDER[pair[0].kind], pair[0].name)
    ):
        yield from _EntityPlanner(account, entity, known.entities.get(key), remove_or_note).steps()
    yield from late


def _managed_policy_steps(
    account: str,
    policy: CustomerManagedPolicy,
    known: CustomerManagedPolicy | None,
    remove_or_note: RemoveOrNote,
) -> Iterator[PlanStep]:
    if known is None:
        yield iam_steps.CreateManaged(account, policy)
        return
    if not is_same_policy(policy.content, known.content):
        yield iam_steps.UpdateManaged(account, policy)
    put, extra = tag_changes(policy.tags, known.tags)
    if put:
        yield iam_steps.TagManaged(account, policy, put)
    if extra:
        what = f"tags {', '.join(extra)} of policy {policy.name} in {account}"
        yield from remove_or_note(what, iam_steps.UntagManaged(account, policy, extra))


class _EntityPlanner:
    """Finds the steps from an existing entity, or none, to the wanted one."""

    def __init__(
        self, account: str, wanted: Entity, known: Entity | None, remove_or_note: RemoveOrNote
    ) -> None:
        self.who = iam_steps.AccountEntity(account, wanted.kind, wanted.name)
        self.account = account
        self.wanted = wanted
        self.is_new = known is None
        # A new entity is created with everything that one call accepts.
        self.now = known or Entity(
            wanted.kind,
            wanted.name,
            wanted.path,
            tags=wanted.tags,
            boundary=wanted.boundary,
            trust=wanted.trust,
            description=wanted.description,
            max_session_seconds=wanted.max_session_seconds,
        )
        self.remove_or_note = remove_or_note

    def steps(self) -> Iterator[PlanStep]:
        """Yield the steps in order."""
        wanted, now = self.wanted, self.now
        if self.is_new:
            yield iam_steps.CreateEntity(self.account, wanted)
        has_new_trust = not is_same_policy(wanted.trust, now.trust)
        is_tighter = is_tightening(now.trust, wanted.trust)
        if has_new_trust and is_tighter:
            yield iam_steps.SetTrust(self.who, wanted.trust)
        if wanted.boundary and wanted.boundary != now.boundary:
            yield iam_steps.SetBoundary(self.who, wanted.boundary)
        yield from self._added()
        yield from self._removed()
        if (wanted.description, wanted.max_session_seconds) != (
            now.description,
            now.max_session_seconds,
        ):
            yield iam_steps.UpdateRole(self.who, wanted.description, wanted.max_session_seconds)
        yield from self._tags()
        if has_new_trust and not is_tighter:
            yield iam_steps.SetTrust(self.who, wanted.trust)

    def _added(self) -> Iterator[PlanStep]:
        wanted, now = self.wanted, self.now
        for name, content in sorted(wanted.inline.items()):
            if not is_same_policy(content, now.inline.get(name, "")):
                yield iam_steps.PutInline(self.who, name, content, is_new=name not in now.inline)
        for reference in sorted(wanted.attached - now.attached):
            yield iam_steps.AttachManaged(self.who, reference)
        for group in sorted(wanted.groups - now.groups):
            yield iam_steps.JoinGroup(self.who, group)

    def _removed(self) -> Iterator[PlanStep]:
        wanted, now, who = self.wanted, self.now, self.who
        named = f"{who.kind} {who.name} in {who.account}"
        for name in sorted(set(now.inline) - set(wanted.inline)):
            yield from self.remove_or_note(
                f"policy {name} of {named}", iam_steps.DeleteInline(who, name)
            )
        for reference in sorted(now.attached - wanted.attached):
            yield from self.remove_or_note(
                f"policy {reference} of {named}", iam_steps.DetachManaged(who, reference)
            )
        for group in sorted(now.groups - wanted.groups):
            yield from self.remove_or_note(
                f"{named} in group {group}", iam_steps.LeaveGroup(who, group)
            )
        if now.boundary and not wanted.boundary:
            yield from self.remove_or_note(f"boundary of {named}", iam_steps.DeleteBoundary(who))
        if now.path != wanted.path:
            # No API call changes a path, so there is no step even with `prune`.
            self.remove_or_note(f"path {now.path} of {named}: it cannot be changed")

    def _tags(self) -> Iterator[PlanStep]:
        put, extra = tag_changes(self.wanted.tags, self.now.tags)
        if put:
            yield iam_steps.TagEntity(self.who, put)
        if extra:
            named = f"{self.who.kind} {self.who.name} in {self.who.account}"
            what = f"tags {', '.join(extra)} of {named}"
            yield from self.remove_or_note(what, iam_steps.UntagEntity(self.who, extra))
