"""From what is there to what a file says: the steps, in an order that is safe to stop anywhere in.

What limits comes before what it replaces goes: new policies hang before old ones are taken off, an account's new place is ready
before the account moves, a policy that only tightens is written before anything moves and one that loosens after. So no state
on the way allows what neither end allows but where a place is full. Nothing is removed without `prune`; what the file does not
speak of is left alone, and said.
"""

from collections.abc import Iterable, Iterator, Mapping

from daypass.blueprint.organization import (
    FULL_ACCESS,
    MANAGEMENT,
    Node,
    Organization,
    Policy,
    PolicyKey,
    depth,
    is_path,
)
from daypass.blueprint.plan import outcome
from daypass.blueprint.plan import steps as do
from daypass.blueprint.plan.plan_principals import principals
from daypass.blueprint.policy_texts import same, tightens
from daypass.core.organizations.policies.policy_types import SCP, TYPES
from daypass.core.organizations.trusted_services import ONE_ADMINISTRATOR


class Blocked(Exception):
    """A file that cannot be come to; `hint` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def plan(
    wanted: Organization, now: Organization, *, prune: bool = False, close_accounts: bool = False
) -> do.Plan:
    """Return the steps from one organization to another, whose ids are filled in. Raises `Blocked`."""
    making = _Making(wanted, now, prune=prune, closes=prune and close_accounts)
    steps = making.steps()
    return do.Plan(tuple(steps), tuple(making.left))


def tag_changes(
    wanted: Mapping[str, str], now: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the tags to put and the keys that are there beyond what is wanted."""
    put = {key: value for key, value in wanted.items() if now.get(key) != value}
    return put, tuple(sorted(set(now) - set(wanted)))


class _Making:
    """One plan in the making; `now` moves on with what has to be there first."""

    def __init__(
        self, wanted: Organization, now: Organization, *, prune: bool, closes: bool
    ) -> None:
        self.wanted = wanted
        self.now = now
        self.prune = prune
        self.closes = closes
        self.left: list[str] = []

    def steps(self) -> list[do.Step]:
        """Return everything in its order."""
        first: list[do.Step] = []
        for part in (self._organization, self._foundations, self._places):
            found = list(part())
            first += found
            self.now = outcome.after(self.now, found)
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
            *self._removals(),
        ]

    def _gone(self, what: str, *steps: do.Step) -> list[do.Step]:
        """Return steps that remove, or note what stays: what may not be removed, and what no call can change."""
        if self.prune and steps:
            return list(steps)
        self.left.append(what)
        return []

    def _organization(self) -> Iterator[do.Step]:
        if not self.now.exists:
            yield do.CreateOrganization()

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
        needed |= {TYPES[each].service for each in kept}
        return frozenset(needed - {""}) | (self.wanted.services or frozenset())

    def _foundations(self) -> Iterator[do.Step]:
        wanted_services = self._services - (self.now.services or frozenset())
        yield from map(do.TrustService, sorted(wanted_services))
        yield from map(do.EnableType, sorted(self._types - (self.now.types or frozenset())))

    def _places(self) -> Iterator[do.Step]:
        wanted = self.wanted.units or {}
        for path in sorted(wanted, key=lambda each: (depth(each), each)):
            if path not in (self.now.units or {}):
                yield do.CreateUnit(path, wanted[path].tags)
        for key, account in self.wanted.accounts.items():
            if key not in self.now.accounts:
                yield do.CreateAccount(key, account)

    def _policies(self) -> tuple[list[do.Step], list[do.Step]]:
        """Return new policies with those that only tighten, and those that may loosen."""
        before: list[do.Step] = []
        later: list[do.Step] = []
        for key, policy in sorted((self.wanted.policies or {}).items()):
            known = (self.now.policies or {}).get(key)
            if known is None:
                before.append(do.CreatePolicy(policy))
            elif not _is_same(policy, known):
                is_tighter = tightens(known.content, policy.content)
                (before if is_tighter else later).append(do.UpdatePolicy(policy))
        return before, later

    def _attachments(self) -> tuple[list[do.Step], list[do.Step]]:
        hung: list[do.Step] = []
        taken: list[do.Step] = []
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
    ) -> tuple[list[do.Step], list[do.Step]]:
        """Return what is hung on a place (with what must make room for it), and what is taken off afterwards."""
        there = {each for each in now.policies if each.type == kind}
        more = sorted({each for each in wanted.policies if each.type == kind} - there)
        drops = [
            key
            for key in sorted(there - wanted.policies)
            if self._gone(f"{_said(key)} on {place}", do.Detach(key, place))
        ]
        if kind == SCP:
            is_emptied = not (there | set(more)) - set(drops) and not now.has_full_access
            if not now.has_full_access and (wanted.has_full_access or is_emptied):
                more.append(FULL_ACCESS)
            if now.has_full_access and wanted.has_full_access is False:
                drops.append(FULL_ACCESS)
        room = TYPES[kind].attached_max - outcome.attached_count(now, kind)
        hung: list[do.Step] = []
        for key in more:
            if room <= 0:
                if not drops:
                    raise Blocked(
                        f"{place} would have more than {TYPES[kind].attached_max} policies of type {kind}",
                        "--prune takes off those that the file does not name",
                    )
                hung.append(do.Detach(drops.pop(0), place))
                room += 1
            hung.append(do.Attach(key, place))
            room -= 1
        return hung, [do.Detach(key, place) for key in drops]

    def _moves(self) -> Iterator[do.Step]:
        for key, account in self.wanted.accounts.items():
            source = self.now.accounts[key].unit
            if source != account.unit:
                yield do.MoveAccount(key, source, account.unit)

    def _administrators(self) -> Iterator[do.Step]:
        for key, account in self.wanted.accounts.items():
            known = self.now.accounts[key].administers
            for service in sorted(account.administers - known):
                if service in ONE_ADMINISTRATOR:
                    yield from self._makes_way(service)
                yield do.Register(key, service)
            for service in sorted(known - account.administers):
                if not self._is_taken_over(service):
                    yield from self._gone(
                        f"{key} administers {service}", do.Deregister(key, service)
                    )

    def _makes_way(self, service: str) -> Iterator[do.Step]:
        for key, account in self.now.accounts.items():
            if service in account.administers:
                yield do.Deregister(key, service)

    def _is_taken_over(self, service: str) -> bool:
        return service in ONE_ADMINISTRATOR and any(
            service in each.administers for each in self.wanted.accounts.values()
        )

    def _resource_policy(self) -> Iterator[do.Step]:
        wanted, now = self.wanted, self.now
        if wanted.has_resource_policy and not same(wanted.resource_policy, now.resource_policy):
            yield do.PutResourcePolicy(wanted.resource_policy, is_new=not now.has_resource_policy)
        if wanted.has_resource_policy is False and now.has_resource_policy:
            yield from self._gone("the resource policy", do.DeleteResourcePolicy())

    def _tags(self) -> Iterator[do.Step]:
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
                yield do.Tag(thing, put)
            if extra:
                what = f"tags {', '.join(extra)} of {_said(thing)}"
                yield from self._gone(what, do.Untag(thing, extra))

    def _principals(self) -> Iterator[do.Step]:
        for key, account in self.wanted.accounts.items():
            if account.principals is not None:
                now = self.now.accounts[key].principals
                yield from principals(key, account.principals, now, self._gone)

    def _removals(self) -> Iterator[do.Step]:
        yield from self._closures()
        off = self._disabled()
        for kind in sorted(off):
            yield from self._gone(f"policy type {kind}", do.DisableType(kind))
        deleted = list(self._deleted_units())
        yield from deleted
        gone = {each.path for each in deleted if isinstance(each, do.DeleteUnit)}
        yield from self._deleted_policies(gone, off)
        if self.wanted.services is not None:
            for service in sorted((self.now.services or frozenset()) - self._services):
                yield from self._gone(f"trusted service {service}", do.DistrustService(service))

    def _closures(self) -> Iterator[do.Step]:
        for key, account in self.now.accounts.items():
            if key in {MANAGEMENT, *self.wanted.accounts} or not account.is_open:
                continue
            if not self.wanted.lists_accounts:
                continue
            if not self.closes:
                self.left.append(f"account {account.name} ({key}) in {account.unit}")
                continue
            for service in sorted(account.administers):
                if not self._is_taken_over(service):
                    yield do.Deregister(key, service)
            yield do.CloseAccount(key)

    def _disabled(self) -> frozenset[str]:
        if self.wanted.types is None:
            return frozenset()
        return (self.now.types or frozenset()) - self._types

    def _deleted_units(self) -> Iterator[do.Step]:
        if self.wanted.units is None:
            return
        places = {
            account.unit for account in {**self.now.accounts, **self.wanted.accounts}.values()
        }
        extra = set(self.now.units or {}) - set(self.wanted.units)
        for path in sorted(extra, key=lambda each: (-depth(each), each)):
            if any(each == path or each.startswith(f"{path}/") for each in places):
                self.left.append(f"unit {path}: accounts are in it")
            else:
                yield from self._gone(f"unit {path}", do.DeleteUnit(path))

    def _deleted_policies(self, units: set[str], off: Iterable[str]) -> Iterator[do.Step]:
        if self.wanted.policies is None:
            return
        spoken = {place for place, _ in self.wanted.nodes()} | units
        for key in sorted(set(self.now.policies or {}) - set(self.wanted.policies)):
            elsewhere = [
                place
                for place, node in self.now.nodes()
                if key in node.policies and place not in spoken and key.type not in off
            ]
            if elsewhere:
                self.left.append(f"{_said(key)}: it hangs on {', '.join(elsewhere)}")
            else:
                yield from self._gone(_said(key), do.DeletePolicy(key))


def _is_same(one: Policy, other: Policy) -> bool:
    return one.description == other.description and same(one.content, other.content)


def _said(thing: str | PolicyKey) -> str:
    if isinstance(thing, PolicyKey):
        return f"policy {thing.name}"
    return f"unit {thing}" if is_path(thing) else f"account {thing}"
