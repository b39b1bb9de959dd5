"""From text to a document: JSON with one reading, then the grammar, with a path in every complaint.

Source: AWS IAM user guide, "Grammar of the IAM JSON policy language". Stages and messages that only writing a policy
needs are in `validate`, unknown operators among them: a stored one is decided about, not lost with its document.
"""

from collections.abc import Callable
from typing import Self, TypeVar

from daypass.core import quotas
from daypass.core.faults import Malformed
from daypass.core.jsontext import Json, JsonReader, NotJson, finite
from daypass.core.policy.language.model import NEW, OLD, Condition, Document, Principals, Statement

T = TypeVar("T")

SYNTAX = "Syntax errors in policy."
_TOP = frozenset({"Version", "Id", "Statement"})
_STATEMENT = frozenset(
    {
        "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction",
        "Resource", "NotResource", "Condition",
    }
)  # fmt: skip
PRINCIPAL_TYPES = frozenset({"AWS", "Federated", "Service", "CanonicalUser"})


class InvalidJson(Malformed):
    """The text is not JSON, or not with one reading."""


def parse(text: str) -> Document:
    """Return the document of a text; raises `Malformed` with a path for anything that the grammar does not have."""
    return parse_value(read_json(text))


def parse_value(value: Json) -> Document:
    """Return the document of a value that was read from JSON; raises `Malformed` as `parse` does."""
    document = _object(value, "")
    _only(document, _TOP, "")
    version = _text(document.get("Version", OLD), "Version")
    if version not in {NEW, OLD}:
        raise _malformed("Version")
    if "Statement" not in document:
        raise _malformed("Statement")
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    return Document(
        version=version,
        statements=tuple(_statement(each, f"Statement[{at}]") for at, each in enumerate(listed)),
        id=_text(document.get("Id", ""), "Id"),
    )


def read_json(
    text: str,
    *,
    longest: int = quotas.DOCUMENT_CHARACTERS_MAX,
    most: int = quotas.DOCUMENT_VALUES_MAX,
) -> Json:
    """Return the JSON of a text; raises `InvalidJson` for what has no reading, or two, or is too long, too much or too deep."""
    try:
        return _READER.read(text, values=most, depth=quotas.DOCUMENT_DEPTH_MAX, characters=longest)
    except NotJson:
        raise InvalidJson(SYNTAX) from None


class _Number(float):
    """A JSON number that remembers its spelling."""

    text: str

    def __new__(cls, text: str) -> Self:
        number = super().__new__(cls, text)
        number.text = text
        return number


def _number(text: str) -> float:
    """Keep a number as it stands: what a policy compares is its text."""
    finite(text)
    return _Number(text)


_READER = JsonReader(integer=_number, fraction=_number)


def _statement(value: Json, path: str) -> Statement:
    members = _object(value, path)
    _only(members, _STATEMENT, path)
    for one, other in (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal")):  # fmt: skip
        if one in members and other in members:
            raise _malformed(f"{path}.{other}")

    def read(name: str, how: Callable[[Json, str], T]) -> T | None:
        return how(members[name], f"{path}.{name}") if name in members else None

    effect = _text(members.get("Effect"), f"{path}.Effect")
    if effect.lower() not in {"allow", "deny"}:
        raise _malformed(f"{path}.Effect")
    return Statement(
        effect=effect,
        sid=_text(members.get("Sid", ""), f"{path}.Sid"),
        principals=read("Principal", _principals),
        not_principals=read("NotPrincipal", _principals),
        actions=read("Action", _texts),
        not_actions=read("NotAction", _texts),
        resources=read("Resource", _texts),
        not_resources=read("NotResource", _texts),
        conditions=read("Condition", _conditions) or (),
    )


def _principals(value: Json, path: str) -> Principals:
    if value == "*":
        return Principals((("AWS", "*"),))
    members = _object(value, path)
    _only(members, PRINCIPAL_TYPES, path)
    return Principals(
        tuple(
            (kind, entry)
            for kind, entries in members.items()
            for entry in _texts(entries, f"{path}.{kind}")
        )
    )


def _conditions(value: Json, path: str) -> tuple[Condition, ...]:
    found = []
    for name, block in _object(value, path).items():
        members = _object(block, f"{path}.{name}")
        keys = [key.lower() for key in members]
        if len(set(keys)) != len(keys):
            # Two spellings of one key: which of them was meant?
            raise _malformed(f"{path}.{name}")
        found += [
            Condition(name, key, _values(values, f"{path}.{name}.{key}"))
            for key, values in members.items()
        ]
    return tuple(found)


def _values(value: Json, path: str) -> tuple[str, ...]:
    return tuple(_scalar(each, path) for each in (value if isinstance(value, list) else [value]))


def _scalar(value: Json, path: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, _Number):
        return value.text
    if isinstance(value, int | float):
        return str(value)
    return _text(value, path)


def _object(value: Json, path: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise _malformed(path)
    return value


def _only(members: dict[str, Json], known: frozenset[str], path: str) -> None:
    for name in members:
        if name not in known:
            raise _malformed(f"{path}.{name}".lstrip("."))


def _texts(value: Json, path: str) -> tuple[str, ...]:
    if isinstance(value, list):
        # AWS takes null among them and forgets it.
        return tuple(
            _text(each, f"{path}[{at}]") for at, each in enumerate(value) if each is not None
        )
    return (_text(value, path),)


def _text(value: Json, path: str) -> str:
    if not isinstance(value, str):
        raise _malformed(path)
    return value


def _malformed(path: str) -> Malformed:
    return Malformed(SYNTAX, path=path or "document")
