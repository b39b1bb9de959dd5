"""Compiling a policy document, so that its statements are evaluated quickly.

Every element of every statement is parsed once, here; a decision only compares.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from daypass.core import quotas
from daypass.core.enums import with_plain_members
from daypass.core.faults import Malformed
from daypass.core.policy.decision.policy_references import document_digest
from daypass.core.policy.language.actions import ActionPatterns
from daypass.core.policy.language.conditions import ConditionTest, compile_condition_in_steps
from daypass.core.policy.language.model import PolicyDocument, Statement
from daypass.core.policy.language.parse import parse_document
from daypass.core.policy.language.patterns import RequestContext
from daypass.core.policy.language.principal import Principal
from daypass.core.policy.language.principal_element import Grant, PrincipalMatcher
from daypass.core.policy.language.referenced_keys import referenced_key_families
from daypass.core.policy.language.resources import (
    ResourceMatcher,
    compile_resource,
    is_all_stars,
    is_readable_resource,
    match_every_resource,
    match_no_resource,
)
from daypass.core.slices import Steps, at_once

CACHED_DOCUMENTS_MAX = 20_000
"""How many compiled documents are cached; one takes a few kilobytes."""


@with_plain_members
class PolicyGrammar(enum.Enum):
    """Which elements the statements of a policy have, and what a missing one means."""

    IDENTITY = "identity"
    """Identity policies, boundaries, session policies and SCPs.

    They apply to a principal, and their statements have no Principal element.
    """
    RESOURCE = "resource"
    """A resource's policy, whose statements name principals and resources."""
    TRUST = "trust"
    """A role's trust policy, whose statements name principals; each is about the whole role."""
    RCP = "rcp"
    """A resource control policy, whose statements name principals and resources."""
    ENDPOINT = "endpoint"
    """A VPC endpoint's policy, whose statements name principals and resources."""


_GRAMMARS_WITHOUT_SHORT_ARNS = frozenset(
    {PolicyGrammar.RESOURCE, PolicyGrammar.TRUST, PolicyGrammar.ENDPOINT}
)
"""Policies in which an ARN of fewer than six parts is unreadable, unless it has a wildcard."""


@dataclass(frozen=True, slots=True, eq=False)
class CompiledStatement:
    """A statement of a document, compiled; `index` is its place in the document, from zero."""

    index: int
    syntax: Statement
    grammar: PolicyGrammar
    has_variables: bool
    is_allow: bool
    actions: ActionPatterns
    resource_matchers: tuple[ResourceMatcher, ...]
    """One matcher for each entry of Resource, in order, or of NotResource."""
    matches_every_resource: bool
    """Whether Resource has an entry `*`."""
    condition_tests: tuple[ConditionTest, ...]
    principal_grant: Callable[[Principal], Grant | None] | None
    """Returns how the Principal element names a caller; None without that element."""
    not_principal: PrincipalMatcher | None
    """The NotPrincipal element; None without it."""
    can_apply: bool
    """Whether the statement can ever apply.

    It has the elements that its grammar needs, and no Principal that makes its Allow void.
    """
    key_families: frozenset[str]
    """The families of its condition keys: `referenced_keys.referenced_key_families`."""

    def matches_action(self, action: str) -> bool:
        """Return whether the statement covers an action, given in lower case."""
        return self.actions.matches(action) is (self.syntax.not_actions is None)

    def matches_resource(self, resource: str, context: RequestContext) -> bool:
        """Return whether the statement covers a resource; one without Resource covers its role."""
        if self.matches_every_resource:
            return True
        is_covered = self.syntax.not_resources is None
        for matches in self.resource_matchers:
            if matches(resource, context):
                return is_covered
        return not is_covered

    def conditions_hold(self, context: RequestContext) -> bool:
        """Return whether every condition holds."""
        for test in self.condition_tests:  # noqa: SIM110 - a generator costs more than most tests
            if not test(context):
                return False
        return True

    def grant_for(self, caller: Principal, *, has_boundary: bool) -> Grant | None:
        """Return how strongly the statement names a caller.

        None if it does not name the caller, or if it has neither Principal nor NotPrincipal.
        """
        if self.principal_grant is not None:
            return self.principal_grant(caller)
        if self.not_principal is None:
            return None
        if self.is_allow:
            return Grant.DIRECT if self.not_principal.not_principal_allows(caller) else None
        # AWS exempts no caller with a permissions boundary from a Deny with NotPrincipal.
        if has_boundary or not self.not_principal.not_principal_exempts(caller):
            return Grant.DIRECT
        return None


@dataclass(frozen=True, slots=True, eq=False)
class CompiledDocument:
    """A compiled document; every decision with an unreadable one is a denial."""

    statements: tuple[CompiledStatement, ...]
    text: str = field(default="", repr=False)
    is_unreadable: bool = False
    digest: bytes = b""
    """The SHA-256 of the text."""

    def denies_only(self) -> "CompiledDocument":
        """Return the document with its Deny statements alone; each keeps its index."""
        return replace(
            self, statements=tuple(each for each in self.statements if not each.is_allow)
        )


UNREADABLE_DOCUMENT = CompiledDocument((), is_unreadable=True)


def compile_stored_text(
    text: str, grammar: PolicyGrammar = PolicyGrammar.IDENTITY
) -> CompiledDocument:
    """Return the compiled document of a stored text; an unreadable one denies every request."""
    try:
        return compile_text(text, grammar)
    except Malformed:
        return replace(UNREADABLE_DOCUMENT, text=text, digest=document_digest(text))


def compile_uncached_text(
    text: str, grammar: PolicyGrammar = PolicyGrammar.IDENTITY
) -> CompiledDocument:
    """Return the compiled document of a text that a caller sent, without caching it.

    An unreadable one denies every request. In the cache of `compile_text`, callers could displace
    the stored policies.
    """
    try:
        return compile_document(parse_document(text), grammar, text)
    except Malformed:
        return UNREADABLE_DOCUMENT


@lru_cache(maxsize=CACHED_DOCUMENTS_MAX)
def compile_text(text: str, grammar: PolicyGrammar = PolicyGrammar.IDENTITY) -> CompiledDocument:
    """Return the compiled document of a text, from the cache if it is there.

    Raises `Malformed` with a path if the text cannot be read.
    """
    return compile_document(parse_document(text), grammar, text)


def compile_document(
    document: PolicyDocument, grammar: PolicyGrammar, text: str = ""
) -> CompiledDocument:
    """Return the compiled form of a parsed document.

    Raises `Malformed` for an effect in another case than `Allow` and `Deny`: IAM never stores such
    a document, so it counts as unreadable.
    """
    return at_once(compile_document_in_steps(document, grammar, text))


def compile_document_in_steps(
    document: PolicyDocument, grammar: PolicyGrammar, text: str = ""
) -> Steps[CompiledDocument]:
    """Compile a document as `compile_document` does, yielding between batches of statements.

    Between them others may have the event loop. Raises the same faults.
    """
    for at, statement in enumerate(document.statements):
        if statement.effect not in {"Allow", "Deny"}:
            raise Malformed("Effect is neither Allow nor Deny.", path=f"Statement[{at}].Effect")
    statements = []
    for at, each in enumerate(document.statements, start=1):
        found = yield from _compile_statement_in_steps(
            each, at - 1, grammar, variables=document.has_variables
        )
        statements.append(found)
        if at % quotas.COMPILED_STATEMENTS_PER_STEP == 0:
            yield
    return CompiledDocument(tuple(statements), text, digest=document_digest(text))


def _compile_statement_in_steps(
    statement: Statement, index: int, grammar: PolicyGrammar, *, variables: bool
) -> Steps[CompiledStatement]:
    is_allow = statement.effect == "Allow"
    tests = []
    for condition in statement.conditions:
        test = yield from compile_condition_in_steps(
            condition, variables=variables, is_allow=is_allow
        )
        tests.append(test)
    texts = statement.not_resources if statement.resources is None else statement.resources
    is_attached = texts is None and grammar is PolicyGrammar.TRUST
    return CompiledStatement(
        index=index,
        syntax=statement,
        grammar=grammar,
        has_variables=variables,
        is_allow=is_allow,
        actions=ActionPatterns(
            (statement.not_actions if statement.actions is None else statement.actions) or ()
        ),
        resource_matchers=_resource_matchers(statement, grammar, variables=variables),
        matches_every_resource=is_attached or any(map(is_all_stars, statement.resources or ())),
        condition_tests=tuple(tests),
        principal_grant=_principal_grant(statement, grammar),
        not_principal=None
        if statement.not_principals is None
        else PrincipalMatcher(statement.not_principals),
        can_apply=_can_apply(statement, grammar, has_resource=texts is not None or is_attached),
        key_families=referenced_key_families(statement, variables=variables),
    )


def _principal_grant(
    statement: Statement, grammar: PolicyGrammar
) -> Callable[[Principal], Grant | None] | None:
    """Return the function that says how a statement's Principal names a caller."""
    if statement.principals is None:
        return None
    matcher = PrincipalMatcher(statement.principals)
    if statement.effect == "Deny":
        return matcher.grant_in_deny
    return (
        matcher.grant_in_ceiling
        if grammar in {PolicyGrammar.RCP, PolicyGrammar.ENDPOINT}
        else matcher.grant_in_allow
    )


def _resource_matchers(
    statement: Statement, grammar: PolicyGrammar, *, variables: bool
) -> tuple[ResourceMatcher, ...]:
    """Return one matcher for each entry of Resource or NotResource.

    An unreadable short ARN neither opens nor exempts anything.
    """
    is_allow, is_not_resource = statement.effect == "Allow", statement.resources is None
    found = []
    for text in (statement.not_resources if is_not_resource else statement.resources) or ():
        if grammar not in _GRAMMARS_WITHOUT_SHORT_ARNS or is_readable_resource(
            text, variables=variables
        ):
            found.append(compile_resource(text, variables=variables))
        elif is_not_resource:
            # What it exempts is unknown: an Allow then covers no resource, and in a Deny
            # the entry exempts none.
            found.append(match_every_resource if is_allow else match_no_resource)
        else:
            found.append(
                match_no_resource if is_allow else compile_resource(text, variables=variables)
            )
    return tuple(found)


def _can_apply(statement: Statement, grammar: PolicyGrammar, *, has_resource: bool) -> bool:
    """Return whether a statement has the elements that its grammar needs; see `can_apply`."""
    if statement.actions is None and statement.not_actions is None:
        return False
    has_principal = statement.principals is not None or statement.not_principals is not None
    if (
        grammar is PolicyGrammar.TRUST
        and statement.not_principals is not None
        and statement.effect == "Allow"
    ):
        return False
    if grammar is not PolicyGrammar.IDENTITY:
        return has_resource and has_principal
    # A policy of a principal has no Principal: an Allow that names one is void.
    return has_resource and not (has_principal and statement.effect == "Allow")
