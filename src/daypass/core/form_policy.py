"""The POST policy of a browser's S3 upload form: its expiry, and the values its fields may have.

Source: S3 API reference, "Creating a POST policy". The signer of a policy lets a stranger upload
within its bounds, so an unknown operator or shape makes the whole policy invalid. Who signed it is
verified in `core.sigv4.form`.
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
from daypass.core.time.timestamps import parse_iso8601

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")
_NUMBER = re.compile(r"[0-9]{1,13}", re.ASCII)
_UNCOVERED = frozenset({"x-amz-signature", "file", "policy"})
"""Form fields that need no condition."""
_UNCOVERED_BY_VERSION_2 = frozenset({"awsaccesskeyid", "signature"})
"""Form fields that need no condition if they sign the form, by Signature Version 2."""
_IGNORED = "x-ignore-"
"""Form fields whose names begin so need no condition either."""
SIGNING_FIELDS = ("policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")
"""The fields that sign a form, which needs all of them; with session credentials also
`x-amz-security-token`."""
FAILED = "Invalid according to Policy: "


@dataclass(frozen=True, slots=True)
class FormCondition:
    """A condition of a POST policy on the value of one form field; `field` is in lower case."""

    operator: Literal["eq", "starts-with"]
    field: str
    value: str

    @property
    def text(self) -> str:
        """Return the condition as JSON, as a policy writes it."""
        return json.dumps([self.operator, f"${self.field}", self.value])

    def holds(self, value: str | None) -> bool:
        """Return True if a field's value meets the condition; a missing field (None) never does."""
        if value is None:
            return False
        if self.operator == "eq":
            return value == self.value
        if self.field == "content-type":
            return all(each.strip().startswith(self.value) for each in value.split(","))
        return value.startswith(self.value)


@dataclass(frozen=True, slots=True)
class PostPolicy:
    """A parsed POST policy; `expires` is in epoch seconds, the byte bounds are the file's."""

    expires: int
    conditions: tuple[FormCondition, ...]
    bytes_min: int = 0
    bytes_max: int | None = None

    def check_not_expired(self, *, now: int) -> None:
        """Raise `Denied` if the policy has expired."""
        if now >= self.expires:
            raise Denied(f"{FAILED}Policy expired.")

    def check_fields(
        self, fields: Mapping[str, str], *, now: int, is_signed_by_version_2: bool = False
    ) -> None:
        """Raise `Denied` if the policy has expired, or a field breaks or lacks a condition.

        `fields` are the form's values by field name in lower case, with `${filename}` replaced by
        the file's name, and with `bucket` as the request names it. A form of Signature Version 2
        does not say when it was signed, so its policy may expire seven days ahead at most.
        """
        self.check_not_expired(now=now)
        if is_signed_by_version_2 and self.expires > now + quotas.PRESIGNED_SECONDS_MAX:
            raise Denied(f"{FAILED}Policy expires more than seven days ahead.")
        for condition in self.conditions:
            if not condition.holds(fields.get(condition.field)):
                raise Denied(f"{FAILED}Policy Condition failed: {condition.text}")
        covered = {condition.field for condition in self.conditions} | _UNCOVERED
        covered |= _UNCOVERED_BY_VERSION_2 if is_signed_by_version_2 else frozenset()
        extra = [name for name in fields if name not in covered and not name.startswith(_IGNORED)]
        if extra:
            raise Denied(f"{FAILED}Extra input fields: {', '.join(sorted(extra))[:200]}")

    def fixes_host(self, field: str) -> bool:
        """Return True if the policy fixes a URL field entirely, or at least its scheme and host.

        A redirect to any other host would send the uploader where the policy's author never meant
        to.
        """
        return any(
            condition.operator == "eq" or _fixes_host(condition.value)
            for condition in self.conditions
            if condition.field == field
        )


def _fixes_host(prefix: str) -> bool:
    """Return True if every URL with this prefix has the same host: a slash must end the host."""
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
    """Return the policy of a form's base64 `policy` field.

    Raises `InvalidPolicy` for any text that is not one.
    """
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
    return _parse_conditions(_parse_expiration(document["expiration"]), conditions)


def _parse_conditions(expires: int, raw_conditions: Iterable[Json]) -> PostPolicy:
    conditions: list[FormCondition] = []
    bytes_min, bytes_max = 0, None
    for each in raw_conditions:
        if isinstance(each, dict):
            conditions += [_condition("eq", f"${name}", value) for name, value in each.items()]
        elif not isinstance(each, list) or len(each) != 3:  # noqa: PLR2004 - operator, field, value
            raise _invalid(f"a condition is neither an object nor three values: {_excerpt(each)}")
        elif each[0] == "content-length-range":
            low, high = _parse_length(each[1]), _parse_length(each[2])
            bytes_min = max(bytes_min, low)
            bytes_max = high if bytes_max is None else min(bytes_max, high)
        else:
            conditions.append(_condition(each[0], each[1], each[2]))
    return PostPolicy(expires, tuple(conditions), bytes_min, bytes_max)


def _condition(operator: Json, field: Json, value: Json) -> FormCondition:
    if not isinstance(field, str) or not field.startswith("$") or not isinstance(value, str):
        raise _invalid(f"a condition compares no field with a text: {_excerpt(field)}")
    if operator == "eq":
        return FormCondition("eq", fold_field_name(field[1:]), value)
    if operator == "starts-with":
        return FormCondition("starts-with", fold_field_name(field[1:]), value)
    raise _invalid(f"unknown operator {_excerpt(operator)}")


def _parse_expiration(value: Json) -> int:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise _invalid(f"invalid `expiration` {_excerpt(value)}")
    try:
        return parse_iso8601(value)
    except ValueError:
        raise _invalid(f"invalid `expiration` {_excerpt(value)}") from None


def _parse_length(value: Json) -> int:
    if isinstance(value, float) and value.is_integer() and 0 <= value < quotas.POST_LENGTH_MAX:
        return int(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    raise _invalid(f"`content-length-range` takes two numbers, not {_excerpt(value)}")


def _excerpt(value: Json) -> str:
    return json.dumps(value)[:60]


def _invalid(why: str) -> InvalidPolicy:
    return InvalidPolicy(f"Invalid Policy: {why}")
