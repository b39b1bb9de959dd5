"""A set of policies of one kind, indexed by action: what a decision looks through.

The order of documents and statements never matters; a deny that applies ends the search, one allow is enough.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from daypass.core.policy.decision.compile import (
    CACHED_DOCUMENTS_MAX,
    CompiledDocument,
    CompiledStatement,
    PolicyGrammar,
    compile_stored_text,
)
from daypass.core.policy.decision.policy_references import (
    PolicyReference,
    PolicySetReference,
    reference_policies,
)

INDEXED_ACTIONS_MAX = 256
"""How many actions a set remembers the statements of; in a server there are no more than the models' own."""


@dataclass(frozen=True, slots=True, eq=False)
class NamedPolicy:
    """A document and where it comes from: a name for people, and its ARN if it is a managed policy."""

    document: CompiledDocument
    name: str = ""
    arn: str = ""

    @property
    def reference(self) -> PolicyReference:
        """Return what names the document."""
        document = self.document
        is_denying = not any(each.is_allow for each in document.statements)
        return PolicyReference(self.name, self.arn, document.digest, is_denying)


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A statement in its document."""

    policy: NamedPolicy
    statement: CompiledStatement


ActionRules = tuple[tuple[Rule, ...], tuple[Rule, ...]]
"""The statements that speak of an action: those that deny, those that allow."""


class PolicySet:
    """Documents of one kind that hold together: any of them may allow, each of them may deny."""

    __slots__ = (
        "_references",
        "_rules_by_action",
        "_rules_by_service",
        "_rules_of_any_service",
        "is_unreadable",
        "key_families",
        "policies",
        "rules",
    )

    def __init__(
        self, policies: Iterable[NamedPolicy], rules: Iterable[Rule] | None = None
    ) -> None:
        """Take the documents with all their statements, or statements of other sets alone."""
        self.policies = tuple(policies)
        self.is_unreadable = any(policy.document.is_unreadable for policy in self.policies)
        self._references: PolicySetReference | None = None
        self._rules_by_action: dict[str, ActionRules] = {}
        self._rules_by_service: dict[str, list[tuple[int, Rule]]] = {}
        self._rules_of_any_service: list[tuple[int, Rule]] = []
        self.rules = (
            tuple(
                Rule(policy, statement)
                for policy in self.policies
                for statement in policy.document.statements
            )
            if rules is None
            else tuple(rules)
        )
        self.key_families = frozenset[str]().union(
            *(rule.statement.key_families for rule in self.rules)
        )
        """The families of condition keys that its statements ask for, such as `aws:principaltag`."""
        for at, rule in enumerate(self.rules):
            statement = rule.statement
            if not statement.can_apply:
                continue
            if statement.syntax.not_actions is not None or statement.actions.matches_everything:
                self._rules_of_any_service.append((at, rule))
            else:
                for service in statement.actions.services:
                    self._rules_by_service.setdefault(service, []).append((at, rule))

    @property
    def references(self) -> PolicySetReference:
        """Return the documents by name and hash; worked out once, when a decision with them is kept."""
        if self._references is None:
            self._references = reference_policies(policy.reference for policy in self.policies)
        return self._references

    def denies_only(self) -> "PolicySet":
        """Return the same documents with their denies alone."""
        return PolicySet(
            replace(each, document=each.document.denies_only()) for each in self.policies
        )

    def rules_for(self, action: str) -> ActionRules:
        """Return the statements that speak of an action, given in lower case."""
        known = self._rules_by_action.get(action)
        if known is None:
            if len(self._rules_by_action) >= INDEXED_ACTIONS_MAX:
                self._rules_by_action.clear()
            known = self._rules_by_action[action] = self._find(action)
        return known

    def _find(self, action: str) -> ActionRules:
        near = [
            *self._rules_of_any_service,
            *self._rules_by_service.get(action.partition(":")[0], ()),
        ]
        found = [
            rule
            for _, rule in sorted(near, key=lambda one: one[0])
            if rule.statement.matches_action(action)
        ]
        return (
            tuple(rule for rule in found if not rule.statement.is_allow),
            tuple(rule for rule in found if rule.statement.is_allow),
        )


NO_POLICIES = PolicySet(())
"""No policy at all."""


def unnamed_policy_set(*documents: CompiledDocument) -> PolicySet:
    """Return a set of documents that have no names."""
    return PolicySet(NamedPolicy(document) for document in documents)


@lru_cache(maxsize=CACHED_DOCUMENTS_MAX)
def single_policy_set(text: str, form: PolicyGrammar, name: str = "") -> PolicySet:
    """Return the set of one stored document, such as a resource's policy."""
    return PolicySet((NamedPolicy(compile_stored_text(text, form), name),))
