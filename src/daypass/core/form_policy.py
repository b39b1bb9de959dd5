"""The policy inside a browser's upload form: until when the form holds, and what its fields may say.

Source: S3 API reference, "Creating a POST policy". Whoever signs it lets a stranger upload within its bounds, so that an
operator or a shape that is not understood makes the whole policy void.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from daypass.core import quotas
from daypass.core.faults import Denied, InvalidPolicy, Malformed
from daypass.core.http.fields import fold_field_name
from daypass.core.jsontext import Json
from daypass.core.policy.language.parse import read_json
from daypass.core.timestamps import parse_iso8601

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")
_NUMBER = re.compile(r"[0-9]{1,13}", re.ASCII)
_UNCOVERED = frozenset({"x-amz-signature", "file", "policy"})
"""Fields that no condition has to speak of; neither has one whose name begins so:"""
_IGNORED = "x-ignore-"
SIGNING_FIELDS = ("policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")
"""Fields that sign a form, all of which it needs; with a session there is `x-amz-security-token` too."""
FAILED = "Invalid according to Policy: "


@dataclass(frozen=True, slots=True)
class FormCondition:
    """What one field of the form has to be; `field` is in lower case."""

    operator: Literal["eq", "starts-with"]
    field: str
    value: str

    @property
    def text(self) -> str:
        """Return the condition as a policy writes it."""
        return json.dumps([self.operator, f"${self.field}", self.value])

    def holds(self, value: str | None) -> bool:
        """Say whether a field's value is as it has to be; a field that is not there never is."""
        if value is None:
            return False
        if self.operator == "eq":
            return value == self.value
        if self.field == "content-type":
            return all(each.strip().startswith(self.value) for each in value.split(","))
        return value.startswith(self.value)


@dataclass(frozen=True, slots=True)
class PostPolicy:
    """A policy: `expires` is an instant, `shortest` and `longest` bound the file in bytes."""

    expires: int
    conditions: tuple[FormCondition, ...]
    shortest: int = 0
    longest: int | None = None

    def check_end(self, *, now: int) -> None:
        """Raise `Denied` once the form has ended."""
        if now >= self.expires:
            raise Denied(f"{FAILED}Policy expired.")

    def check(self, fields: Mapping[str, str], *, now: int) -> None:
        """Raise `Denied` unless the form is in time, all its fields are spoken of, and every condition holds.

        `fields` are the form's by name in lower case, with what takes the place of `${filename}` filled in, and `bucket`
        as the request names it.
        """
        self.check_end(now=now)
        for condition in self.conditions:
            if not condition.holds(fields.get(condition.field)):
                raise Denied(f"{FAILED}Policy Condition failed: {condition.text}")
        covered = {condition.field for condition in self.conditions} | _UNCOVERED
        extra = [name for name in fields if name not in covered and not name.startswith(_IGNORED)]
        if extra:
            raise Denied(f"{FAILED}Extra input fields: {', '.join(sorted(extra))[:200]}")

    def pins(self, field: str) -> bool:
        """Say whether a field that holds an address leads nowhere but where the policy's author meant it to.

        Either the whole address is given, or at least its scheme and host.
        """
        return any(
            condition.operator == "eq" or _is_at_a_host(condition.value)
            for condition in self.conditions
            if condition.field == field
        )


def _is_at_a_host(prefix: str) -> bool:
    """Say whether every text with that prefix is an address at one host: the host is ended by a slash."""
    try:
        parts = urlsplit(prefix)
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and "@" not in parts.netloc
        and "\\" not in prefix
        and parts.path.startswith("/")
    )


def parse_post_policy(encoded: str) -> PostPolicy:
    """Return the policy of a form; raises `InvalidPolicy` for one that is not understood, whatever its fault."""
    if len(encoded) > quotas.POST_POLICY_CHARACTERS_MAX:
        raise _invalid("it is too long")
    try:
        text = base64.b64decode(encoded, validate=True).decode("utf-8")
        document = read_json(text)
    except (binascii.Error, ValueError, Malformed):
        raise _invalid("Invalid JSON.") from None
    if not isinstance(document, dict) or set(document) != {"expiration", "conditions"}:
        raise _invalid("it has `expiration` and `conditions`, and nothing else")
    conditions = document["conditions"]
    if not isinstance(conditions, list):
        raise _invalid("`conditions` is a list")
    return _policy(_instant(document["expiration"]), conditions)


def _policy(expires: int, listed: Iterable[Json]) -> PostPolicy:
    conditions: list[FormCondition] = []
    shortest, longest = 0, None
    for each in listed:
        if isinstance(each, dict):
            conditions += [_condition("eq", f"${name}", value) for name, value in each.items()]
        elif not isinstance(each, list) or len(each) != 3:  # noqa: PLR2004 - operator, field, value
            raise _invalid(f"a condition is neither an object nor three values: {_shown(each)}")
        elif each[0] == "content-length-range":
            low, high = _number(each[1]), _number(each[2])
            shortest = max(shortest, low)
            longest = high if longest is None else min(longest, high)
        else:
            conditions.append(_condition(each[0], each[1], each[2]))
    return PostPolicy(expires, tuple(conditions), shortest, longest)


def _condition(operator: Json, field: Json, value: Json) -> FormCondition:
    if not isinstance(field, str) or not field.startswith("$") or not isinstance(value, str):
        raise _invalid(f"a condition compares no field with a text: {_shown(field)}")
    if operator == "eq":
        return FormCondition("eq", fold_field_name(field[1:]), value)
    if operator == "starts-with":
        return FormCondition("starts-with", fold_field_name(field[1:]), value)
    raise _invalid(f"unknown operator {_shown(operator)}")


def _instant(value: Json) -> int:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise _invalid(f"invalid `expiration` {_shown(value)}")
    try:
        return parse_iso8601(value)
    except ValueError:
        raise _invalid(f"invalid `expiration` {_shown(value)}") from None


def _number(value: Json) -> int:
    if isinstance(value, float) and value.is_integer() and 0 <= value < quotas.POST_LENGTH_MAX:
        return int(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    raise _invalid(f"`content-length-range` takes two numbers, not {_shown(value)}")


def _shown(value: Json) -> str:
    return json.dumps(value)[:60]


def _invalid(why: str) -> InvalidPolicy:
    return InvalidPolicy(f"Invalid Policy: {why}")
