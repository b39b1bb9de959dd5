"""The view of one organization at one revision, with the policies that apply to each account."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import Any, Self

from daypass.core.domain.organizations.member import Member
from daypass.core.domain.organizations.organization import Organization
from daypass.core.domain.organizations.organization_policy import OrganizationPolicy
from daypass.core.domain.organizations.organizational_unit import OrganizationalUnit
from daypass.core.domain.record import Record, Tag
from daypass.core.organizations import tree
from daypass.core.organizations.policies import control_policies, inheritance
from daypass.core.organizations.policies.control_policies import AttachedPolicy, ControlPolicies
from daypass.core.organizations.policies.policy_types import FULL_ACCESS, RCP, SCP
from daypass.core.policy.decision.compile import PolicyGrammar
from daypass.core.policy.decision.levels import OrganizationLevels, shared_levels
from daypass.core.policy.decision.policy_sets import PolicySet
from daypass.core.slices import at_once
from daypass.state.snapshot.view import View

_CONTROL_POLICY_RECORDS = frozenset({Organization, OrganizationalUnit, Member, OrganizationPolicy})
"""Records whose changes may change the control policies of an account."""

MergedPolicy = tuple[dict[str, Any] | None, tuple[OrganizationPolicy, ...]]
"""A merged document, and the policies that it comes from."""
OrganizationNode = Organization | OrganizationalUnit | Member
_FORMS = {SCP: PolicyGrammar.IDENTITY, RCP: PolicyGrammar.RCP}


class OrganizationView(View):
    """An organization; without records if it does not exist."""

    __slots__ = ("_control_policies", "record")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.record = self.of(Organization).get(self.id)
        """The organization's own record; None if the organization does not exist."""
        self._control_policies: Mapping[str, ControlPolicies] = {}

    def node(self, node: str) -> OrganizationNode | None:
        """Return the root, unit or account with that id, or None."""
        record = self.record
        if record is not None and node == record.root_id:
            return record
        return self.of(OrganizationalUnit).get(node) or self.of(Member).get(node)

    def ids_from_root(self, node: str) -> tuple[str, ...]:
        """Return the ids from the root down to a node that exists."""
        return tree.path_from_root(node, self._parent)

    def path(self, node: str) -> str:
        """Return a node's path, such as `o-…/r-…/ou-…/`."""
        return tree.organization_path(self.id, self.ids_from_root(node))

    def children(self, node: str) -> Iterator[OrganizationalUnit | Member]:
        """Yield the units and accounts directly below a node, in order of creation."""
        table = self.cache.get("children")
        if table is None:
            table = self.cache["children"] = self._group_by_parent()
        return iter(table.get(node, ()))

    def attached_nodes(self, policy: str) -> Iterator[OrganizationNode]:
        """Yield the root, units and accounts that a policy is attached to."""
        return (each for each in self.nodes() if policy in each.attached)

    def nodes(self) -> Iterator[OrganizationNode]:
        """Yield the root, every unit and every account, each kind in order of creation."""
        if self.record is not None:
            yield self.record
        yield from sorted(self.of(OrganizationalUnit), key=lambda unit: unit.serial)
        yield from sorted(self.of(Member), key=lambda member: member.serial)

    def effective_policy(self, account: str, kind: str) -> MergedPolicy:
        """Return an account's effective management policy of a type, and its sources.

        The document is None where nothing is left after the merge, or where the type is not
        enabled. Accounts with the same policies above them share it.
        """
        return at_once(self.effective_policy_in_steps(account, kind))

    def effective_policy_in_steps(
        self, account: str, kind: str
    ) -> Generator[None, None, MergedPolicy]:
        """Compute `effective_policy` in steps, between which the event loop can run other tasks.

        A cached policy takes one step.
        """
        known: dict[tuple[tuple[str, ...], ...], dict[str, Any] | None]
        known = self.cache.setdefault("effective", {})
        levels = [
            found
            for node in self.ids_from_root(account)
            if (found := self._attached_policies(node, kind))
        ]
        ids = tuple(tuple(each.id for each in level) for level in levels)
        if ids not in known:
            known[ids] = yield from inheritance.effective_policy_in_steps(
                [[each.content for each in level] for level in levels]
            )
        return known[ids], tuple(each for level in levels for each in level)

    def _attached_policies(self, node: str, kind: str) -> list[OrganizationPolicy]:
        """Return the policies of a type that are attached to a node itself."""
        found = self.node(node)
        policies = (
            self.of(OrganizationPolicy).get(each) for each in (found.attached if found else ())
        )
        return [each for each in policies if each is not None and each.type == kind]

    def control_policies_of(self, account: str) -> ControlPolicies | None:
        """Return the control policies that apply to an account; None if it is not a member."""
        return self._control_policies.get(account)

    def derive(self, before: Self, touched: Iterable[type[Record]]) -> None:
        """Compile the control policies of each account again, if the changes may affect them."""
        changed = frozenset(touched)
        if OrganizationPolicy not in changed:
            self.cache["effective"] = before.cache.setdefault("effective", {})
        self._control_policies = (
            before._control_policies
            if _CONTROL_POLICY_RECORDS.isdisjoint(changed)
            else self._compile_control_policies()
        )

    def _parent(self, node: str) -> str:
        found = self.node(node)
        return found.parent if found is not None else ""

    def _group_by_parent(self) -> Mapping[str, list[OrganizationalUnit | Member]]:
        found: dict[str, list[OrganizationalUnit | Member]] = {}
        for each in sorted(
            [*self.of(OrganizationalUnit), *self.of(Member)], key=lambda node: node.serial
        ):
            found.setdefault(each.parent, []).append(each)
        return found

    def _compile_control_policies(self) -> Mapping[str, ControlPolicies]:
        """Return the control policies of every account, by id.

        The policies of a node are compiled once, however many accounts are below it.
        """
        record = self.record
        if record is None:
            return {}
        attached: dict[str, dict[str, AttachedPolicy]] = {kind: {} for kind in FULL_ACCESS}
        for identifier, published in FULL_ACCESS.items():
            attached[identifier][published] = control_policies.AWS_OWNED_ATTACHMENTS[published]
        for policy in self.of(OrganizationPolicy):
            if policy.type in attached:
                arn = policy_arn(record, policy)
                attached[policy.type][policy.id] = AttachedPolicy(policy.name, arn, policy.content)
        enabled = [kind for kind in attached if kind in record.policy_types]
        found = {kind: self._compile_levels(attached[kind], _FORMS[kind]) for kind in enabled}
        lines = {"": ()} | {
            place.id: self.ids_from_root(place.id) for place in self.of(OrganizationalUnit)
        }
        lines[record.root_id] = (record.root_id,)
        return {
            member.id: ControlPolicies(
                organization=self.id,
                management=record.management,
                path=tree.organization_path(self.id, lines[member.parent]),
                scps=_levels_along(found.get(SCP), (*lines[member.parent], member.id)),
                rcps=_levels_along(found.get(RCP), (*lines[member.parent], member.id)),
            )
            for member in self.of(Member)
        }

    def _compile_levels(
        self, attached: Mapping[str, AttachedPolicy], form: PolicyGrammar
    ) -> Mapping[str, PolicySet]:
        """Return the compiled policies of one type of each node, by its id."""
        found = {}
        for node in self.nodes():
            identifier = node.root_id if isinstance(node, Organization) else node.id
            policies = [attached[policy] for policy in node.attached if policy in attached]
            found[identifier] = control_policies.compile_level(policies, form)
        return found


def _levels_along(
    found: Mapping[str, PolicySet] | None, ids: tuple[str, ...]
) -> OrganizationLevels | None:
    """Return the compiled policies along a path of ids; None if the type is not enabled."""
    return None if found is None else shared_levels(tuple(found[each] for each in ids))


def policy_arn(organization: Organization, policy: OrganizationPolicy) -> str:
    """Return the ARN of a policy of an organization."""
    return f"{organization.prefix}:policy/{organization.id}/{policy.type.lower()}/{policy.id}"


def node_tags(node: OrganizationNode) -> tuple[Tag, ...]:
    """Return the tags of a node; of an organization, those of its root."""
    return node.root_tags if isinstance(node, Organization) else node.tags
