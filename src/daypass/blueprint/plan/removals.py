"""Plan the removal of what the file does not list, or note that it is left alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from daypass.blueprint.organization import MANAGEMENT, Organization, PolicyKey, is_path, path_depth
from daypass.blueprint.plan import organization_steps
from daypass.blueprint.plan.iam_plan import RemoveOrNote
from daypass.blueprint.plan.steps import PlanStep
from daypass.core.organizations.trusted_services import ONE_ADMINISTRATOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Removals:
    """Finds what exists beyond the file, and the steps that remove it.

    `types` and `services` are those that the file needs or names; `remove_or_note` returns the
    steps, or an empty list if nothing may be removed.
    """

    wanted: Organization
    now: Organization
    remove_or_note: RemoveOrNote
    closes_accounts: bool
    types: frozenset[str]
    services: frozenset[str]

    def steps(self) -> Iterator[PlanStep]:
        """Yield the steps in an order in which nothing is still in use when it is removed."""
        yield from self._closures()
        off = self._disabled()
        for kind in sorted(off):
            yield from self.remove_or_note(
                f"policy type {kind}", organization_steps.DisableType(kind)
            )
        deleted = list(self._deleted_units())
        yield from deleted
        gone = {each.path for each in deleted if isinstance(each, organization_steps.DeleteUnit)}
        yield from self._deleted_policies(gone, off)
        if self.wanted.services is not None:
            for service in sorted((self.now.services or frozenset()) - self.services):
                yield from self.remove_or_note(
                    f"trusted service {service}", organization_steps.DistrustService(service)
                )

    def _closures(self) -> Iterator[PlanStep]:
        for key, account in self.now.accounts.items():
            if key in {MANAGEMENT, *self.wanted.accounts} or not account.is_open:
                continue
            if not self.wanted.lists_accounts:
                continue
            if not self.closes_accounts:
                self.remove_or_note(f"account {account.name} ({key}) in {account.unit}")
                continue
            for service in sorted(account.administers):
                if not is_taken_over(self.wanted, service):
                    yield organization_steps.Deregister(key, service)
            yield organization_steps.CloseAccount(key)

    def _disabled(self) -> frozenset[str]:
        if self.wanted.types is None:
            return frozenset()
        return (self.now.types or frozenset()) - self.types

    def _deleted_units(self) -> Iterator[PlanStep]:
        if self.wanted.units is None:
            return
        places = {
            account.unit for account in {**self.now.accounts, **self.wanted.accounts}.values()
        }
        extra = set(self.now.units or {}) - set(self.wanted.units)
        for path in sorted(extra, key=lambda each: (-path_depth(each), each)):
            if any(each == path or each.startswith(f"{path}/") for each in places):
                self.remove_or_note(f"unit {path}: accounts are in it")
            else:
                yield from self.remove_or_note(f"unit {path}", organization_steps.DeleteUnit(path))

    def _deleted_policies(self, units: set[str], off: Iterable[str]) -> Iterator[PlanStep]:
        if self.wanted.policies is None:
            return
        mentioned = {place for place, _ in self.wanted.targets()} | units
        for key in sorted(set(self.now.policies or {}) - set(self.wanted.policies)):
            elsewhere = [
                place
                for place, target in self.now.targets()
                if key in target.policies and place not in mentioned and key.type not in off
            ]
            if elsewhere:
                self.remove_or_note(f"{thing_text(key)}: it is attached to {', '.join(elsewhere)}")
            else:
                yield from self.remove_or_note(
                    thing_text(key), organization_steps.DeletePolicy(key)
                )


def is_taken_over(wanted: Organization, service: str) -> bool:
    """Say whether the file names another account as a service's one administrator."""
    return service in ONE_ADMINISTRATOR and any(
        service in each.administers for each in wanted.accounts.values()
    )


def thing_text(thing: str | PolicyKey) -> str:
    """Return a policy, unit or account as text for people."""
    if isinstance(thing, PolicyKey):
        return f"policy {thing.name}"
    return f"unit {thing}" if is_path(thing) else f"account {thing}"
