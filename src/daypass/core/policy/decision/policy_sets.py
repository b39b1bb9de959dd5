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
from daypass.core.policy.decision.references import (
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

    source: NamedPolicy
    statement: CompiledStatement


ActionRules = tuple[tuple[Rule, ...], tuple[Rule, ...]]
"""The statements that speak of an action: those that deny, those that allow."""


class PolicySet:
    """Documents of one kind that hold together: any of them may allow, each of them may deny."""

    __slots__ = (
        "_general",
        "_known",
        "_references",
        "_services",
        "is_broken",
        "key_families",
        "rules",
        "sources",
    )

    def __init__(self, sources: Iterable[NamedPolicy], rules: Iterable[Rule] | None = None) -> None:
        """Take the documents with all their statements, or statements of other sets alone."""
        self.sources = tuple(sources)
        self.is_broken = any(source.document.is_broken for source in self.sources)
        self._references: PolicySetReference | None = None
        self._known: dict[str, ActionRules] = {}
        self._services: dict[str, list[tuple[int, Rule]]] = {}
        self._general: list[tuple[int, Rule]] = []
        self.rules = (
            tuple(
                Rule(source, statement)
                for source in self.sources
                for statement in source.document.statements
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
            if statement.source.not_actions is not None or statement.actions.is_everything:
                self._general.append((at, rule))
            else:
                for service in statement.actions.services:
                    self._services.setdefault(service, []).append((at, rule))

    @property
    def references(self) -> PolicySetReference:
        """Return the documents by name and hash; worked out once, when a decision with them is kept."""
        if self._references is None:
            self._references = reference_policies(source.reference for source in self.sources)
        return self._references

    def denying(self) -> "PolicySet":
        """Return the same documents with their denies alone."""
        return PolicySet(replace(each, document=each.document.denying()) for each in self.sources)

    def about(self, action: str) -> ActionRules:
        """Return the statements that speak of an action, given in lower case."""
        known = self._known.get(action)
        if known is None:
            if len(self._known) >= INDEXED_ACTIONS_MAX:
                self._known.clear()
            known = self._known[action] = self._find(action)
        return known

    def _find(self, action: str) -> ActionRules:
        near = [*self._general, *self._services.get(action.partition(":")[0], ())]
        found = [
            rule
            for _, rule in sorted(near, key=lambda one: one[0])
            if rule.statement.speaks_of(action)
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
