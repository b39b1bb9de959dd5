"""Validating a policy that is written: IAM's stages in IAM's order, with IAM's messages.

The first violation is the fault that is raised. Unknown services, actions and condition keys are
accepted, as IAM accepts them: new ones come every week. Source: recorded answers of IAM; IAM user
guide, "Grammar of the IAM JSON policy language".
"""

import enum
import re
from collections.abc import Iterable, Iterator

from daypass.core import quotas
from daypass.core.faults import Malformed
from daypass.core.policy.checks.statement_rules import (
    IDENTITY_STAGES,
    LEGACY_PARSING_FAILED,
    RCP_STAGES,
    RESOURCE_STAGES,
    TRUST_STAGES,
    Stage,
    check_legacy,
    check_sid,
)
from daypass.core.policy.language import operators
from daypass.core.policy.language.model import (
    VERSION_2012,
    PolicyDocument,
    Statement,
)
from daypass.core.policy.language.parse import SYNTAX_ERRORS, InvalidJson, parse_document


class DocumentKind(enum.Enum):
    """What a document is written for; `IDENTITY` is an inline policy."""

    IDENTITY = "identity"
    MANAGED = "managed"
    TRUST = "trust"
    SESSION = "session"
    RESOURCE = "resource"
    SCP = "scp"
    RCP = "rcp"
    ENDPOINT = "vpce"


_ALLOWED_CHARACTERS = re.compile(r"[\t\n\r\x20-\xff]*")


def quota_characters(text: str) -> int:
    """Return how many characters of a document count for its quota: all but white space."""
    return len("".join(text.split()))


_QUOTAS_BY_KIND: dict[DocumentKind, tuple[int, bool, str]] = {
    DocumentKind.MANAGED: (
        quotas.MANAGED_POLICY_CHARACTERS_MAX,
        False,
        "Cannot exceed quota for PolicySize: {}",
    ),
    DocumentKind.TRUST: (
        quotas.TRUST_POLICY_CHARACTERS_MAX,
        False,
        "Cannot exceed quota for ACLSizePerRole: {}",
    ),
    DocumentKind.IDENTITY: (
        quotas.ROLE_INLINE_CHARACTERS_MAX,
        False,
        "Maximum policy size of {} bytes exceeded",
    ),
    DocumentKind.SESSION: (
        quotas.SESSION_POLICY_CHARACTERS_MAX,
        True,
        "Member must have length less than or equal to {}",
    ),
    DocumentKind.SCP: (quotas.SCP_BYTES_MAX, True, "The SCP is larger than {} bytes"),
    DocumentKind.RCP: (quotas.RCP_BYTES_MAX, True, "The RCP is larger than {} bytes"),
}
"""For each kind the maximal length, whether white space counts, and AWS's message beyond it."""


def quota_violations(text: str, kind: DocumentKind) -> Iterator[tuple[str, str, str]]:
    """Yield code, AWS's message and path if a document is too long for its kind."""
    length_max, counts_spaces, message = _QUOTAS_BY_KIND.get(
        kind, (quotas.DOCUMENT_CHARACTERS_MAX, True, "{}")
    )
    if (len(text.encode()) if counts_spaces else quota_characters(text)) > length_max:
        yield "quota", message.format(length_max), "document"


def validate_document(text: str, kind: DocumentKind) -> PolicyDocument:
    """Return the document of a text that IAM stores; the quota of its kind is not checked here.

    Raises `Malformed` with IAM's message and a path. The quota is `quota_violations`.
    """
    document, violations = find_violations(text, kind)
    for fault in violations:
        raise fault
    assert document is not None  # noqa: S101 - what cannot be read is a violation
    return document


def find_violations(
    text: str, kind: DocumentKind
) -> tuple[PolicyDocument | None, Iterator[Malformed]]:
    """Return the document, and every violation in the order of IAM's stages.

    The document is None if the text cannot be parsed.
    """
    if len(text) > quotas.DOCUMENT_CHARACTERS_MAX or not _ALLOWED_CHARACTERS.fullmatch(text):
        return None, iter([Malformed(SYNTAX_ERRORS, path="document")])
    try:
        document = parse_document(text)
    except InvalidJson as fault:
        has_own_message = kind in {DocumentKind.TRUST, DocumentKind.RESOURCE}
        message = "This policy contains invalid Json" if has_own_message else fault.message
        return None, iter([Malformed(message, path="document")])
    except Malformed as fault:
        return None, iter([fault])
    return document, _violations(document, kind, is_indented=text[:1].isspace())


def unknown_operators(statements: Iterable[Statement]) -> Iterator[Malformed]:
    """Yield a fault for each condition operator that does not exist.

    A stored one never allows a request, but none may be written.
    """
    for at, statement in enumerate(statements):
        for name in dict.fromkeys(condition.operator for condition in statement.conditions):
            if operators.parse_operator(name) is None:
                yield Malformed(SYNTAX_ERRORS, path=f"Statement[{at}].Condition.{name}")


def _violations(
    document: PolicyDocument, kind: DocumentKind, *, is_indented: bool
) -> Iterator[Malformed]:
    """Yield the violations of a parsed document in the order of IAM's stages."""
    if not document.statements:
        yield Malformed(SYNTAX_ERRORS, path="Statement")
    yield from unknown_operators(document.statements)
    if kind in _KINDS_THAT_NEED_VERSION_2012 and document.version != VERSION_2012:
        yield Malformed("Policy document must be version 2012-10-17 or greater.", path="Version")
    if is_indented and kind in _LEADING_SPACE_MESSAGES:
        yield Malformed(_LEADING_SPACE_MESSAGES[kind], path="document")
    yield from _check_statements(document, check_legacy)
    if kind not in _KINDS_WITH_ANY_SID:
        yield from _check_statements(document, check_sid)
    sids = [statement.sid for statement in document.statements if statement.sid]
    if len(set(sids)) != len(sids):
        yield Malformed("Statement IDs (SID) in a single policy must be unique.", path="Statement")
    for stage in _STAGES_BY_KIND[kind]:
        yield from _check_statements(document, stage)


def _check_statements(document: PolicyDocument, stage: Stage) -> Iterator[Malformed]:
    """Yield the violations that a stage finds in any statement."""
    for at, statement in enumerate(document.statements):
        yield from stage(statement, f"Statement[{at}]")


_KINDS_THAT_NEED_VERSION_2012 = frozenset(
    {DocumentKind.MANAGED, DocumentKind.SCP, DocumentKind.RCP}
)
_LEADING_SPACE_MESSAGES = {
    DocumentKind.IDENTITY: LEGACY_PARSING_FAILED,
    DocumentKind.MANAGED: LEGACY_PARSING_FAILED,
    DocumentKind.SESSION: LEGACY_PARSING_FAILED,
    DocumentKind.TRUST: "JSON strings must not have leading spaces",
}
"""IAM's message for white space before the first brace, for the kinds that refuse it."""
_KINDS_WITH_ANY_SID = frozenset({DocumentKind.RESOURCE, DocumentKind.ENDPOINT})
"""Kinds of documents whose Sids may have any characters."""


_STAGES_BY_KIND: dict[DocumentKind, tuple[Stage, ...]] = {
    DocumentKind.IDENTITY: IDENTITY_STAGES,
    DocumentKind.MANAGED: IDENTITY_STAGES,
    DocumentKind.SESSION: IDENTITY_STAGES,
    DocumentKind.SCP: IDENTITY_STAGES,
    DocumentKind.TRUST: TRUST_STAGES,
    DocumentKind.RESOURCE: RESOURCE_STAGES,
    DocumentKind.ENDPOINT: RESOURCE_STAGES,
    DocumentKind.RCP: RCP_STAGES,
}
