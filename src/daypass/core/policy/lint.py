"""What is wrong with a document, and what is likely not meant: violations, what cannot be read, and warnings.

Whether an action or a key exists is asked of a `Reference`, and only here: no decision ever depends on such a list. Sources: IAM
user guide, "IAM policy validation" and "Access Analyzer policy check reference".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from daypass.core.policy import (
    actions,
    lint_conditions,
    lint_resources,
    lint_unreadable,
    positions,
    quoting,
)
from daypass.core.policy.lint_conditions import Said
from daypass.core.policy.match import Variable, tokenize
from daypass.core.policy.model import NEW, Document, Statement
from daypass.core.policy.reference import Reference
from daypass.core.policy.validate import DocumentKind, judged, over_quota


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
    for at, statement in enumerate(document.statements):
        path = f"Statement[{at}]"
        for check in _CHECKS:
            yield from check(statement, path, reference)
        for condition in statement.conditions:
            yield from lint_conditions.of_condition(condition, statement, path, reference)
        yield from _variables(document, statement, path)
        if kind is DocumentKind.TRUST:
            yield from _open_provider(statement, path)


Check = Callable[[Statement, str, Reference], Iterator[Said]]


def _action_lists(statement: Statement) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (("Action", statement.actions or ()), ("NotAction", statement.not_actions or ()))


def _known_actions(statement: Statement, path: str, reference: Reference) -> Iterator[Said]:
    services = set(reference.services())
    for name, entries in _action_lists(statement):
        for at, entry in enumerate(entries):
            service = actions.prefix(entry)
            place = f"{path}.{name}[{at}]"
            if service is None:
                yield "never", f"`{entry}` matches no action", place
            elif service and service not in services:
                near = quoting.nearest(service, services)
                yield "unknown-service", f"there is no service `{service}`{near}", place
            elif service:
                yield from _known_action(entry, service, place, reference)


def _known_action(entry: str, service: str, path: str, reference: Reference) -> Iterator[Said]:
    known = list(reference.actions(service))
    listed = actions.Actions([entry])
    if any(listed.match(f"{service}:{name.lower()}") for name in known):
        return
    if set("*?") & set(entry):
        yield "unknown-action", f"`{entry}` matches no action of {service}", path
        return
    near = quoting.nearest(entry.partition(":")[2], known, before=f"{service}:")
    yield "unknown-action", f"there is no action `{entry}`{near}", path


def _redundant(statement: Statement, path: str, _reference: Reference) -> Iterator[Said]:
    for name, entries in _action_lists(statement):
        for at, entry in enumerate(entries):
            others = [other for place, other in enumerate(entries) if place != at]
            cover = next(
                (
                    other
                    for other in others
                    if _covers(other, entry, is_before=entries.index(other) < at)
                ),
                None,
            )
            if cover is not None:
                yield "redundant", f"`{entry}` is in `{cover}` already", f"{path}.{name}[{at}]"
    for name, entries in (("Resource", statement.resources or ()), ("NotResource", statement.not_resources or ())):  # fmt: skip
        for at, entry in enumerate(entries):
            if entry in entries[:at] or (entry != "*" and "*" in entries):
                yield "redundant", f"`{entry}` is among the others already", f"{path}.{name}[{at}]"


def _covers(cover: str, entry: str, *, is_before: bool) -> bool:
    """Say whether an entry adds nothing to another; of two that are equal, the later one adds nothing."""
    if cover.lower() == entry.lower():
        return is_before
    if "?" in entry:
        return False
    # A star of the entry stands for any text, one that only a star of the other can swallow.
    return actions.Actions([cover]).match(entry.lower().replace("*", "\0"))


def _shape(statement: Statement, path: str, _reference: Reference) -> Iterator[Said]:
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


def _pass_role(statement: Statement, path: str, _reference: Reference) -> Iterator[Said]:
    if statement.effect != "Allow" or "*" not in (statement.resources or ()):
        return
    for at, entry in enumerate(statement.actions or ()):
        if actions.prefix(entry) == "iam" and actions.Actions([entry]).match("iam:passrole"):
            yield "pass-role", "any role may be passed: name the roles in Resource", f"{path}.Action[{at}]"  # fmt: skip


_CHECKS: tuple[Check, ...] = (
    _known_actions,
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
