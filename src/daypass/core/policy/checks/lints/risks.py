"""Warnings about statements that allow more than most authors mean.

Sources: IAM user guide, "The confused deputy problem", "Grant a user permissions to pass a role to
an AWS service" and "Security best practices in IAM"; S3 user guide, "The meaning of public".
"""

from collections.abc import Iterator

from daypass.core.policy.checks.lints.codes import LintMessage
from daypass.core.policy.checks.validate import DocumentKind
from daypass.core.policy.language import actions, undocumented_rules
from daypass.core.policy.language.model import Statement

_KINDS_THAT_GRANT = frozenset({DocumentKind.IDENTITY, DocumentKind.MANAGED})
_KINDS_OF_RESOURCES = frozenset({DocumentKind.BUCKET, DocumentKind.RESOURCE, DocumentKind.TRUST})
_KEYS_OF_A_SERVICES_CALLER = frozenset(
    {"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"}
)
_SERVICES_WITHOUT_SOURCE = frozenset(
    {"ec2.amazonaws.com", "lambda.amazonaws.com", "rolesanywhere.amazonaws.com"}
)
"""Services that assume only roles of the account that passed them, and send no source in trust."""


def check_risks(statement: Statement, path: str, kind: DocumentKind) -> Iterator[LintMessage]:
    """Yield warnings about what an Allow opens, and about RCPs that limit no action."""
    if kind is DocumentKind.RCP:
        yield from _services_without_rcps(statement, path)
    if statement.effect != "Allow":
        return
    if kind in _KINDS_THAT_GRANT:
        yield from _everything(statement, path)
    if kind in _KINDS_OF_RESOURCES:
        yield from _everybody(statement, path, kind)
        yield from _confused_deputy(statement, path, kind)


def _everything(statement: Statement, path: str) -> Iterator[LintMessage]:
    has_all = "*" in (statement.actions or ()) and "*" in (statement.resources or ())
    if has_all and not statement.conditions:
        yield "everything", "every action is allowed on every resource", path


def _everybody(statement: Statement, path: str, kind: DocumentKind) -> Iterator[LintMessage]:
    entries = statement.principals.entries if statement.principals else ()
    if ("AWS", "*") not in entries or statement.conditions:
        return
    if kind is DocumentKind.TRUST:
        yield "trust-everybody", "everybody in every account may assume it", f"{path}.Principal"
    else:
        yield "public", "it is public: everybody may, without credentials too", f"{path}.Principal"


def _confused_deputy(statement: Statement, path: str, kind: DocumentKind) -> Iterator[LintMessage]:
    keys = {condition.key.lower() for condition in statement.conditions}
    if keys & _KEYS_OF_A_SERVICES_CALLER:
        return
    for type_, name in statement.principals.entries if statement.principals else ():
        is_exempt = kind is DocumentKind.TRUST and name in _SERVICES_WITHOUT_SOURCE
        if type_ == "Service" and not is_exempt:
            yield (
                "confused-deputy",
                f"{name} is let in for whichever account it acts for",
                f"{path}.Principal.Service",
            )


def _services_without_rcps(statement: Statement, path: str) -> Iterator[LintMessage]:
    for at, entry in enumerate(statement.actions or ()):
        service = actions.service_prefix(entry)
        if service in undocumented_rules.SERVICES_WITHOUT_RCPS:
            yield (
                "rcp-service",
                f"RCPs do not limit the actions of {service}: `{entry}` is not denied",
                f"{path}.Action[{at}]",
            )
