"""Linting a document: violations, what cannot be read, and warnings about likely mistakes.

Only lints ask whether an action or a key exists: no decision ever depends on such a list. Sources:
IAM user guide, "IAM policy validation" and "Access Analyzer policy check reference".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from daypass.core.policy.checks import (
    finding_paths,
    lint_actions,
    lint_conditions,
    lint_resources,
    lint_unreadable,
)
from daypass.core.policy.checks.cached_reference import CachedReference
from daypass.core.policy.checks.lint_conditions import LintMessage
from daypass.core.policy.checks.reference import AuthorizationReference
from daypass.core.policy.checks.validate import DocumentKind, find_violations, quota_violations
from daypass.core.policy.language import actions, positions
from daypass.core.policy.language.model import VERSION_2012, PolicyDocument, Statement
from daypass.core.policy.language.patterns import Variable, tokenize


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One error or warning about a document.

    `path` is the place in the document; lines and columns count from one, and the end is excluded.
    """

    severity: str
    """`error`: the document is refused, or cannot do what it says.

    `warning`: it is probably not what the author meant.
    """
    code: str
    message: str
    path: str = ""
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1


ERROR, WARNING = "error", "warning"


def detect_kind(document: PolicyDocument) -> DocumentKind:
    """Return the kind of a document by its elements: a trust, resource or identity policy."""
    with_principals = [s for s in document.statements if s.principals or s.not_principals]
    if not with_principals:
        return DocumentKind.IDENTITY
    entries = [
        entry for s in with_principals for entry in (*(s.actions or ()), *(s.not_actions or ()))
    ]
    has_resource = any(
        s.resources is not None or s.not_resources is not None for s in with_principals
    )
    is_trust = not has_resource and all(entry.lower().startswith("sts:") for entry in entries)
    return DocumentKind.TRUST if is_trust else DocumentKind.RESOURCE


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
    found = [
        _finding(located, ERROR, ("invalid", fault.message, fault.path)) for fault in violations
    ]
    found += [_finding(located, ERROR, message) for message in quota_violations(text, kind)]
    if document is None:
        return kind, [*found, *_json_findings(text, located)]
    found += [
        _finding(located, ERROR, message)
        for message in lint_unreadable.check_unreadable(document, kind)
    ]
    found += [
        _finding(located, WARNING, message) for message in _warnings(document, kind, reference)
    ]
    return kind, found


def _json_findings(text: str, located: positions.DocumentPositions) -> Iterator[LintFinding]:
    """Yield findings about repeated members, and about where a text stops being JSON."""
    for path, span in located.repeated_names:
        start, end = located.position(span.start), located.position(span.end)
        message = f'"{path[-1]}" appears twice'
        yield LintFinding(
            ERROR,
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
            ERROR, "json", message, "", start.line, start.column, start.line, start.column
        )


def _finding(
    located: positions.DocumentPositions, severity: str, message: LintMessage
) -> LintFinding:
    """Return the finding of a lint message, with its position in the text."""
    code, text, path = message
    steps = finding_paths.parse_path(path)
    span = located.nearest_span(
        steps if steps in located.spans else finding_paths.parse_value_path(path)
    )
    start, end = located.position(span.start), located.position(span.end)
    return LintFinding(severity, code, text, path, start.line, start.column, end.line, end.column)


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
        yield from lint_conditions.check_conditions(statement, path, cached)
        yield from _variable_problems(document, statement, path)
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
    if statement.effect != "Allow" or "*" not in (statement.resources or ()):
        return
    for at, entry in enumerate(statement.actions or ()):
        if actions.service_prefix(entry) == "iam" and actions.ActionPatterns([entry]).matches(
            "iam:passrole"
        ):
            yield (
                "pass-role",
                "any role may be passed: name the roles in Resource",
                f"{path}.Action[{at}]",
            )


_STATEMENT_CHECKS: tuple[StatementCheck, ...] = (
    lint_actions.check_actions,
    _redundant_resources,
    _misread_elements,
    _pass_role,
    lint_resources.check_resources,
)


# Variables and trust.


def _variable_problems(
    document: PolicyDocument, statement: Statement, path: str
) -> Iterator[LintMessage]:
    """Warn about variables that are misspelled, or that the version does not have."""
    for place, text in _texts_with_paths(statement, path):
        if "${" not in text:
            continue
        if document.version != VERSION_2012:
            yield "old-variable", f"`{text}` is plain text in this version of the language", place
            continue
        if text.count("${") > text.count("}"):
            yield "brace", f"a closing brace is missing in `{text}`", place
        for token in tokenize(text, variables=True):
            if isinstance(token, Variable) and (problem := _variable_problem(token)):
                yield "variable", f"{problem} in `{text}`", place


def _variable_problem(variable: Variable) -> str:
    if not variable.key:
        return "an empty variable"
    if "'" in variable.key or "," in variable.key:
        return "a default that is not in quotes after a comma and a space"
    if any(map(str.isspace, variable.key)):
        return "a space inside a variable"
    return ""


def _texts_with_paths(statement: Statement, path: str) -> Iterator[tuple[str, str]]:
    """Yield the texts of a statement that can have variables, each with its path."""
    for name, entries in (
        ("Resource", statement.resources or ()),
        ("NotResource", statement.not_resources or ()),
    ):
        yield from ((f"{path}.{name}[{at}]", text) for at, text in enumerate(entries))
    for condition in statement.conditions:
        for value in condition.values:
            yield f"{path}.Condition.{condition.operator}.{condition.key}", value


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
