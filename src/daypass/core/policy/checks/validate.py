"""Writing a policy: IAM's stages in IAM's order, with IAM's messages; the first that fails is told.

Unknown services, actions and condition keys are accepted, as IAM accepts them: new ones come every week. Source: recorded
answers of IAM; IAM user guide, "Grammar of the IAM JSON policy language".
"""

import enum
import re
from collections.abc import Callable, Iterable, Iterator

from daypass.core import quotas
from daypass.core.arn import PARTS
from daypass.core.faults import Malformed
from daypass.core.policy.checks import java_dates
from daypass.core.policy.checks.entry_formats import PARTITIONS, action_problem, resource_problem
from daypass.core.policy.checks.trust_checks import (
    NO_PRINCIPAL,
    action_entries,
    federated_subject,
    trust_actions,
    trust_shape,
)
from daypass.core.policy.language import operators, principal_element, trust
from daypass.core.policy.language.model import NEW, Document, Statement
from daypass.core.policy.language.parse import SYNTAX, InvalidJson, parse


class DocumentKind(enum.Enum):
    """What a document is written for."""

    IDENTITY = "identity"
    MANAGED = "managed"
    TRUST = "trust"
    SESSION = "session"
    RESOURCE = "resource"
    SCP = "scp"
    RCP = "rcp"
    ENDPOINT = "vpce"


LEGACY = "The policy failed legacy parsing"
_ALPHABET = re.compile(r"[\t\n\r\x20-\xff]*")
_SID = re.compile(r"[0-9A-Za-z]*", re.ASCII)


def size(text: str) -> int:
    """Return how many characters a document counts for its quota: all but white space."""
    return len("".join(text.split()))


_QUOTAS: dict[DocumentKind, tuple[int, bool, str]] = {
    DocumentKind.MANAGED: (quotas.MANAGED_POLICY_CHARACTERS_MAX, False, "Cannot exceed quota for PolicySize: {}"),
    DocumentKind.TRUST: (quotas.TRUST_POLICY_CHARACTERS_MAX, False, "Cannot exceed quota for ACLSizePerRole: {}"),
    DocumentKind.IDENTITY: (quotas.ROLE_INLINE_CHARACTERS_MAX, False, "Maximum policy size of {} bytes exceeded"),
    DocumentKind.SESSION: (quotas.SESSION_POLICY_CHARACTERS_MAX, True, "Member must have length less than or equal to {}"),
    DocumentKind.SCP: (quotas.SCP_BYTES_MAX, True, "The SCP is larger than {} bytes"),
    DocumentKind.RCP: (quotas.RCP_BYTES_MAX, True, "The RCP is larger than {} bytes"),
}  # fmt: skip
"""The most that a document of a kind may be, whether white space counts, and what is said of more."""


def over_quota(text: str, kind: DocumentKind) -> Iterator[tuple[str, str, str]]:
    """Give a code, AWS's message and a path for a document that is too long for its kind."""
    most, counts_spaces, words = _QUOTAS.get(kind, (quotas.DOCUMENT_CHARACTERS_MAX, True, "{}"))
    if (len(text.encode()) if counts_spaces else size(text)) > most:
        yield "quota", words.format(most), "document"


def validate(text: str, kind: DocumentKind) -> Document:
    """Return the document of a text that may be stored; raises `Malformed` in IAM's words, with a path."""
    document, found = judged(text, kind)
    for fault in found:
        raise fault
    assert document is not None  # noqa: S101 - what cannot be read is a violation
    return document


def judged(text: str, kind: DocumentKind) -> tuple[Document | None, Iterator[Malformed]]:
    """Return the document, nothing where it cannot be read, and every violation in the order of IAM's stages."""
    if len(text) > quotas.DOCUMENT_CHARACTERS_MAX or not _ALPHABET.fullmatch(text):
        return None, iter([Malformed(SYNTAX, path="document")])
    try:
        document = parse(text)
    except InvalidJson as fault:
        in_words = kind in {DocumentKind.TRUST, DocumentKind.RESOURCE}
        words = "This policy contains invalid Json" if in_words else fault.message
        return None, iter([Malformed(words, path="document")])
    except Malformed as fault:
        return None, iter([fault])
    return document, _violations(document, kind, is_indented=text[:1].isspace())


def unknown_operators(statements: Iterable[Statement]) -> Iterator[Malformed]:
    """Give each operator that there is not; a stored one opens nothing, and none is stored."""
    for at, statement in enumerate(statements):
        for name in dict.fromkeys(condition.operator for condition in statement.conditions):
            if operators.named(name) is None:
                yield Malformed(SYNTAX, path=f"Statement[{at}].Condition.{name}")


def _violations(
    document: Document, kind: DocumentKind, *, is_indented: bool
) -> Iterator[Malformed]:
    if not document.statements:
        yield Malformed(SYNTAX, path="Statement")
    yield from unknown_operators(document.statements)
    if kind in _NEEDS_NEW and document.version != NEW:
        yield Malformed("Policy document must be version 2012-10-17 or greater.", path="Version")
    if is_indented and kind in _NOT_INDENTED:
        yield Malformed(_NOT_INDENTED[kind], path="document")
    yield from _each(document, _legacy)
    if kind not in _ANY_SID:
        yield from _each(document, _sid)
    sids = [statement.sid for statement in document.statements if statement.sid]
    if len(set(sids)) != len(sids):
        yield Malformed("Statement IDs (SID) in a single policy must be unique.", path="Statement")
    for stage in _LATE_STAGES[kind]:
        yield from _each(document, stage)


def _each(document: Document, stage: "Stage") -> Iterator[Malformed]:
    for at, statement in enumerate(document.statements):
        yield from stage(statement, f"Statement[{at}]")


_NEEDS_NEW = frozenset({DocumentKind.MANAGED, DocumentKind.SCP, DocumentKind.RCP})
_NOT_INDENTED = {
    DocumentKind.IDENTITY: LEGACY,
    DocumentKind.MANAGED: LEGACY,
    DocumentKind.SESSION: LEGACY,
    DocumentKind.TRUST: "JSON strings must not have leading spaces",
}
"""What is said of white space before the first brace, where it is refused."""
_ANY_SID = frozenset({DocumentKind.RESOURCE, DocumentKind.ENDPOINT})
Stage = Callable[[Statement, str], Iterator[Malformed]]
"""One thing that is looked at in a statement: gives what is wrong with it."""


def _legacy(statement: Statement, path: str) -> Iterator[Malformed]:
    if statement.effect not in {"Allow", "Deny"}:
        yield Malformed(LEGACY, path=f"{path}.Effect")
    for condition in statement.conditions:
        named = operators.named(condition.operator)
        if named is None or not named.operator.name.startswith("date"):
            continue
        for value in condition.values:
            if not java_dates.is_date(value):
                where = f"{path}.Condition.{condition.operator}.{condition.key}"
                yield Malformed(LEGACY, path=where)
    for name, entries in _resources(statement):
        for at, resource in enumerate(entries):
            parts = resource.split(":")
            is_real = parts[0] == "arn" and PARTITIONS.fullmatch("".join(parts[1:2])) is not None
            is_short = "::" in resource and len(parts) < PARTS
            is_nameless = len(parts) >= PARTS and not parts[2]
            if is_real and (is_short or is_nameless):
                yield Malformed(LEGACY, path=f"{path}.{name}[{at}]")


def _sid(statement: Statement, path: str) -> Iterator[Malformed]:
    if not _SID.fullmatch(statement.sid):
        yield Malformed(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular"
            " expression [0-9A-Za-z]*",
            path=f"{path}.Sid",
        )


def _resources(statement: Statement) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (
        ("Resource", statement.resources or ()),
        ("NotResource", statement.not_resources or ()),
    )


def _has_actions(statement: Statement, path: str) -> Iterator[Malformed]:
    if not (statement.actions or statement.not_actions):
        yield Malformed("Policy statement must contain actions.", path=f"{path}.Action")


def _formats(
    entries_of: Callable[[Statement], Iterable[tuple[str, tuple[str, ...]]]],
    problem_of: Callable[[str], str],
) -> Stage:
    """Return what looks at the form of each entry."""

    def stage(statement: Statement, path: str) -> Iterator[Malformed]:
        for name, entries in entries_of(statement):
            for at, entry in enumerate(entries):
                problem = problem_of(entry)
                if problem:
                    yield Malformed(problem, path=f"{path}.{name}[{at}]")

    return stage


_resource_formats = _formats(_resources, resource_problem)
_action_formats = _formats(action_entries, action_problem)


def _has_resources(statement: Statement, path: str) -> Iterator[Malformed]:
    if not (statement.resources or statement.not_resources):
        yield Malformed("Policy statement must contain resources.", path=f"{path}.Resource")


def _no_principal(statement: Statement, path: str) -> Iterator[Malformed]:
    if statement.principals is not None or statement.not_principals is not None:
        yield Malformed("Policy document should not specify a principal.", path=f"{path}.Principal")


def _names_somebody(statement: Statement, path: str) -> Iterator[Malformed]:
    named = statement.principals or statement.not_principals
    if named is None:
        yield Malformed(NO_PRINCIPAL, path=f"{path}.Principal")
    elif not named.entries:
        yield Malformed(f"{NO_PRINCIPAL} cannot be empty!", path=f"{path}.Principal")


def _principal_formats(statement: Statement, path: str) -> Iterator[Malformed]:
    for name, element in (("Principal", statement.principals), ("NotPrincipal", statement.not_principals)):  # fmt: skip
        places: dict[str, int] = {}
        for kind, value in element.entries if element else ():
            at = places[kind] = places.get(kind, -1) + 1
            if not principal_element.may_be_written(kind, value):
                yield Malformed(trust.invalid(kind, value), path=f"{path}.{name}.{kind}[{at}]")


def _rcp_shape(statement: Statement, path: str) -> Iterator[Malformed]:
    if statement.effect == "Allow":
        yield Malformed("An RCP may only deny.", path=f"{path}.Effect")
    if statement.not_principals is not None:
        yield Malformed("Has prohibited field NotPrincipal", path=f"{path}.NotPrincipal")
    elif statement.principals is None or statement.principals.entries != (("AWS", "*"),):
        yield Malformed('The principal of an RCP must be "*".', path=f"{path}.Principal")
    if statement.not_actions is not None:
        yield Malformed("Has prohibited field NotAction", path=f"{path}.NotAction")
    if "*" in (statement.actions or ()):
        yield Malformed("An RCP must name the services of its actions.", path=f"{path}.Action")


_IDENTITY_LATE: tuple[Stage, ...] = (
    _has_actions,
    _has_resources,
    _resource_formats,
    _action_formats,
    _no_principal,
)
_NAMING_LATE: tuple[Stage, ...] = (
    _has_actions,
    _names_somebody,
    _principal_formats,
    _has_resources,
    _resource_formats,
    _action_formats,
)
_LATE_STAGES: dict[DocumentKind, tuple[Stage, ...]] = {
    DocumentKind.IDENTITY: _IDENTITY_LATE,
    DocumentKind.MANAGED: _IDENTITY_LATE,
    DocumentKind.SESSION: _IDENTITY_LATE,
    DocumentKind.SCP: _IDENTITY_LATE,
    DocumentKind.TRUST: (
        _has_actions,
        trust_shape,
        _principal_formats,
        trust_actions,
        federated_subject,
    ),
    DocumentKind.RESOURCE: _NAMING_LATE,
    DocumentKind.ENDPOINT: _NAMING_LATE,
    DocumentKind.RCP: (
        _rcp_shape,
        _has_actions,
        _has_resources,
        _resource_formats,
        _action_formats,
    ),
}
