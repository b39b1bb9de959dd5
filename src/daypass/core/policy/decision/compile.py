"""From a document to something that decides quickly: every element of every statement made ready once."""

import enum
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from daypass.core import quotas
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
"""Compiled documents that are kept; one is a few kilobytes."""


class PolicyGrammar(enum.Enum):
    """What of a document's grammar means anything: policies of principals, of resources, of organizations and endpoints."""

    IDENTITY = "identity"
    """Identity policies, boundaries, session policies, SCPs: whoever they are attached to, and no Principal."""
    RESOURCE = "resource"
    """Hangs on a resource, and names what of it each statement is about."""
    TRUST = "trust"
    """Hangs on a role, and is about the role as a whole."""
    RCP = "rcp"
    """Stands above a resource's account: a Principal, and resources that are named."""
    ENDPOINT = "endpoint"
    """Hangs on an endpoint, and has the same elements."""


_GRAMMARS_WITHOUT_SHORT_ARNS = frozenset(
    {PolicyGrammar.RESOURCE, PolicyGrammar.TRUST, PolicyGrammar.ENDPOINT}
)


@dataclass(frozen=True, slots=True, eq=False)
class CompiledStatement:
    """One statement, ready to be asked."""

    index: int
    syntax: Statement
    grammar: PolicyGrammar
    has_variables: bool
    is_allow: bool
    actions: ActionPatterns
    resource_matchers: tuple[ResourceMatcher, ...]
    """What matches each entry of Resource, in its order, or of NotResource."""
    matches_every_resource: bool
    """Resource names everything."""
    condition_tests: tuple[ConditionTest, ...]
    principal_grant: Callable[[Principal], Grant | None] | None
    """How the entries of Principal name a caller; None without that element."""
    not_principal: PrincipalMatcher | None
    can_apply: bool
    """Whether the statement has the elements that its form needs, and none that would change whom an Allow is for."""
    key_families: frozenset[str]
    """The families of condition keys that it asks for, as `asked.families` names them."""

    def matches_action(self, action: str) -> bool:
        """Say whether the statement is about an action, given in lower case."""
        return self.actions.matches(action) is (self.syntax.not_actions is None)

    def matches_resource(self, resource: str, context: RequestContext) -> bool:
        """Say whether the statement is about a resource; without the element, if it hangs on the resource itself."""
        if self.matches_every_resource:
            return True
        found = any(matches(resource, context) for matches in self.resource_matchers)
        return found is (self.syntax.not_resources is None)

    def conditions_hold(self, context: RequestContext) -> bool:
        """Say whether every condition holds."""
        for test in self.condition_tests:  # noqa: SIM110 - a generator costs more than most tests
            if not test(context):
                return False
        return True

    def grant_for(self, caller: Principal, *, has_boundary: bool) -> Grant | None:
        """Return how the statement names a caller; None if it does not, or has no principal at all."""
        if self.principal_grant is not None:
            return self.principal_grant(caller)
        if self.not_principal is None:
            return None
        if self.is_allow:
            return Grant.DIRECT if self.not_principal.not_principal_allows(caller) else None
        # With a permissions boundary nobody escapes a Deny with NotPrincipal.
        if has_boundary or not self.not_principal.not_principal_exempts(caller):
            return Grant.DIRECT
        return None


@dataclass(frozen=True, slots=True, eq=False)
class CompiledDocument:
    """A compiled document. `is_unreadable` marks one that cannot be read: every decision with it is a denial."""

    statements: tuple[CompiledStatement, ...]
    text: str = field(default="", repr=False)
    is_unreadable: bool = False
    digest: bytes = b""
    """The hash of the text."""

    def denies_only(self) -> "CompiledDocument":
        """Return the document with its denies alone; each keeps its number."""
        return replace(
            self, statements=tuple(each for each in self.statements if not each.is_allow)
        )


UNREADABLE_DOCUMENT = CompiledDocument((), is_unreadable=True)


def compile_stored_text(
    text: str, form: PolicyGrammar = PolicyGrammar.IDENTITY
) -> CompiledDocument:
    """Return the compiled document of a stored text; one that cannot be read denies everything."""
    try:
        return compile_text(text, form)
    except Malformed:
        return replace(UNREADABLE_DOCUMENT, text=text, digest=document_digest(text))


def compile_uncached_text(
    text: str, form: PolicyGrammar = PolicyGrammar.IDENTITY
) -> CompiledDocument:
    """Return the same without keeping it: for texts that callers make up, or the cache would be theirs to fill."""
    try:
        return compile_document(parse_document(text), form, text)
    except Malformed:
        return UNREADABLE_DOCUMENT


@lru_cache(maxsize=CACHED_DOCUMENTS_MAX)
def compile_text(text: str, form: PolicyGrammar = PolicyGrammar.IDENTITY) -> CompiledDocument:
    """Return the compiled document of a text; raises `Malformed` with a path for one that cannot be read."""
    return compile_document(parse_document(text), form, text)


def compile_document(
    document: PolicyDocument, form: PolicyGrammar, text: str = ""
) -> CompiledDocument:
    """Compile a document that was read.

    Raises `Malformed` for an effect in another case than AWS's: such a document was never written by a sane writer.
    """
    return at_once(compile_document_in_steps(document, form, text))


def compile_document_in_steps(
    document: PolicyDocument, form: PolicyGrammar, text: str = ""
) -> Steps[CompiledDocument]:
    """Compile a document in steps, between which others may have the event loop; raises the same."""
    for at, statement in enumerate(document.statements):
        if statement.effect not in {"Allow", "Deny"}:
            raise Malformed("Effect is neither Allow nor Deny.", path=f"Statement[{at}].Effect")
    statements = []
    for at, each in enumerate(document.statements, start=1):
        found = yield from _compile_statement_in_steps(
            each, at - 1, form, variables=document.has_variables
        )
        statements.append(found)
        if at % quotas.COMPILED_STATEMENTS_PER_STEP == 0:
            yield
    return CompiledDocument(tuple(statements), text, digest=document_digest(text))


def _compile_statement_in_steps(
    statement: Statement, index: int, form: PolicyGrammar, *, variables: bool
) -> Steps[CompiledStatement]:
    is_allow = statement.effect == "Allow"
    tests = []
    for condition in statement.conditions:
        test = yield from compile_condition_in_steps(
            condition, variables=variables, is_allow=is_allow
        )
        tests.append(test)
    texts = statement.not_resources if statement.resources is None else statement.resources
    is_attached = texts is None and form is PolicyGrammar.TRUST
    return CompiledStatement(
        index=index,
        syntax=statement,
        grammar=form,
        has_variables=variables,
        is_allow=is_allow,
        actions=ActionPatterns(
            (statement.not_actions if statement.actions is None else statement.actions) or ()
        ),
        resource_matchers=_resource_matchers(statement, form, variables=variables),
        matches_every_resource=is_attached or any(map(is_all_stars, statement.resources or ())),
        condition_tests=tuple(tests),
        principal_grant=_principal_grant(statement, form),
        not_principal=None
        if statement.not_principals is None
        else PrincipalMatcher(statement.not_principals),
        can_apply=_can_apply(statement, form, has_resource=texts is not None or is_attached),
        key_families=referenced_key_families(statement, variables=variables),
    )


def _principal_grant(
    statement: Statement, form: PolicyGrammar
) -> Callable[[Principal], Grant | None] | None:
    if statement.principals is None:
        return None
    names = PrincipalMatcher(statement.principals)
    if statement.effect == "Deny":
        return names.grant_in_deny
    return (
        names.grant_in_ceiling
        if form in {PolicyGrammar.RCP, PolicyGrammar.ENDPOINT}
        else names.grant_in_allow
    )


def _resource_matchers(
    statement: Statement, form: PolicyGrammar, *, variables: bool
) -> tuple[ResourceMatcher, ...]:
    """Return what matches each entry; a short ARN that cannot be read neither opens nor exempts anything."""
    is_allow, is_except = statement.effect == "Allow", statement.resources is None
    found = []
    for text in (statement.not_resources if is_except else statement.resources) or ():
        if form not in _GRAMMARS_WITHOUT_SHORT_ARNS or is_readable_resource(
            text, variables=variables
        ):
            found.append(compile_resource(text, variables=variables))
        elif is_except:
            # Nobody knows what was to be left out: an Allow is about nothing then, a Deny leaves nothing out.
            found.append(match_every_resource if is_allow else match_no_resource)
        else:
            found.append(
                match_no_resource if is_allow else compile_resource(text, variables=variables)
            )
    return tuple(found)


def _can_apply(statement: Statement, form: PolicyGrammar, *, has_resource: bool) -> bool:
    if statement.actions is None and statement.not_actions is None:
        return False
    has_principal = statement.principals is not None or statement.not_principals is not None
    if (
        form is PolicyGrammar.TRUST
        and statement.not_principals is not None
        and statement.effect == "Allow"
    ):
        return False
    if form is not PolicyGrammar.IDENTITY:
        return has_resource and has_principal
    # A policy of a principal names none: an Allow that does was written for somebody, and is for nobody here.
    return has_resource and not (has_principal and statement.effect == "Allow")
