"""Conditions on writes, `If-Match` and `If-None-Match`: strictly parsed, for capable stores only.

A policy that demands `If-None-Match` means that nothing is overwritten; a store that ignores a
value it does not know would overwrite. Source: S3 user guide, "Add preconditions to S3 operations
with conditional requests"; RFC 9110, 13.1.
"""

import re
from collections.abc import Iterable, Mapping

from daypass.gate.protocol.errors import not_implemented

_ETAG = re.compile(r'\*|"[A-Za-z0-9+/=_:.-]*"|[A-Za-z0-9+/=_:.-]+', re.ASCII)
"""One entity tag, in quotes or, as some clients send it, without; never a list, a weak one, or one
with percent codes."""


def check_conditions(headers: Mapping[str, str]) -> None:
    """Raise `S3Error` NotImplemented for a condition on a write that S3 does not have."""
    if headers.get("if-none-match", "*") != "*":
        raise not_implemented("If-None-Match")
    if not is_entity_tag(headers.get("if-match", "*")):
        raise not_implemented("If-Match")
    if "if-match" in headers and "if-none-match" in headers:
        # A store might check only one of the two.
        raise not_implemented("If-Match")


def is_entity_tag(text: str) -> bool:
    """Say whether a text is one entity tag, or the asterisk."""
    return _ETAG.fullmatch(text) is not None


def check_store_support(
    operation: str, conditions: Iterable[str], honoured: frozenset[str]
) -> None:
    """Raise `S3Error` NotImplemented for a condition that the store was not found to honour."""
    for name in ("if-match", "if-none-match"):
        if name in conditions and operation not in honoured:
            error = not_implemented(name)
            error.operator = (
                f"{name} on {operation}: the store was not found to honour it;"
                " run `daypass gate check --data`"
            )
            raise error
