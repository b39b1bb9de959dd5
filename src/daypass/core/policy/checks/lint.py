"""Linting a document: violations, what cannot be read, and warnings about likely mistakes.

There are three levels. *Invalid*: the authority refuses the document; the validator is its own.
*Error*: it is stored as AWS stores it, and cannot do what it says. *Warning*: it is probably not
what its author meant. Only lints ask whether an action or a key exists: no decision ever depends on
such a list. Sources: IAM user guide, "IAM policy validation" and "Access Analyzer policy check
reference".
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from daypass.core.faults import Malformed
from daypass.core.policy.checks import finding_paths
from daypass.core.policy.checks.lints import actions as action_lints
from daypass.core.policy.checks.lints import conditions, resources, risks, unreadable, variables
from daypass.core.policy.checks.lints.cached_reference import CachedReference
from daypass.core.policy.checks.lints.codes import CODES, INVALID, LintMessage
from daypass.core.policy.checks.reference import AuthorizationReference
from daypass.core.policy.checks.validate import DocumentKind, find_violations, quota_violations
from daypass.core.policy.language import actions, positions
from daypass.core.policy.language.model import VERSION_2012, PolicyDocument, Statement
from daypass.core.policy.language.parse import parse_document


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One finding about a document.

    `path` is the place in the document; lines and columns count from one, and the end is excluded.
    """

    severity: str
    """`invalid`: the authority refuses the document.

    `error`: it is stored, and cannot do what it says. `warning`: it is probably not what the author
    meant.
    """
    code: str
    message: str
    """What is wrong; for `invalid` in AWS's words."""
    path: str = ""
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1
    hint: str = ""
    """How to mend it; for `invalid` what is wrong, and how it should look, in our words."""


def detect_kind(document: PolicyDocument) -> DocumentKind:
    """Return the kind of a document by its elements: trust, bucket, resource or identity."""
    with_principals = [s for s in document.statements if s.principals or s.not_principals]
    if not with_principals:
        return DocumentKind.IDENTITY
    entries = [
        entry for s in with_principals for entry in (*(s.actions or ()), *(s.not_actions or ()))
    ]
    has_resource = any(
        s.resources is not None or s.not_resources is not None for s in with_principals
    )
    if not has_resource and all(entry.lower().startswith("sts:") for entry in entries):
        return DocumentKind.TRUST
    resources = [
        entry
        for s in document.statements
        for entry in (*(s.resources or ()), *(s.not_resources or ()))
    ]
    is_of_bucket = bool(resources) and all(
        entry.startswith("arn:aws:s3:::")
        and entry[len("arn:aws:s3:::") :][:1] not in {"*", "?", ""}
        for entry in resources
    )
    return DocumentKind.BUCKET if is_of_bucket else DocumentKind.RESOURCE


def lint(
    text: str, kind: DocumentKind | None, reference: AuthorizationReference
) -> tuple[DocumentKind, list[LintFinding]]:
    """Return the kind of a document, detected if `kind` is None, and all findings about it.

    Errors come first, in AWS's order.
    """
    document, violations = find_violations(text, kind or DocumentKind.IDENTITY)
    if document is not None and kind is None:
        kind = detect_kind(document)
        document, violations = find_violations(text, kind)
    kind = kind or DocumentKind.IDENTITY
    located = positions.locate_members(text)
    found = [_violation_finding(located, fault) for fault in violations]
    found += [_finding(located, message) for message in quota_violations(text, kind)]
    return kind, [*found, *_later_findings(text, located, document, kind, reference)]


def lint_with_violations(
    text: str,
    violations: Iterable[Malformed],
    kind: DocumentKind,
    reference: AuthorizationReference,
) -> list[LintFinding]:
    """Return all findings about a document of a kind whose violations another validator found."""
    located = positions.locate_members(text)
    found = [_violation_finding(located, fault) for fault in violations]
    try:
        document = None if kind is DocumentKind.TAG else parse_document(text)
    except Malformed:
        document = None
    return [*found, *_later_findings(text, located, document, kind, reference)]


def _later_findings(
    text: str,
    located: positions.DocumentPositions,
    document: PolicyDocument | None,
    kind: DocumentKind,
    reference: AuthorizationReference,
) -> Iterator[LintFinding]:
    """Yield the findings that are no violations, or that say where a text is no JSON."""
    if document is None:
        yield from _json_findings(text, located)
        return
    for message in unreadable.check_unreadable(document, kind):
        yield _finding(located, message)
    for message in _warnings(document, kind, reference):
        yield _finding(located, message)


def _json_findings(text: str, located: positions.DocumentPositions) -> Iterator[LintFinding]:
    """Yield findings about repeated members, and about where a text stops being JSON."""
    for path, span in located.repeated_names:
        start, end = located.position(span.start), located.position(span.end)
        message = f'"{path[-1]}" appears twice'
        yield LintFinding(
            INVALID,
            "duplicate",
            message,
            finding_paths.format_path(path),
            start.line,
            start.column,
            end.line,
            end.column,
        )
    problem = finding_paths.first_json_error(text)
    if problem is not None:
        message, offset = problem
        start = located.position(offset)
        yield LintFinding(
            INVALID, "json", message, "", start.line, start.column, start.line, start.column
        )


def _violation_finding(located: positions.DocumentPositions, fault: Malformed) -> LintFinding:
    """Return the finding of a violation, at the member's name if that is what is wrong."""
    steps = _steps(located, fault.path)
    name = located.names.get(steps) if fault.is_about_name else None
    span = name or _value_span(located, fault.path)
    return _located(
        located, span, LintFinding(INVALID, "invalid", fault.message, fault.path), fault.hint
    )


def _finding(located: positions.DocumentPositions, message: LintMessage) -> LintFinding:
    """Return the finding of a lint message, with its position in the text."""
    code, text, path = message
    level, fix = CODES[code]
    return _located(located, _value_span(located, path), LintFinding(level, code, text, path), fix)


def _located(
    located: positions.DocumentPositions,
    span: positions.TextSpan,
    finding: LintFinding,
    hint: str = "",
) -> LintFinding:
    start, end = located.position(span.start), located.position(span.end)
    return replace(
        finding,
        line=start.line,
        column=start.column,
        end_line=end.line,
        end_column=end.column,
        hint=hint,
    )


def _steps(located: positions.DocumentPositions, path: str) -> positions.MemberPath:
    """Return the steps of a path; a single statement without a list has no index."""
    return _without_list(located, finding_paths.parse_path(path))


def _value_span(located: positions.DocumentPositions, path: str) -> positions.TextSpan:
    """Return where the value of a path stands, or the closest value around it."""
    steps = _steps(located, path)
    if steps not in located.spans:
        steps = _without_list(located, finding_paths.parse_value_path(path))
    return located.nearest_span(steps)


def _without_list(
    located: positions.DocumentPositions, steps: positions.MemberPath
) -> positions.MemberPath:
    is_single = steps[:2] == ("Statement", 0) and steps[:2] not in located.spans
    return ("Statement", *steps[2:]) if is_single else steps


# Warnings.


def _warnings(
    document: PolicyDocument, kind: DocumentKind, reference: AuthorizationReference
) -> Iterator[LintMessage]:
    if document.version != VERSION_2012:
        yield (
            "version",
            f'variables do not work in this version: use "Version": "{VERSION_2012}"',
            "Version",
        )
    cached = CachedReference(reference)
    for at, statement in enumerate(document.statements):
        path = f"Statement[{at}]"
        for check in _STATEMENT_CHECKS:
            yield from check(statement, path, cached)
        yield from conditions.check_conditions(statement, path, cached)
        yield from variables.check_variables(document, statement, path, cached)
        yield from risks.check_risks(statement, path, kind)
        if kind is DocumentKind.TRUST:
            yield from _open_provider(statement, path)
    if cached.is_exhausted:
        yield "bounded", "not every pattern was compared: the document has too many of them", ""


StatementCheck = Callable[[Statement, str, CachedReference], Iterator[LintMessage]]
"""A check of one statement.

Takes the statement, its path and the reference; yields lint messages.
"""


def _redundant_resources(
    statement: Statement, path: str, _reference: CachedReference
) -> Iterator[LintMessage]:
    """Warn about resources that another entry covers."""
    for name, entries in (
        ("Resource", statement.resources or ()),
        ("NotResource", statement.not_resources or ()),
    ):
        seen: set[str] = set()
        has_everything = "*" in entries
        for at, entry in enumerate(entries):
            if entry in seen or (entry != "*" and has_everything):
                yield (
                    "redundant",
                    f"`{entry}` is already covered by another entry",
                    f"{path}.{name}[{at}]",
                )
            seen.add(entry)


def _misread_elements(
    statement: Statement, path: str, _reference: CachedReference
) -> Iterator[LintMessage]:
    """Warn about empty elements, NotPrincipal, and Allow with NotAction."""
    for name, value in (
        ("Action", statement.actions),
        ("NotAction", statement.not_actions),
        ("Resource", statement.resources),
        ("NotResource", statement.not_resources),
    ):
        if value == () and not name.startswith("Not"):
            yield (
                "never",
                f"an empty {name} matches no request: the statement never applies",
                f"{path}.{name}",
            )
    if statement.not_principals is not None:
        yield (
            "not-principal",
            (
                "NotPrincipal is easily misread: name principals, or use a condition on"
                " aws:PrincipalArn"
            ),
            f"{path}.NotPrincipal",
        )
    if statement.effect == "Allow" and statement.not_actions is not None:
        excluding = (
            "NotAction with NotResource" if statement.not_resources is not None else "NotAction"
        )
        yield (
            "allow-not-action",
            f"Allow with {excluding} also allows whatever AWS adds later",
            f"{path}.NotAction",
        )


def _pass_role(
    statement: Statement, path: str, _reference: CachedReference
) -> Iterator[LintMessage]:
    """Warn about an Allow of iam:PassRole for every role."""
    has_all = "*" in (statement.resources or ()) or statement.not_resources is not None
    if statement.effect != "Allow" or not has_all:
        return
    for at, entry in enumerate(statement.actions or ()):
        if actions.service_prefix(entry) == "iam" and actions.ActionPatterns([entry]).matches(
            "iam:passrole"
        ):
            yield (
                "pass-role",
                (
                    "any role may be passed: name the roles in Resource"
                    if statement.not_resources is None
                    else "every role but those of NotResource may be passed"
                ),
                f"{path}.Action[{at}]",
            )


_STATEMENT_CHECKS: tuple[StatementCheck, ...] = (
    action_lints.check_actions,
    _redundant_resources,
    _misread_elements,
    _pass_role,
    resources.check_resources,
)


def _open_provider(statement: Statement, path: str) -> Iterator[LintMessage]:
    """Warn about trust in an OIDC provider without a condition on the subject."""
    for kind, value in statement.principals.entries if statement.principals else ():
        if kind != "Federated" or ":oidc-provider/" not in value or statement.effect != "Allow":
            continue
        host = value.partition(":oidc-provider/")[2]
        if not any(each.key.lower() == f"{host.lower()}:sub" for each in statement.conditions):
            yield (
                "open-provider",
                f"every identity of {host} may assume this role: add a condition on {host}:sub",
                f"{path}.Principal",
            )
