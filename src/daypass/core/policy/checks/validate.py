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
from daypass.core.policy.checks.bucket_rules import BUCKET_STAGES, check_one_bucket
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
from daypass.core.policy.checks.syntax import (
    no_statement,
    quoted,
    syntax_violations,
    unknown_operator_hint,
)
from daypass.core.policy.language import operators
from daypass.core.policy.language.model import (
    VERSION_2012,
    PolicyDocument,
    Statement,
)
from daypass.core.policy.language.parse import (
    SYNTAX_ERRORS,
    InvalidJson,
    parse_document_value,
    read_json,
)


class DocumentKind(enum.Enum):
    """What a document is written for; `IDENTITY` is an inline policy.

    The last two are not checked here but by `core.organizations.policies`: a tag policy has another
    grammar, and what the resource policy of an organization may say is a matter of organizations.
    """

    IDENTITY = "identity"
    MANAGED = "managed"
    BOUNDARY = "boundary"
    TRUST = "trust"
    SESSION = "session"
    BUCKET = "bucket"
    RESOURCE = "resource"
    SCP = "scp"
    RCP = "rcp"
    ENDPOINT = "vpce"
    TAG = "tag"
    DELEGATION = "organization"


_ALLOWED_CHARACTERS = re.compile(r"[\t\n\r\x20-\xff]*")


def quota_characters(text: str) -> int:
    """Return how many characters of a document count for its quota: all but white space."""
    return len("".join(text.split()))


class _Counted(enum.Enum):
    """What of a text counts for its quota."""

    NO_WHITE_SPACE = enum.auto()
    CHARACTERS = enum.auto()
    BYTES = enum.auto()


_QUOTAS_BY_KIND: dict[DocumentKind, tuple[int, _Counted, str]] = {
    DocumentKind.MANAGED: (
        quotas.MANAGED_POLICY_CHARACTERS_MAX,
        _Counted.NO_WHITE_SPACE,
        "Cannot exceed quota for PolicySize: {}",
    ),
    DocumentKind.TRUST: (
        quotas.TRUST_POLICY_CHARACTERS_MAX,
        _Counted.NO_WHITE_SPACE,
        "Cannot exceed quota for ACLSizePerRole: {}",
    ),
    DocumentKind.IDENTITY: (
        quotas.ROLE_INLINE_CHARACTERS_MAX,
        _Counted.NO_WHITE_SPACE,
        "Maximum policy size of {} bytes exceeded",
    ),
    DocumentKind.SESSION: (
        quotas.SESSION_POLICY_CHARACTERS_MAX,
        _Counted.CHARACTERS,
        "Member must have length less than or equal to {}",
    ),
    DocumentKind.BUCKET: (
        quotas.BUCKET_POLICY_BYTES_MAX,
        _Counted.BYTES,
        "The policy is larger than 20 KB.",
    ),
    DocumentKind.SCP: (
        quotas.SCP_BYTES_MAX,
        _Counted.CHARACTERS,
        "The SCP is larger than {} bytes",
    ),
    DocumentKind.RCP: (
        quotas.RCP_BYTES_MAX,
        _Counted.CHARACTERS,
        "The RCP is larger than {} bytes",
    ),
}
"""For each kind the maximal length, what of the text counts, and AWS's message beyond it."""
_QUOTAS_BY_KIND[DocumentKind.BOUNDARY] = _QUOTAS_BY_KIND[DocumentKind.MANAGED]


def quota_violations(text: str, kind: DocumentKind) -> Iterator[tuple[str, str, str]]:
    """Yield code, AWS's message and path if a document is too long for its kind."""
    length_max, counted, message = _QUOTAS_BY_KIND.get(
        kind, (quotas.DOCUMENT_CHARACTERS_MAX, _Counted.CHARACTERS, "{}")
    )
    if counted is _Counted.NO_WHITE_SPACE:
        length = quota_characters(text)
    else:
        length = len(text) if counted is _Counted.CHARACTERS else len(text.encode())
    if length > length_max:
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
    """Return the document, and every violation in the order of IAM's stages, with its hint.

    The document is None if the text cannot be parsed; then all syntax errors are found.
    """
    if kind is DocumentKind.BUCKET and text and not text.startswith("{"):
        hint = "remove what stands before the first brace"
        return None, iter([Malformed(_FIRST_BYTE_MESSAGE, path="document", hint=hint)])
    if len(text) > quotas.DOCUMENT_CHARACTERS_MAX:
        hint = f"no policy is longer than {quotas.DOCUMENT_CHARACTERS_MAX:,} characters"
        return None, iter([Malformed(SYNTAX_ERRORS, path="document", hint=hint)])
    if not _ALLOWED_CHARACTERS.fullmatch(text):
        return None, iter([Malformed(SYNTAX_ERRORS, path="document", hint=_character_hint(text))])
    try:
        value = read_json(text)
    except InvalidJson as fault:
        message = _INVALID_JSON if kind in _KINDS_WITH_JSON_MESSAGE else fault.message
        return None, iter([Malformed(message, path="document")])
    try:
        document = parse_document_value(value)
    except Malformed:
        return None, syntax_violations(value)
    return document, _violations(document, kind, is_indented=text[:1].isspace())


def _character_hint(text: str) -> str:
    """Return a sentence about the first character that no policy may have."""
    found = _ALLOWED_CHARACTERS.match(text)
    offset = found.end() if found else 0
    return (
        f"character {offset + 1} is U+{ord(text[offset]):04X}: a policy has characters up to U+00FF"
    )


def unparsed_syntax_violations(document: PolicyDocument) -> Iterator[Malformed]:
    """Yield the syntax errors of a document that can be parsed: no statement, unknown operators."""
    if not document.statements:
        yield no_statement()
    yield from unknown_operators(document.statements)


def unknown_operators(statements: Iterable[Statement]) -> Iterator[Malformed]:
    """Yield a fault for each condition operator that does not exist.

    A stored one never allows a request, but none may be written.
    """
    for at, statement in enumerate(statements):
        for name in dict.fromkeys(condition.operator for condition in statement.conditions):
            if operators.parse_operator(name) is None:
                yield Malformed(
                    SYNTAX_ERRORS,
                    path=f"Statement[{at}].Condition.{name}",
                    hint=unknown_operator_hint(name),
                    is_about_name=True,
                )


def _violations(
    document: PolicyDocument, kind: DocumentKind, *, is_indented: bool
) -> Iterator[Malformed]:
    """Yield the violations of a parsed document in the order of IAM's stages."""
    yield from unparsed_syntax_violations(document)
    if kind in _KINDS_THAT_NEED_VERSION_2012 and document.version != VERSION_2012:
        yield Malformed(
            "Policy document must be version 2012-10-17 or greater.",
            path="Version",
            hint=f'write "Version": "{VERSION_2012}"',
        )
    if is_indented and kind in _LEADING_SPACE_MESSAGES:
        hint = "remove the white space before the first brace"
        yield Malformed(_LEADING_SPACE_MESSAGES[kind], path="document", hint=hint)
    yield from _check_statements(document, check_legacy)
    if kind not in _KINDS_WITH_ANY_SID:
        yield from _check_statements(document, check_sid)
    yield from _repeated_sids(document)
    for stage in _STAGES_BY_KIND[kind]:
        yield from _check_statements(document, stage)
    if kind is DocumentKind.BUCKET:
        yield from check_one_bucket(document)


def _repeated_sids(document: PolicyDocument) -> Iterator[Malformed]:
    seen: set[str] = set()
    for at, statement in enumerate(document.statements):
        if statement.sid and statement.sid in seen:
            yield Malformed(
                "Statement IDs (SID) in a single policy must be unique.",
                path=f"Statement[{at}].Sid",
                hint=f"an earlier statement has the Sid {quoted(statement.sid)}: write another",
            )
        seen.add(statement.sid)


def _check_statements(document: PolicyDocument, stage: Stage) -> Iterator[Malformed]:
    """Yield the violations that a stage finds in any statement."""
    for at, statement in enumerate(document.statements):
        yield from stage(statement, f"Statement[{at}]")


_KINDS_THAT_NEED_VERSION_2012 = frozenset(
    {DocumentKind.MANAGED, DocumentKind.BOUNDARY, DocumentKind.SCP, DocumentKind.RCP}
)
_LEADING_SPACE_MESSAGES = {
    DocumentKind.IDENTITY: LEGACY_PARSING_FAILED,
    DocumentKind.MANAGED: LEGACY_PARSING_FAILED,
    DocumentKind.BOUNDARY: LEGACY_PARSING_FAILED,
    DocumentKind.SESSION: LEGACY_PARSING_FAILED,
    DocumentKind.TRUST: "JSON strings must not have leading spaces",
}
"""IAM's message for white space before the first brace, for the kinds that refuse it."""
_FIRST_BYTE_MESSAGE = "Policies must be valid JSON and the first byte must be '{'"
"""S3's message for a policy that begins with anything but a brace."""
_INVALID_JSON = "This policy contains invalid Json"
_KINDS_WITH_JSON_MESSAGE = frozenset(
    {DocumentKind.TRUST, DocumentKind.BUCKET, DocumentKind.RESOURCE}
)
_KINDS_WITH_ANY_SID = frozenset({DocumentKind.BUCKET, DocumentKind.RESOURCE, DocumentKind.ENDPOINT})
"""Kinds of documents whose Sids may have any characters."""


_STAGES_BY_KIND: dict[DocumentKind, tuple[Stage, ...]] = {
    DocumentKind.IDENTITY: IDENTITY_STAGES,
    DocumentKind.MANAGED: IDENTITY_STAGES,
    DocumentKind.BOUNDARY: IDENTITY_STAGES,
    DocumentKind.SESSION: IDENTITY_STAGES,
    DocumentKind.SCP: IDENTITY_STAGES,
    DocumentKind.TRUST: TRUST_STAGES,
    DocumentKind.BUCKET: BUCKET_STAGES,
    DocumentKind.RESOURCE: RESOURCE_STAGES,
    DocumentKind.ENDPOINT: RESOURCE_STAGES,
    DocumentKind.RCP: RCP_STAGES,
}
