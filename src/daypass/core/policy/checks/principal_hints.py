"""Sentences for people about principals that may not be stored: what is wrong, how it should look.

Source: IAM user guide, "AWS JSON policy elements: Principal".
"""

import re
import string

from daypass.core.policy.checks.syntax import quoted
from daypass.core.policy.language import stored_principals

_ASCII_LETTERS = frozenset(string.ascii_lowercase)
_SERVICE_SUFFIX = re.compile(
    r"(?:\.[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2})?(?:\.(?:amazonaws|amazon|aws)(?:\.com(?:\.cn)?)?)?\Z",
    re.ASCII,
)
"""A region, and what people write for `.amazonaws.com`."""


def principal_hint(kind: str, value: str) -> str:
    """Return a sentence about an entry of Principal, given with its type."""
    if kind == "Service":
        return _service_hint(value)
    if kind != "AWS":
        return f"{quoted(value)} names nobody: write one whole name, without wildcards"
    if "*" in value or "?" in value:
        return (
            f'{quoted(value)} has a wildcard, which a principal may have only as "*" alone: name'
            " the account, and limit aws:PrincipalArn by a condition"
        )
    if "${" in value:
        return f"{quoted(value)} has a variable: a principal is written out"
    if re.fullmatch("[0-9]+", value, re.ASCII):
        return f"an account id has twelve digits, and {quoted(value)} has {len(value)}"
    if ":group/" in value:
        return "a group is no principal: name its users, or the account with a condition"
    return (
        f"{quoted(value)} is no principal: write an account id, or the ARN of a user, a role or a"
        ' session, as in "arn:aws:iam::111122223333:role/name"'
    )


def _service_hint(value: str) -> str:
    if value == "*":
        return 'name the service, as in "lambda.amazonaws.com"'
    name = _SERVICE_SUFFIX.sub("", value.lower())
    proposed = f"{name}.amazonaws.com"
    is_name = not _ASCII_LETTERS.isdisjoint(name) and "amazonaws" not in name
    if is_name and stored_principals.is_service_name(proposed):
        return f'{quoted(value)} is no service\'s name; did you mean "{proposed}"?'
    return f'{quoted(value)} is no service\'s name: write it as in "lambda.amazonaws.com"'
