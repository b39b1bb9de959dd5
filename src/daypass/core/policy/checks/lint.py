"""What is wrong with a document, and what is likely not meant: violations, what cannot be read, and warnings.

Whether an action or a key exists is asked of a `Reference`, and only here: no decision ever depends on such a list. Sources: IAM
user guide, "IAM policy validation" and "Access Analyzer policy check reference".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from daypass.core.policy.checks import (
    lint_actions,
    lint_conditions,
    lint_resources,
    lint_unreadable,
    quoting,
)
from daypass.core.policy.checks.lint_conditions import Said
from daypass.core.policy.checks.lint_known import Known
from daypass.core.policy.checks.reference import Reference
from daypass.core.policy.checks.validate import DocumentKind, judged, over_quota
from daypass.core.policy.language import actions, positions
from daypass.core.policy.language.match import Variable, tokenize
from daypass.core.policy.language.model import NEW, Document, Statement


@dataclass(frozen=True, slots=True)
class Finding:
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


def detect(document: Document) -> DocumentKind:
    """Return what a document is for, as its elements tell: a trust policy, a resource's, or an identity's."""
    named = [s for s in document.statements if s.principals or s.not_principals]
    if not named:
        return DocumentKind.IDENTITY
    entries = [entry for s in named for entry in (*(s.actions or ()), *(s.not_actions or ()))]
    has_resource = any(s.resources is not None or s.not_resources is not None for s in named)
    is_trust = not has_resource and all(entry.lower().startswith("sts:") for entry in entries)
    return DocumentKind.TRUST if is_trust else DocumentKind.RESOURCE


def lint(
    text: str, kind: DocumentKind | None, reference: Reference
) -> tuple[DocumentKind, list[Finding]]:
    """Return the kind, detected where none is given, and every finding: errors first, in AWS's order."""
    document, violations = judged(text, kind or DocumentKind.IDENTITY)
    if document is not None and kind is None:
        kind = detect(document)
        document, violations = judged(text, kind)
    kind = kind or DocumentKind.IDENTITY
    where = positions.locate(text)
    found = [_placed(where, ERROR, ("invalid", fault.message, fault.path)) for fault in violations]
    found += [_placed(where, ERROR, said) for said in over_quota(text, kind)]
    if document is None:
        return kind, [*found, *_unreadable(text, where)]
    found += [_placed(where, ERROR, said) for said in lint_unreadable.of_document(document, kind)]
    found += [_placed(where, WARNING, said) for said in _warnings(document, kind, reference)]
    return kind, found


def _unreadable(text: str, where: positions.Map) -> Iterator[Finding]:
    """Say where a text stops being JSON, or says something twice."""
    for path, span in where.repeated:
        start, end = where.place(span.start), where.place(span.end)
        message = f'"{path[-1]}" is there twice'
        yield Finding(ERROR, "duplicate", message, quoting.written(path), start.line, start.column, end.line, end.column)  # fmt: skip
    problem = quoting.first_problem(text)
    if problem is not None:
        message, offset = problem
        start = where.place(offset)
        yield Finding(ERROR, "json", message, "", start.line, start.column, start.line, start.column)  # fmt: skip


def _placed(where: positions.Map, severity: str, said: Said) -> Finding:
    code, message, path = said
    steps = quoting.read(path)
    span = where.nearest(steps if steps in where.spans else quoting.read_value(path))
    start, end = where.place(span.start), where.place(span.end)
    return Finding(severity, code, message, path, start.line, start.column, end.line, end.column)


# Warnings.


def _warnings(document: Document, kind: DocumentKind, reference: Reference) -> Iterator[Said]:
    if document.version != NEW:
        yield "version", f'no variables work here: say "Version": "{NEW}"', "Version"
    known = Known(reference)
    for at, statement in enumerate(document.statements):
        path = f"Statement[{at}]"
        for check in _CHECKS:
            yield from check(statement, path, known)
        yield from lint_conditions.of_statement(statement, path, known)
        yield from _variables(document, statement, path)
        if kind is DocumentKind.TRUST:
            yield from _open_provider(statement, path)
    if known.is_exhausted:
        yield "bounded", "not every pattern was compared: the document has too many of them", ""


Check = Callable[[Statement, str, Known], Iterator[Said]]


def _redundant(statement: Statement, path: str, _known: Known) -> Iterator[Said]:
    for name, entries in (("Resource", statement.resources or ()), ("NotResource", statement.not_resources or ())):  # fmt: skip
        seen: set[str] = set()
        has_everything = "*" in entries
        for at, entry in enumerate(entries):
            if entry in seen or (entry != "*" and has_everything):
                yield "redundant", f"`{entry}` is among the others already", f"{path}.{name}[{at}]"
            seen.add(entry)


def _shape(statement: Statement, path: str, _known: Known) -> Iterator[Said]:
    for name, value in (
        ("Action", statement.actions),
        ("NotAction", statement.not_actions),
        ("Resource", statement.resources),
        ("NotResource", statement.not_resources),
    ):
        if value == () and not name.startswith("Not"):
            yield "never", f"an empty {name} matches nothing: the statement never applies", f"{path}.{name}"  # fmt: skip
    if statement.not_principals is not None:
        yield "not-principal", "NotPrincipal is easily misread: name principals, or use a condition on aws:PrincipalArn", f"{path}.NotPrincipal"  # fmt: skip
    if statement.effect == "Allow" and statement.not_actions is not None:
        what = "NotAction with NotResource" if statement.not_resources is not None else "NotAction"
        yield "allow-not-action", f"Allow with {what} allows what comes tomorrow, too", f"{path}.NotAction"  # fmt: skip


def _pass_role(statement: Statement, path: str, _known: Known) -> Iterator[Said]:
    if statement.effect != "Allow" or "*" not in (statement.resources or ()):
        return
    for at, entry in enumerate(statement.actions or ()):
        if actions.prefix(entry) == "iam" and actions.Actions([entry]).match("iam:passrole"):
            yield "pass-role", "any role may be passed: name the roles in Resource", f"{path}.Action[{at}]"  # fmt: skip


_CHECKS: tuple[Check, ...] = (
    lint_actions.of_statement,
    _redundant,
    _shape,
    _pass_role,
    lint_resources.of_statement,
)


# Variables and trust.


def _variables(document: Document, statement: Statement, path: str) -> Iterator[Said]:
    for place, text in _texts(statement, path):
        if "${" not in text:
            continue
        if document.version != NEW:
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


def _texts(statement: Statement, path: str) -> Iterator[tuple[str, str]]:
    for name, entries in (("Resource", statement.resources or ()), ("NotResource", statement.not_resources or ())):  # fmt: skip
        yield from ((f"{path}.{name}[{at}]", text) for at, text in enumerate(entries))
    for condition in statement.conditions:
        for value in condition.values:
            yield f"{path}.Condition.{condition.operator}.{condition.key}", value


def _open_provider(statement: Statement, path: str) -> Iterator[Said]:
    for kind, value in statement.principals.entries if statement.principals else ():
        if kind != "Federated" or ":oidc-provider/" not in value or statement.effect != "Allow":
            continue
        host = value.partition(":oidc-provider/")[2]
        if not any(each.key.lower() == f"{host.lower()}:sub" for each in statement.conditions):
            yield "open-provider", f"whoever {host} knows may come in: add a condition on {host}:sub", f"{path}.Principal"  # fmt: skip
