"""From a document to something that decides quickly: statements compiled, and indexed by the service they speak of."""

from dataclasses import dataclass
from functools import lru_cache

from daypass.core.faults import Malformed
from daypass.core.policy.conditions import Test, compile_condition
from daypass.core.policy.match import ActionPattern, Context, action
from daypass.core.policy.model import Document, Principals, Statement
from daypass.core.policy.parse import parse
from daypass.core.policy.principal import Principal
from daypass.core.policy.principals import Grant, exempt_from_deny, grant
from daypass.core.policy.resources import ResourcePattern, compile_resource

DOCUMENTS_MAX = 20_000
"""Compiled documents that are kept; one is a few kilobytes."""


@dataclass(frozen=True, slots=True)
class CompiledStatement:
    """One statement, ready to be asked."""

    index: int
    sid: str
    is_allow: bool
    actions: tuple[ActionPattern, ...]
    not_actions: tuple[ActionPattern, ...] | None
    resources: tuple[ResourcePattern, ...] | None
    not_resources: tuple[ResourcePattern, ...] | None
    principals: Principals | None
    not_principals: Principals | None
    tests: tuple[Test, ...]

    def speaks_of(self, service: str, name: str) -> bool:
        """Say whether the statement is about an action, given in lower case."""
        if self.not_actions is not None:
            return not any(pattern.matches(service, name) for pattern in self.not_actions)
        return any(pattern.matches(service, name) for pattern in self.actions)

    def covers(self, resource: str, context: Context, *, is_attached: bool) -> bool:
        """Say whether the statement is about a resource; without either element, if it hangs on the resource itself."""
        if self.resources is not None:
            return any(pattern.matches(resource, context) for pattern in self.resources)
        if self.not_resources is not None:
            return not any(pattern.matches(resource, context) for pattern in self.not_resources)
        return is_attached

    def holds(self, context: Context) -> bool:
        """Say whether every condition holds."""
        return all(test(context) for test in self.tests)

    def names(self, caller: Principal, *, has_boundary: bool) -> Grant | None:
        """Return how the statement names a caller; nothing if it does not, or has no principal at all."""
        if self.principals is not None:
            return grant(self.principals, caller)
        if self.not_principals is None:
            return None
        if self.is_allow:
            return Grant.DIRECT if grant(self.not_principals, caller) is None else None
        # With a permissions boundary nobody escapes a Deny with NotPrincipal.
        if has_boundary or not exempt_from_deny(self.not_principals, caller):
            return Grant.DIRECT
        return None


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled document. `is_broken` marks one that cannot be read: every decision with it is a denial."""

    statements: tuple[CompiledStatement, ...]
    by_service: dict[str, tuple[CompiledStatement, ...]]
    general: tuple[CompiledStatement, ...]
    """Statements that may speak of any service, in order with nothing else."""
    is_broken: bool = False

    def about(self, service: str) -> tuple[CompiledStatement, ...]:
        """Return the statements that can speak of a service, given in lower case."""
        return self.by_service.get(service, self.general)


BROKEN = Compiled((), {}, (), is_broken=True)


@lru_cache(maxsize=DOCUMENTS_MAX)
def compiled(text: str) -> Compiled:
    """Return the compiled document of a stored text; one that cannot be read denies everything."""
    try:
        return compile_document(parse(text))
    except Malformed:
        return BROKEN


def compile_document(document: Document) -> Compiled:
    """Compile a document that was read."""
    statements = tuple(
        _statement(each, at, variables=document.has_variables)
        for at, each in enumerate(document.statements)
    )
    services = {
        pattern.service
        for statement in statements
        for pattern in statement.actions
        if not pattern.matches_all
    }
    return Compiled(
        statements=statements,
        by_service={
            service: tuple(each for each in statements if _may_speak_of(each, service))
            for service in services
        },
        general=tuple(each for each in statements if _may_speak_of(each, "")),
    )


def _may_speak_of(statement: CompiledStatement, service: str) -> bool:
    return statement.not_actions is not None or any(
        pattern.matches_all or pattern.service == service for pattern in statement.actions
    )


def _statement(statement: Statement, index: int, *, variables: bool) -> CompiledStatement:
    def resources(texts: tuple[str, ...] | None) -> tuple[ResourcePattern, ...] | None:
        if texts is None:
            return None
        return tuple(compile_resource(text, variables=variables) for text in texts)

    return CompiledStatement(
        index=index,
        sid=statement.sid,
        is_allow=statement.effect == "Allow",
        actions=_actions(statement.actions or ()),
        not_actions=None if statement.not_actions is None else _actions(statement.not_actions),
        resources=resources(statement.resources),
        not_resources=resources(statement.not_resources),
        principals=statement.principals,
        not_principals=statement.not_principals,
        tests=tuple(
            compile_condition(condition, variables=variables) for condition in statement.conditions
        ),
    )


def _actions(texts: tuple[str, ...]) -> tuple[ActionPattern, ...]:
    return tuple(pattern for text in texts if (pattern := action(text)) is not None)
