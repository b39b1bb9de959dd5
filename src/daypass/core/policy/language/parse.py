"""Parsing a policy: from text to JSON without ambiguity, then to a `model.PolicyDocument`.

Every refusal names the path of what is wrong. Source: AWS IAM user guide, "Grammar of the IAM JSON
policy language". The checks and messages of writing a policy are in `checks.validate`, unknown
operators among them: a stored document with an unknown operator is still evaluated.
"""

from collections.abc import Callable
from typing import Self, TypeVar

from daypass.core import quotas
from daypass.core.faults import Malformed
from daypass.core.jsontext import Json, JsonReader, NotJson, parse_finite_float
from daypass.core.policy.language.model import (
    VERSION_2008,
    VERSION_2012,
    PolicyCondition,
    PolicyDocument,
    PrincipalElement,
    Statement,
)

T = TypeVar("T")

SYNTAX_ERRORS = "Syntax errors in policy."
"""IAM's message for a document that its grammar does not allow."""
DOCUMENT_ELEMENTS = frozenset({"Version", "Id", "Statement"})
STATEMENT_ELEMENTS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
PRINCIPAL_TYPES = frozenset({"AWS", "Federated", "Service", "CanonicalUser"})


class InvalidJson(Malformed):
    """The text is not JSON, or it is ambiguous because a member appears twice."""


def parse_document(text: str) -> PolicyDocument:
    """Return the document of a policy's text.

    Raises `Malformed` with a path for whatever the grammar does not allow.
    """
    return parse_document_value(read_json(text))


def parse_document_value(value: Json) -> PolicyDocument:
    """Return the document of a parsed JSON value; raises `Malformed` as `parse_document` does."""
    document = _parse_object(value, "")
    _refuse_unknown_members(document, DOCUMENT_ELEMENTS, "")
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
    characters_max: int = quotas.DOCUMENT_CHARACTERS_MAX,
    json_values_max: int = quotas.DOCUMENT_VALUES_MAX,
) -> Json:
    """Return the JSON value of a text.

    Raises `InvalidJson` if the text is not JSON, has a member twice, is longer than
    `characters_max`, may have more than `json_values_max` values, or is nested too deeply.
    """
    try:
        return _READER.read(
            text,
            values=json_values_max,
            depth=quotas.DOCUMENT_DEPTH_MAX,
            characters=characters_max,
        )
    except NotJson:
        raise InvalidJson(SYNTAX_ERRORS) from None


class _SpelledNumber(float):
    """A JSON number with its spelling in the document."""

    text: str

    def __new__(cls, text: str) -> Self:
        number = super().__new__(cls, text)
        number.text = text
        return number


def _parse_number(text: str) -> float:
    """Return a number with its spelling: a condition compares the text."""
    parse_finite_float(text)
    return _SpelledNumber(text)


_READER = JsonReader(integer=_parse_number, fraction=_parse_number)


def _parse_statement(value: Json, path: str) -> Statement:
    members = _parse_object(value, path)
    _refuse_unknown_members(members, STATEMENT_ELEMENTS, path)
    for one, other in (
        ("Action", "NotAction"),
        ("Resource", "NotResource"),
        ("Principal", "NotPrincipal"),
    ):
        if one in members and other in members:
            raise _syntax_error(f"{path}.{other}")

    def parse_member(name: str, parse: Callable[[Json, str], T]) -> T | None:
        return parse(members[name], f"{path}.{name}") if name in members else None

    effect = _parse_text(members.get("Effect"), f"{path}.Effect")
    if effect.lower() not in {"allow", "deny"}:
        raise _syntax_error(f"{path}.Effect")
    return Statement(
        effect=effect,
        sid=_parse_text(members.get("Sid", ""), f"{path}.Sid"),
        principals=parse_member("Principal", _parse_principals),
        not_principals=parse_member("NotPrincipal", _parse_principals),
        actions=parse_member("Action", _parse_texts),
        not_actions=parse_member("NotAction", _parse_texts),
        resources=parse_member("Resource", _parse_texts),
        not_resources=parse_member("NotResource", _parse_texts),
        conditions=parse_member("Condition", _parse_conditions) or (),
    )


def _parse_principals(value: Json, path: str) -> PrincipalElement:
    if value == "*":
        return PrincipalElement((("AWS", "*"),), is_star=True)
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
            # Two spellings of one key are ambiguous.
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
    """Raise `Malformed` for a member that is not among the known ones."""
    for name in members:
        if name not in known:
            raise _syntax_error(f"{path}.{name}".lstrip("."))


def _parse_texts(value: Json, path: str) -> tuple[str, ...]:
    if isinstance(value, list):
        # AWS accepts null in a list and drops it.
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
