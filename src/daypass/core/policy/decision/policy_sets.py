"""The policies of one kind that apply to a request, with their statements indexed by action.

The order of policies and statements never changes an outcome: a Deny that applies ends the search,
and one Allow is enough.
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
"""For how many actions a set caches its statements.

A server asks for no more than the service models have.
"""


@dataclass(frozen=True, slots=True, eq=False)
class NamedPolicy:
    """A compiled document with a name for people, and its ARN if it is a managed policy."""

    document: CompiledDocument
    name: str = ""
    arn: str = ""

    @property
    def reference(self) -> PolicyReference:
        """Return the name, the ARN and the hash of the document."""
        document = self.document
        is_denying = not any(each.is_allow for each in document.statements)
        return PolicyReference(self.name, self.arn, document.digest, is_denying)


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A statement and the policy that it is from."""

    policy: NamedPolicy
    statement: CompiledStatement


ActionRules = tuple[tuple[Rule, ...], tuple[Rule, ...]]
"""The rules that cover an action: those that deny, then those that allow."""


class PolicySet:
    """The policies of one kind that apply together: each may deny, any may allow."""

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
        """Take policies with all their statements; or, with `rules`, those statements alone."""
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
        """The families of condition keys in its statements, such as `aws:principaltag`."""
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
        """Return the policies by name and hash; computed once, when a refusal is first recorded."""
        if self._references is None:
            self._references = reference_policies(policy.reference for policy in self.policies)
        return self._references

    def denies_only(self) -> "PolicySet":
        """Return the set with the Deny statements of its policies alone."""
        return PolicySet(
            replace(each, document=each.document.denies_only()) for each in self.policies
        )

    def rules_for(self, action: str) -> ActionRules:
        """Return the rules that cover an action, in lower case: denies, then allows."""
        known = self._rules_by_action.get(action)
        if known is None:
            if len(self._rules_by_action) >= INDEXED_ACTIONS_MAX:
                self._rules_by_action.clear()
            known = self._rules_by_action[action] = self._find_rules(action)
        return known

    def _find_rules(self, action: str) -> ActionRules:
        near = [
            *self._rules_of_any_service,
            *self._rules_by_service.get(action.partition(":")[0], ()),
        ]
        found = [
            rule
            for _, rule in sorted(near, key=lambda pair: pair[0])
            if rule.statement.matches_action(action)
        ]
        return (
            tuple(rule for rule in found if not rule.statement.is_allow),
            tuple(rule for rule in found if rule.statement.is_allow),
        )


NO_POLICIES = PolicySet(())
"""The empty set: no policy of a kind."""


def unnamed_policy_set(*documents: CompiledDocument) -> PolicySet:
    """Return the set of compiled documents without names: for benchmarks and tests."""
    return PolicySet(NamedPolicy(document) for document in documents)


@lru_cache(maxsize=CACHED_DOCUMENTS_MAX)
def single_policy_set(text: str, grammar: PolicyGrammar, name: str = "") -> PolicySet:
    """Compile the stored text of one policy and return it as a set; sets are cached by text."""
    return PolicySet((NamedPolicy(compile_stored_text(text, grammar), name),))
