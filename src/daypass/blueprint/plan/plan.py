"""Plan the steps from the existing organization to a file's, in an order that may stop anywhere.

Restrictions come first: new policies are attached before old ones are detached, an account's new
unit is ready before the account moves, a policy that only tightens is updated before accounts move,
and one that may loosen afterwards. So no intermediate state allows what both ends deny, except
where a target has the maximum of policies. Nothing is removed without `prune`; what the file does
not mention is left alone, and reported.
"""

from collections.abc import Iterator, Mapping

from daypass.blueprint.identity_center import IdentityCenter
from daypass.blueprint.organization import (
    FULL_ACCESS,
    Organization,
    OrganizationPolicy,
    PolicyKey,
    PolicyTarget,
    path_depth,
)
from daypass.blueprint.plan import organization_steps, outcome
from daypass.blueprint.plan.iam_plan import plan_account_iam
from daypass.blueprint.plan.organization_outcome import attached_count
from daypass.blueprint.plan.people.changes import plan_identity_center
from daypass.blueprint.plan.removals import Removals, is_taken_over, thing_text
from daypass.blueprint.plan.steps import OrganizationPlan, PlanStep
from daypass.blueprint.plan.tag_changes import tag_changes
from daypass.blueprint.policy_texts import is_same_policy, is_tightening
from daypass.core.organizations.policies.policy_types import POLICY_TYPES, SCP
from daypass.core.organizations.trusted_services import ONE_ADMINISTRATOR


class PlanBlocked(Exception):
    """A file that no plan can reach; `hint` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def plan_changes(
    wanted: Organization, now: Organization, *, prune: bool = False, close_accounts: bool = False
) -> OrganizationPlan:
    """Return the plan from the existing organization `now` to `wanted`.

    `wanted` has its references filled in already. Without `prune` nothing is removed, and
    `close_accounts` has no effect. Raises `PlanBlocked`, and `ImpossibleStep` for a step that the
    authority would refuse.
    """
    planner = _Planner(wanted, now, prune=prune, closes=prune and close_accounts)
    steps = planner.steps()
    return OrganizationPlan(tuple(steps), tuple(planner.left_alone))


class _Planner:
    """Finds the steps of one plan; `now` becomes the organization after the first steps."""

    def __init__(
        self, wanted: Organization, now: Organization, *, prune: bool, closes: bool
    ) -> None:
        self.wanted = wanted
        self.now = now
        self.prune = prune
        self.closes = closes
        self.left_alone: list[str] = []

    def steps(self) -> list[PlanStep]:
        """Return all steps in order."""
        first: list[PlanStep] = []
        for part in (self._organization, self._foundations, self._places):
            found = list(part())
            first += found
            self.now = outcome.apply_steps(self.now, found)
        removals = Removals(
            wanted=self.wanted,
            now=self.now,
            remove_or_note=self._remove_or_note,
            closes_accounts=self.closes,
            types=self._types,
            services=self._services,
        )
        before, later = self._policies()
        attached, detached = self._attachments()
        return [
            *first,
            *before,
            *attached,
            *self._moves(),
            *later,
            *detached,
            *self._administrators(),
            *self._resource_policy(),
            *self._tags(),
            *self._principals(),
            *self._identity_center(),
            *removals.steps(),
        ]

    def _remove_or_note(self, what: str, *steps: PlanStep) -> list[PlanStep]:
        """Return the removing steps if pruning; otherwise note in `left_alone` what stays.

        Without steps (no call can change it) it is always noted.
        """
        if self.prune and steps:
            return list(steps)
        self.left_alone.append(what)
        return []

    def _organization(self) -> Iterator[PlanStep]:
        if not self.now.exists:
            yield organization_steps.CreateOrganization()

    @property
    def _types(self) -> frozenset[str]:
        needed = {key.type for _, target in self.wanted.targets() for key in target.policies}
        needed |= (
            {SCP} if any(n.has_full_access is not None for _, n in self.wanted.targets()) else set()
        )
        return frozenset(needed) | (self.wanted.types or frozenset())

    @property
    def _services(self) -> frozenset[str]:
        needed = {each for account in self.wanted.accounts.values() for each in account.administers}
        is_pruned = self.prune and self.wanted.types is not None
        kept = self._types if is_pruned else self._types | (self.now.types or frozenset())
        needed |= {POLICY_TYPES[each].service for each in kept}
        return frozenset(needed - {""}) | (self.wanted.services or frozenset())

    def _foundations(self) -> Iterator[PlanStep]:
        wanted_services = self._services - (self.now.services or frozenset())
        yield from map(organization_steps.TrustService, sorted(wanted_services))
        yield from map(
            organization_steps.EnableType, sorted(self._types - (self.now.types or frozenset()))
        )

    def _places(self) -> Iterator[PlanStep]:
        wanted = self.wanted.units or {}
        for path in sorted(wanted, key=lambda each: (path_depth(each), each)):
            if path not in (self.now.units or {}):
                yield organization_steps.CreateUnit(path, wanted[path].tags)
        for key, account in self.wanted.accounts.items():
            if key not in self.now.accounts:
                yield organization_steps.CreateAccount(key, account)

    def _policies(self) -> tuple[list[PlanStep], list[PlanStep]]:
        """Return two lists: creations and tightening updates, then updates that may loosen."""
        before: list[PlanStep] = []
        later: list[PlanStep] = []
        for key, policy in sorted((self.wanted.policies or {}).items()):
            known = (self.now.policies or {}).get(key)
            if known is None:
                before.append(organization_steps.CreatePolicy(policy))
            elif not _is_same(policy, known):
                is_tighter = is_tightening(known.content, policy.content)
                (before if is_tighter else later).append(organization_steps.UpdatePolicy(policy))
        return before, later

    def _attachments(self) -> tuple[list[PlanStep], list[PlanStep]]:
        attached: list[PlanStep] = []
        detached: list[PlanStep] = []
        for place, wanted in self.wanted.targets():
            now = self.now.target(place) or PolicyTarget()
            kinds = {each.type for each in wanted.policies | now.policies}
            kinds |= {SCP} & (self.now.types or frozenset())
            for kind in sorted(kinds):
                if self.prune and self.wanted.types is not None and kind not in self._types:
                    continue  # Disabling the type detaches all its policies.
                first, last = self._target_attachments(place, wanted, now, kind)
                attached += first
                detached += last
        return attached, detached

    def _target_attachments(
        self, place: str, wanted: PolicyTarget, now: PolicyTarget, kind: str
    ) -> tuple[list[PlanStep], list[PlanStep]]:
        """Return a target's attach steps, with detach steps for room, then later detach steps."""
        there = {each for each in now.policies if each.type == kind}
        more = sorted({each for each in wanted.policies if each.type == kind} - there)
        drops = [
            key
            for key in sorted(there - wanted.policies)
            if self._remove_or_note(
                f"{thing_text(key)} on {place}", organization_steps.Detach(key, place)
            )
        ]
        if kind == SCP:
            is_emptied = not (there | set(more)) - set(drops) and not now.has_full_access
            if not now.has_full_access and (wanted.has_full_access or is_emptied):
                more.append(FULL_ACCESS)
            if now.has_full_access and wanted.has_full_access is False:
                drops.append(FULL_ACCESS)
        room = POLICY_TYPES[kind].attached_max - attached_count(now, kind)
        attached: list[PlanStep] = []
        for key in more:
            if room <= 0:
                if not drops:
                    raise PlanBlocked(
                        f"{place} would have more than {POLICY_TYPES[kind].attached_max}"
                        f" policies of type {kind}",
                        "--prune takes off those that the file does not name",
                    )
                attached.append(organization_steps.Detach(drops.pop(0), place))
                room += 1
            attached.append(organization_steps.Attach(key, place))
            room -= 1
        return attached, [organization_steps.Detach(key, place) for key in drops]

    def _moves(self) -> Iterator[PlanStep]:
        for key, account in self.wanted.accounts.items():
            source = self.now.accounts[key].unit
            if source != account.unit:
                yield organization_steps.MoveAccount(key, source, account.unit)

    def _administrators(self) -> Iterator[PlanStep]:
        for key, account in self.wanted.accounts.items():
            known = self.now.accounts[key].administers
            for service in sorted(account.administers - known):
                if service in ONE_ADMINISTRATOR:
                    yield from self._deregister_others(service)
                yield organization_steps.Register(key, service)
            for service in sorted(known - account.administers):
                if not is_taken_over(self.wanted, service):
                    yield from self._remove_or_note(
                        f"{key} administers {service}", organization_steps.Deregister(key, service)
                    )

    def _deregister_others(self, service: str) -> Iterator[PlanStep]:
        for key, account in self.now.accounts.items():
            if service in account.administers:
                yield organization_steps.Deregister(key, service)

    def _resource_policy(self) -> Iterator[PlanStep]:
        wanted, now = self.wanted, self.now
        if wanted.has_resource_policy and not is_same_policy(
            wanted.resource_policy, now.resource_policy
        ):
            yield organization_steps.PutResourcePolicy(
                wanted.resource_policy, is_new=not now.has_resource_policy
            )
        if wanted.has_resource_policy is False and now.has_resource_policy:
            yield from self._remove_or_note(
                "the resource policy", organization_steps.DeleteResourcePolicy()
            )

    def _tags(self) -> Iterator[PlanStep]:
        things: list[tuple[str | PolicyKey, Mapping[str, str], Mapping[str, str]]] = []
        for place, target in self.wanted.targets():
            known = self.now.target(place)
            things.append((place, target.tags, known.tags if known else {}))
        for key, policy in (self.wanted.policies or {}).items():
            known_policy = (self.now.policies or {}).get(key, policy)
            things.append((key, policy.tags, known_policy.tags))
        for thing, wanted, now in things:
            put, extra = tag_changes(wanted, now)
            if put:
                yield organization_steps.Tag(thing, put)
            if extra:
                what = f"tags {', '.join(extra)} of {thing_text(thing)}"
                yield from self._remove_or_note(what, organization_steps.Untag(thing, extra))

    def _identity_center(self) -> list[PlanStep]:
        """Return the steps for people, after those for accounts' policies, which sets may name."""
        if self.wanted.identity_center is None:
            return []
        now = self.now.identity_center or IdentityCenter()
        return plan_identity_center(self.wanted.identity_center, now, self._remove_or_note)

    def _principals(self) -> Iterator[PlanStep]:
        for key, account in self.wanted.accounts.items():
            if account.iam is not None:
                now = self.now.accounts[key].iam
                yield from plan_account_iam(key, account.iam, now, self._remove_or_note)


def _is_same(one: OrganizationPolicy, other: OrganizationPolicy) -> bool:
    return one.description == other.description and is_same_policy(one.content, other.content)
