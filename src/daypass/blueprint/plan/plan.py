"""From what is there to what a file says: the steps, in an order that is safe to stop anywhere in.

What limits comes before what it replaces goes: new policies hang before old ones are taken off, an
account's new place is ready before the account moves, a policy that only tightens is written before
anything moves and one that loosens after. So no state on the way allows what neither end allows but
where a place is full. Nothing is removed without `prune`; what the file does not speak of is left
alone, and said.
"""

from collections.abc import Iterator, Mapping

from daypass.blueprint.organization import (
    FULL_ACCESS,
    Node,
    Organization,
    Policy,
    PolicyKey,
    depth,
)
from daypass.blueprint.plan import organization_steps, outcome
from daypass.blueprint.plan.organization_outcome import attached_count
from daypass.blueprint.plan.plan_principals import principals
from daypass.blueprint.plan.removals import Removals, is_taken_over, thing_text
from daypass.blueprint.plan.steps import Plan, Step
from daypass.blueprint.plan.tag_changes import tag_changes
from daypass.blueprint.policy_texts import same, tightens
from daypass.core.organizations.policies.policy_types import POLICY_TYPES, SCP
from daypass.core.organizations.trusted_services import ONE_ADMINISTRATOR


class Blocked(Exception):
    """A file that cannot be come to; `hint` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def plan(
    wanted: Organization, now: Organization, *, prune: bool = False, close_accounts: bool = False
) -> Plan:
    """Return the steps from one organization to another, whose ids are filled in.

    Raises `Blocked`.
    """
    planner = _Planner(wanted, now, prune=prune, closes=prune and close_accounts)
    steps = planner.steps()
    return Plan(tuple(steps), tuple(planner.left))


class _Planner:
    """Finds the steps of one plan; `now` moves on with what has to be there first."""

    def __init__(
        self, wanted: Organization, now: Organization, *, prune: bool, closes: bool
    ) -> None:
        self.wanted = wanted
        self.now = now
        self.prune = prune
        self.closes = closes
        self.left: list[str] = []

    def steps(self) -> list[Step]:
        """Return everything in its order."""
        first: list[Step] = []
        for part in (self._organization, self._foundations, self._places):
            found = list(part())
            first += found
            self.now = outcome.after(self.now, found)
        removals = Removals(
            wanted=self.wanted,
            now=self.now,
            gone=self._gone,
            closes_accounts=self.closes,
            types=self._types,
            services=self._services,
        )
        before, later = self._policies()
        hung, taken = self._attachments()
        return [
            *first,
            *before,
            *hung,
            *self._moves(),
            *later,
            *taken,
            *self._administrators(),
            *self._resource_policy(),
            *self._tags(),
            *self._principals(),
            *removals.steps(),
        ]

    def _gone(self, what: str, *steps: Step) -> list[Step]:
        """Return steps that remove, or note what stays: what may not be removed, and what no call can change."""
        if self.prune and steps:
            return list(steps)
        self.left.append(what)
        return []

    def _organization(self) -> Iterator[Step]:
        if not self.now.exists:
            yield organization_steps.CreateOrganization()

    @property
    def _types(self) -> frozenset[str]:
        needed = {key.type for _, node in self.wanted.nodes() for key in node.policies}
        needed |= (
            {SCP} if any(n.has_full_access is not None for _, n in self.wanted.nodes()) else set()
        )
        return frozenset(needed) | (self.wanted.types or frozenset())

    @property
    def _services(self) -> frozenset[str]:
        needed = {each for account in self.wanted.accounts.values() for each in account.administers}
        is_pruned = self.prune and self.wanted.types is not None
        kept = self._types if is_pruned else self._types | (self.now.types or frozenset())
        needed |= {POLICY_TYPES[each].service for each in kept}
        return frozenset(needed - {""}) | (self.wanted.services or frozenset())

    def _foundations(self) -> Iterator[Step]:
        wanted_services = self._services - (self.now.services or frozenset())
        yield from map(organization_steps.TrustService, sorted(wanted_services))
        yield from map(
            organization_steps.EnableType, sorted(self._types - (self.now.types or frozenset()))
        )

    def _places(self) -> Iterator[Step]:
        wanted = self.wanted.units or {}
        for path in sorted(wanted, key=lambda each: (depth(each), each)):
            if path not in (self.now.units or {}):
                yield organization_steps.CreateUnit(path, wanted[path].tags)
        for key, account in self.wanted.accounts.items():
            if key not in self.now.accounts:
                yield organization_steps.CreateAccount(key, account)

    def _policies(self) -> tuple[list[Step], list[Step]]:
        """Return new policies with those that only tighten, and those that may loosen."""
        before: list[Step] = []
        later: list[Step] = []
        for key, policy in sorted((self.wanted.policies or {}).items()):
            known = (self.now.policies or {}).get(key)
            if known is None:
                before.append(organization_steps.CreatePolicy(policy))
            elif not _is_same(policy, known):
                is_tighter = tightens(known.content, policy.content)
                (before if is_tighter else later).append(organization_steps.UpdatePolicy(policy))
        return before, later

    def _attachments(self) -> tuple[list[Step], list[Step]]:
        hung: list[Step] = []
        taken: list[Step] = []
        for place, wanted in self.wanted.nodes():
            now = self.now.node(place) or Node()
            kinds = {each.type for each in wanted.policies | now.policies}
            kinds |= {SCP} & (self.now.types or frozenset())
            for kind in sorted(kinds):
                if self.prune and self.wanted.types is not None and kind not in self._types:
                    continue  # The type is disabled, which takes all of them off.
                first, last = self._one_place(place, wanted, now, kind)
                hung += first
                taken += last
        return hung, taken

    def _one_place(
        self, place: str, wanted: Node, now: Node, kind: str
    ) -> tuple[list[Step], list[Step]]:
        """Return what is hung on a place (with what must make room for it), and what is taken off afterwards."""
        there = {each for each in now.policies if each.type == kind}
        more = sorted({each for each in wanted.policies if each.type == kind} - there)
        drops = [
            key
            for key in sorted(there - wanted.policies)
            if self._gone(f"{thing_text(key)} on {place}", organization_steps.Detach(key, place))
        ]
        if kind == SCP:
            is_emptied = not (there | set(more)) - set(drops) and not now.has_full_access
            if not now.has_full_access and (wanted.has_full_access or is_emptied):
                more.append(FULL_ACCESS)
            if now.has_full_access and wanted.has_full_access is False:
                drops.append(FULL_ACCESS)
        room = POLICY_TYPES[kind].attached_max - attached_count(now, kind)
        hung: list[Step] = []
        for key in more:
            if room <= 0:
                if not drops:
                    raise Blocked(
                        f"{place} would have more than {POLICY_TYPES[kind].attached_max} policies of type {kind}",
                        "--prune takes off those that the file does not name",
                    )
                hung.append(organization_steps.Detach(drops.pop(0), place))
                room += 1
            hung.append(organization_steps.Attach(key, place))
            room -= 1
        return hung, [organization_steps.Detach(key, place) for key in drops]

    def _moves(self) -> Iterator[Step]:
        for key, account in self.wanted.accounts.items():
            source = self.now.accounts[key].unit
            if source != account.unit:
                yield organization_steps.MoveAccount(key, source, account.unit)

    def _administrators(self) -> Iterator[Step]:
        for key, account in self.wanted.accounts.items():
            known = self.now.accounts[key].administers
            for service in sorted(account.administers - known):
                if service in ONE_ADMINISTRATOR:
                    yield from self._makes_way(service)
                yield organization_steps.Register(key, service)
            for service in sorted(known - account.administers):
                if not is_taken_over(self.wanted, service):
                    yield from self._gone(
                        f"{key} administers {service}", organization_steps.Deregister(key, service)
                    )

    def _makes_way(self, service: str) -> Iterator[Step]:
        for key, account in self.now.accounts.items():
            if service in account.administers:
                yield organization_steps.Deregister(key, service)

    def _resource_policy(self) -> Iterator[Step]:
        wanted, now = self.wanted, self.now
        if wanted.has_resource_policy and not same(wanted.resource_policy, now.resource_policy):
            yield organization_steps.PutResourcePolicy(
                wanted.resource_policy, is_new=not now.has_resource_policy
            )
        if wanted.has_resource_policy is False and now.has_resource_policy:
            yield from self._gone("the resource policy", organization_steps.DeleteResourcePolicy())

    def _tags(self) -> Iterator[Step]:
        things: list[tuple[str | PolicyKey, Mapping[str, str], Mapping[str, str]]] = []
        for place, node in self.wanted.nodes():
            known = self.now.node(place)
            things.append((place, node.tags, known.tags if known else {}))
        for key, policy in (self.wanted.policies or {}).items():
            known_policy = (self.now.policies or {}).get(key, policy)
            things.append((key, policy.tags, known_policy.tags))
        for thing, wanted, now in things:
            put, extra = tag_changes(wanted, now)
            if put:
                yield organization_steps.Tag(thing, put)
            if extra:
                what = f"tags {', '.join(extra)} of {thing_text(thing)}"
                yield from self._gone(what, organization_steps.Untag(thing, extra))

    def _principals(self) -> Iterator[Step]:
        for key, account in self.wanted.accounts.items():
            if account.principals is not None:
                now = self.now.accounts[key].principals
                yield from principals(key, account.principals, now, self._gone)


def _is_same(one: Policy, other: Policy) -> bool:
    return one.description == other.description and same(one.content, other.content)
