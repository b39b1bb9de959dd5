"""What is wrong with a document, and what is likely not meant: violations, what cannot be read, and warnings.

Whether an action or a key exists is asked of a `AuthorizationReference`, and only here: no decision ever depends on such a list. Sources: IAM
user guide, "IAM policy validation" and "Access Analyzer policy check reference".
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
    """One thing to say; `path` says where in the document, lines and columns count from one."""

    severity: str
    """`error`: the document is refused, or cannot do what it says; `warning`: it is likely not meant."""
    code: str
    message: str
    path: str = ""
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1


ERROR, WARNING = "error", "warning"


def detect_kind(document: PolicyDocument) -> DocumentKind:
    """Return what a document is for, as its elements tell: a trust policy, a resource's, or an identity's."""
    named = [s for s in document.statements if s.principals or s.not_principals]
    if not named:
        return DocumentKind.IDENTITY
    entries = [entry for s in named for entry in (*(s.actions or ()), *(s.not_actions or ()))]
    has_resource = any(s.resources is not None or s.not_resources is not None for s in named)
    is_trust = not has_resource and all(entry.lower().startswith("sts:") for entry in entries)
    return DocumentKind.TRUST if is_trust else DocumentKind.RESOURCE


def lint(
    text: str, kind: DocumentKind | None, reference: AuthorizationReference
) -> tuple[DocumentKind, list[LintFinding]]:
    """Return the kind, detected where none is given, and every finding: errors first, in AWS's order."""
    document, violations = find_violations(text, kind or DocumentKind.IDENTITY)
    if document is not None and kind is None:
        kind = detect_kind(document)
        document, violations = find_violations(text, kind)
    kind = kind or DocumentKind.IDENTITY
    where = positions.locate_members(text)
    found = [_finding(where, ERROR, ("invalid", fault.message, fault.path)) for fault in violations]
    found += [_finding(where, ERROR, said) for said in quota_violations(text, kind)]
    if document is None:
        return kind, [*found, *_json_findings(text, where)]
    found += [
        _finding(where, ERROR, said) for said in lint_unreadable.check_unreadable(document, kind)
    ]
    found += [_finding(where, WARNING, said) for said in _warnings(document, kind, reference)]
    return kind, found


def _json_findings(text: str, where: positions.DocumentPositions) -> Iterator[LintFinding]:
    """Say where a text stops being JSON, or says something twice."""
    for path, span in where.repeated_names:
        start, end = where.position(span.start), where.position(span.end)
        message = f'"{path[-1]}" is there twice'
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
        start = where.position(offset)
        yield LintFinding(
            ERROR, "json", message, "", start.line, start.column, start.line, start.column
        )


def _finding(where: positions.DocumentPositions, severity: str, said: LintMessage) -> LintFinding:
    code, message, path = said
    steps = finding_paths.parse_path(path)
    span = where.nearest_span(
        steps if steps in where.spans else finding_paths.parse_value_path(path)
    )
    start, end = where.position(span.start), where.position(span.end)
    return LintFinding(
        severity, code, message, path, start.line, start.column, end.line, end.column
    )


# Warnings.


def _warnings(
    document: PolicyDocument, kind: DocumentKind, reference: AuthorizationReference
) -> Iterator[LintMessage]:
    if document.version != VERSION_2012:
        yield "version", f'no variables work here: say "Version": "{VERSION_2012}"', "Version"
    known = CachedReference(reference)
    for at, statement in enumerate(document.statements):
        path = f"Statement[{at}]"
        for check in _STATEMENT_CHECKS:
            yield from check(statement, path, known)
        yield from lint_conditions.check_conditions(statement, path, known)
        yield from _variable_problems(document, statement, path)
        if kind is DocumentKind.TRUST:
            yield from _open_provider(statement, path)
    if known.is_exhausted:
        yield "bounded", "not every pattern was compared: the document has too many of them", ""


StatementCheck = Callable[[Statement, str, CachedReference], Iterator[LintMessage]]


def _redundant_resources(
    statement: Statement, path: str, _known: CachedReference
) -> Iterator[LintMessage]:
    for name, entries in (
        ("Resource", statement.resources or ()),
        ("NotResource", statement.not_resources or ()),
    ):
        seen: set[str] = set()
        has_everything = "*" in entries
        for at, entry in enumerate(entries):
            if entry in seen or (entry != "*" and has_everything):
                yield "redundant", f"`{entry}` is among the others already", f"{path}.{name}[{at}]"
            seen.add(entry)


def _misread_elements(
    statement: Statement, path: str, _known: CachedReference
) -> Iterator[LintMessage]:
    for name, value in (
        ("Action", statement.actions),
        ("NotAction", statement.not_actions),
        ("Resource", statement.resources),
        ("NotResource", statement.not_resources),
    ):
        if value == () and not name.startswith("Not"):
            yield (
                "never",
                f"an empty {name} matches nothing: the statement never applies",
                f"{path}.{name}",
            )
    if statement.not_principals is not None:
        yield (
            "not-principal",
            "NotPrincipal is easily misread: name principals, or use a condition on aws:PrincipalArn",
            f"{path}.NotPrincipal",
        )
    if statement.effect == "Allow" and statement.not_actions is not None:
        what = "NotAction with NotResource" if statement.not_resources is not None else "NotAction"
        yield (
            "allow-not-action",
            f"Allow with {what} allows what comes tomorrow, too",
            f"{path}.NotAction",
        )


def _pass_role(statement: Statement, path: str, _known: CachedReference) -> Iterator[LintMessage]:
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
    for place, text in _texts_with_paths(statement, path):
        if "${" not in text:
            continue
        if document.version != VERSION_2012:
            yield "old-variable", f"`{text}` is plain text in this version of the language", place
            continue
        if text.count("${") > text.count("}"):
            yield "brace", f"a brace is missing in `{text}`", place
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
    for name, entries in (
        ("Resource", statement.resources or ()),
        ("NotResource", statement.not_resources or ()),
    ):
        yield from ((f"{path}.{name}[{at}]", text) for at, text in enumerate(entries))
    for condition in statement.conditions:
        for value in condition.values:
            yield f"{path}.Condition.{condition.operator}.{condition.key}", value


def _open_provider(statement: Statement, path: str) -> Iterator[LintMessage]:
    for kind, value in statement.principals.entries if statement.principals else ():
        if kind != "Federated" or ":oidc-provider/" not in value or statement.effect != "Allow":
            continue
        host = value.partition(":oidc-provider/")[2]
        if not any(each.key.lower() == f"{host.lower()}:sub" for each in statement.conditions):
            yield (
                "open-provider",
                f"whoever {host} knows may come in: add a condition on {host}:sub",
                f"{path}.Principal",
            )
