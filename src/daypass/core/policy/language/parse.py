"""From text to a document: JSON with one reading, then the grammar, with a path in every complaint.

Source: AWS IAM user guide, "Grammar of the IAM JSON policy language". Stages and messages that only writing a policy
needs are in `validate`, unknown operators among them: a stored one is decided about, not lost with its document.
"""

import json
import math
from collections.abc import Callable
from typing import Self, TypeVar

from daypass.core import quotas
from daypass.core.faults import Malformed
from daypass.core.jsontext import values_max
from daypass.core.policy.language.model import (
    VERSION_2008,
    VERSION_2012,
    PolicyCondition,
    PolicyDocument,
    PrincipalElement,
    Statement,
)

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
T = TypeVar("T")

SYNTAX_ERRORS = "Syntax errors in policy."
_DOCUMENT_ELEMENTS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_ELEMENTS = frozenset(
    {
        "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction",
        "Resource", "NotResource", "Condition",
    }
)  # fmt: skip
PRINCIPAL_TYPES = frozenset({"AWS", "Federated", "Service", "CanonicalUser"})


class InvalidJson(Malformed):
    """The text is not JSON, or not with one reading."""


def parse_document(text: str) -> PolicyDocument:
    """Return the document of a text; raises `Malformed` with a path for anything that the grammar does not have."""
    return parse_document_value(read_json(text))


def parse_document_value(value: Json) -> PolicyDocument:
    """Return the document of a value that was read from JSON; raises `Malformed` as `parse` does."""
    document = _parse_object(value, "")
    _refuse_unknown_members(document, _DOCUMENT_ELEMENTS, "")
    version = _parse_text(document.get("Version", VERSION_2008), "Version")
    if version not in {VERSION_2012, VERSION_2008}:
        raise _syntax_error("Version")
    if "Statement" not in document:
        raise _syntax_error("Statement")
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    return PolicyDocument(
        version=version,
        statements=tuple(
            _parse_statement(each, f"Statement[{at}]") for at, each in enumerate(listed)
        ),
        id=_parse_text(document.get("Id", ""), "Id"),
    )


def read_json(
    text: str,
    *,
    longest: int = quotas.DOCUMENT_CHARACTERS_MAX,
    most: int = quotas.DOCUMENT_VALUES_MAX,
) -> Json:
    """Return the JSON of a text; raises `InvalidJson` for what has no reading, or two, or is too long, too much or too deep."""
    if len(text) > longest or values_max(text) > most:
        raise InvalidJson(SYNTAX_ERRORS)
    try:
        value: Json = json.loads(
            text,
            object_pairs_hook=_unique_members,
            parse_constant=_refuse_constant,
            parse_float=_parse_number,
            parse_int=_parse_number,
        )
        if "\\u" in text:
            # Half of a surrogate pair is JSON, but no text.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise InvalidJson(SYNTAX_ERRORS) from None
    _check_depth(value, 0)
    return value


def _unique_members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidJson(SYNTAX_ERRORS)
    return found


def _refuse_constant(constant: str) -> Json:
    raise ValueError(constant)


def _parse_number(text: str) -> Json:
    """Keep a number as it stands: what a policy compares is its text."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return _SpelledNumber(text)


class _SpelledNumber(float):
    """A JSON number that remembers its spelling."""

    text: str

    def __new__(cls, text: str) -> Self:
        number = super().__new__(cls, text)
        number.text = text
        return number


def _check_depth(value: Json, depth: int) -> None:
    if depth > quotas.DOCUMENT_DEPTH_MAX:
        raise InvalidJson(SYNTAX_ERRORS)
    if isinstance(value, dict):
        for each in value.values():
            _check_depth(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            _check_depth(each, depth + 1)


def _parse_statement(value: Json, path: str) -> Statement:
    members = _parse_object(value, path)
    _refuse_unknown_members(members, _STATEMENT_ELEMENTS, path)
    for one, other in (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal")):  # fmt: skip
        if one in members and other in members:
            raise _syntax_error(f"{path}.{other}")

    def read(name: str, how: Callable[[Json, str], T]) -> T | None:
        return how(members[name], f"{path}.{name}") if name in members else None

    effect = _parse_text(members.get("Effect"), f"{path}.Effect")
    if effect.lower() not in {"allow", "deny"}:
        raise _syntax_error(f"{path}.Effect")
    return Statement(
        effect=effect,
        sid=_parse_text(members.get("Sid", ""), f"{path}.Sid"),
        principals=read("Principal", _parse_principals),
        not_principals=read("NotPrincipal", _parse_principals),
        actions=read("Action", _parse_texts),
        not_actions=read("NotAction", _parse_texts),
        resources=read("Resource", _parse_texts),
        not_resources=read("NotResource", _parse_texts),
        conditions=read("Condition", _parse_conditions) or (),
    )


def _parse_principals(value: Json, path: str) -> PrincipalElement:
    if value == "*":
        return PrincipalElement((("AWS", "*"),))
    members = _parse_object(value, path)
    _refuse_unknown_members(members, PRINCIPAL_TYPES, path)
    return PrincipalElement(
        tuple(
            (kind, entry)
            for kind, entries in members.items()
            for entry in _parse_texts(entries, f"{path}.{kind}")
        )
    )


def _parse_conditions(value: Json, path: str) -> tuple[PolicyCondition, ...]:
    found = []
    for name, block in _parse_object(value, path).items():
        members = _parse_object(block, f"{path}.{name}")
        keys = [key.lower() for key in members]
        if len(set(keys)) != len(keys):
            # Two spellings of one key: which of them was meant?
            raise _syntax_error(f"{path}.{name}")
        found += [
            PolicyCondition(name, key, _parse_condition_values(values, f"{path}.{name}.{key}"))
            for key, values in members.items()
        ]
    return tuple(found)


def _parse_condition_values(value: Json, path: str) -> tuple[str, ...]:
    return tuple(
        _parse_scalar(each, path) for each in (value if isinstance(value, list) else [value])
    )


def _parse_scalar(value: Json, path: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, _SpelledNumber):
        return value.text
    if isinstance(value, int | float):
        return str(value)
    return _parse_text(value, path)


def _parse_object(value: Json, path: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise _syntax_error(path)
    return value


def _refuse_unknown_members(members: dict[str, Json], known: frozenset[str], path: str) -> None:
    for name in members:
        if name not in known:
            raise _syntax_error(f"{path}.{name}".lstrip("."))


def _parse_texts(value: Json, path: str) -> tuple[str, ...]:
    if isinstance(value, list):
        # AWS takes null among them and forgets it.
        return tuple(
            _parse_text(each, f"{path}[{at}]") for at, each in enumerate(value) if each is not None
        )
    return (_parse_text(value, path),)


def _parse_text(value: Json, path: str) -> str:
    if not isinstance(value, str):
        raise _syntax_error(path)
    return value


def _syntax_error(path: str) -> Malformed:
    return Malformed(SYNTAX_ERRORS, path=path or "document")
