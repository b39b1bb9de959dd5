"""Linting a document of any kind: the language's own kinds, tag policies, delegating policies."""

from collections.abc import Iterator

from daypass.core.faults import Fault, Malformed
from daypass.core.organizations.policies import policy_rules, resource_policies
from daypass.core.organizations.policies.policy_types import TAG
from daypass.core.policy.checks import lint as language
from daypass.core.policy.checks.lint import LintFinding
from daypass.core.policy.checks.reference import AuthorizationReference
from daypass.core.policy.checks.validate import DocumentKind, find_violations
from daypass.core.policy.language.parse import parse_document_value, read_json


def lint(
    text: str, kind: DocumentKind | None, reference: AuthorizationReference
) -> tuple[DocumentKind, list[LintFinding]]:
    """Return the kind of a document, detected if `kind` is None, and all findings about it.

    `invalid` are those for which the authority refuses the document when it is written. What only
    the authority knows is left to it: whether a principal exists, an account is a member of the
    organization, a bucket is the one that the policy is put on, and what a user's other policies
    leave of a quota.
    """
    kind = kind or _detect_kind_by_organizations(text)
    if kind is DocumentKind.TAG:
        return kind, language.lint_with_violations(text, _tag_violations(text), kind, reference)
    if kind is DocumentKind.DELEGATION:
        found = _delegation_violations(text)
        return kind, language.lint_with_violations(text, found, kind, reference)
    return language.lint(text, kind, reference)


def first_violation(text: str, kind: DocumentKind) -> Malformed | None:
    """Return the first fault for which the authority refuses a document; None if it takes it.

    `kind` is one of the policy language, not a tag policy or one that delegates. How long the
    document is does not count.
    """
    _, violations = find_violations(text, kind)
    return next(violations, None)


def _detect_kind_by_organizations(text: str) -> DocumentKind | None:
    """Return the kind of a tag policy or of a policy that delegates; None for any other text."""
    try:
        value = read_json(text)
        if isinstance(value, dict) and "tags" in value and "Statement" not in value:
            return DocumentKind.TAG
        document = parse_document_value(value)
    except Malformed:
        return None
    has_principals = any(statement.principals for statement in document.statements)
    entries = [entry for statement in document.statements for entry in statement.actions or ()]
    is_delegation = bool(entries) and all(
        entry.lower().startswith("organizations:") for entry in entries
    )
    return DocumentKind.DELEGATION if has_principals and is_delegation else None


def _tag_violations(text: str) -> Iterator[Malformed]:
    try:
        policy_rules.check_policy_content(TAG, text)
    except Malformed as fault:
        yield fault
    except Fault as fault:
        yield Malformed(fault.message, path="document")


def _delegation_violations(text: str) -> Iterator[Malformed]:
    _, violations = resource_policies.find_resource_policy_violations(
        text, is_member=bool, organization=""
    )
    return (fault for _, fault in violations)
