"""S3's rules for a bucket's policy, with S3's messages: its actions, and one bucket's resources.

Which bucket that is, is known where the policy is put. Source: S3 user guide, "Bucket policies for
Amazon S3"; recorded answers of S3.
"""

import re
from collections.abc import Iterator

from daypass.core.faults import Malformed
from daypass.core.policy.checks.statement_rules import (
    Stage,
    action_elements,
    action_problem,
    check_principal_formats,
    require_principal,
    resource_elements,
)
from daypass.core.policy.checks.syntax import quoted
from daypass.core.policy.language.model import PolicyDocument, Statement

_BUCKET_ARN = re.compile(r"(arn:aws:s3:::[a-z0-9.-]{1,63})(?:/|\Z)", re.ASCII)
_INVALID_RESOURCE = "Policy has invalid resource"


def _require_elements(statement: Statement, path: str) -> Iterator[Malformed]:
    for name, entries in (
        ("Action", statement.actions or statement.not_actions),
        ("Resource", statement.resources or statement.not_resources),
    ):
        if not entries:
            example = "s3:GetObject" if name == "Action" else "arn:aws:s3:::BUCKET/*"
            yield Malformed(
                f"Missing required field {name}",
                path=f"{path}.{name}",
                hint=f'add "{name}": "{example}"',
            )


def _check_actions(statement: Statement, path: str) -> Iterator[Malformed]:
    for name, entries in action_elements(statement):
        for at, entry in enumerate(entries):
            is_of_s3 = entry == "*" or entry.lower().startswith("s3:")
            if action_problem(entry) or not is_of_s3:
                yield Malformed(
                    "Policy has invalid action",
                    path=f"{path}.{name}[{at}]",
                    hint=f'{quoted(entry)} is no action of S3: write it as in "s3:GetObject"',
                )


def _check_resources(statement: Statement, path: str) -> Iterator[Malformed]:
    for name, entries in resource_elements(statement):
        for at, entry in enumerate(entries):
            if _bucket_arn(entry) is None:
                yield Malformed(
                    _INVALID_RESOURCE,
                    path=f"{path}.{name}[{at}]",
                    hint=f"{quoted(entry)} is neither a bucket nor in one: write"
                    ' "arn:aws:s3:::BUCKET" or "arn:aws:s3:::BUCKET/*"',
                )


def check_one_bucket(document: PolicyDocument) -> Iterator[Malformed]:
    """Yield a violation for each resource of another bucket than the first one's."""
    first = ""
    for at, statement in enumerate(document.statements):
        for name, entries in resource_elements(statement):
            for index, entry in enumerate(entries):
                found = _bucket_arn(entry)
                first = first or found or ""
                if found not in {None, first}:
                    yield Malformed(
                        _INVALID_RESOURCE,
                        path=f"Statement[{at}].{name}[{index}]",
                        hint=f"a bucket's policy is about that bucket alone, here {quoted(first)}",
                    )


def check_bucket(document: PolicyDocument, bucket_arn: str) -> Iterator[Malformed]:
    """Yield a violation for each resource that is not of a bucket, given by its ARN."""
    for at, statement in enumerate(document.statements):
        for name, entries in resource_elements(statement):
            for index, entry in enumerate(entries):
                if entry != bucket_arn and not entry.startswith(f"{bucket_arn}/"):
                    yield Malformed(_INVALID_RESOURCE, path=f"Statement[{at}].{name}[{index}]")


def _bucket_arn(text: str) -> str | None:
    """Return the ARN of the bucket that a resource is, or is in; None for any other resource."""
    match = _BUCKET_ARN.match(text)
    return match[1] if match else None


BUCKET_STAGES: tuple[Stage, ...] = (
    _require_elements,
    require_principal,
    check_principal_formats,
    _check_actions,
    _check_resources,
)
