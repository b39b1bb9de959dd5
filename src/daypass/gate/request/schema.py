"""Documents by S3's own schema: what the gate understood is what it writes, and what has no reading, or two, is refused.

A store may look for the first of two elements where the gate looks for the last, forget white
space, or know an element that the gate does not. Source: botocore's model of S3.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from botocore.loaders import Loader

from daypass.core.timestamps import iso8601, parse_iso8601
from daypass.gate import limits
from daypass.gate.protocol.documents import Element, malformed
from daypass.gate.request import vocabulary
from daypass.wire.botocore_model import BotocoreModel, Member, Shape

_Read = Callable[[Element], Element]
_Members = Mapping[str, tuple[bool, _Read]]
"""By name: whether a member may be repeated, and what reads one."""


async def understood_in_turns(operation: str, root: Element) -> Element:
    """Return a document as the operation's schema has it; a long one is read in several turns of the event loop.

    Raises `S3Error` MalformedXML for an unknown element, a single one that is there twice, text
    where none belongs, a value that is none of its kind.
    """
    name, members = schemas()[operation]
    if root.name != name:
        raise malformed()
    children: list[Element] = []
    for child in _children(root, members):
        children.append(child)
        if len(children) % limits.SCHEMA_CHILDREN_PER_TURN == 0:
            await asyncio.sleep(0)
    return Element(name, "", children)


@cache
def schemas() -> Mapping[str, tuple[str, _Members]]:
    """Return each operation's root element and the members that it has."""
    model = BotocoreModel(Loader().load_service_model("s3", "service-2"))
    found = {}
    for operation, raw in model.operations.items():
        given = raw.get("input", {})
        if not given:
            continue
        shape = model.shape(given["shape"])
        payload = [each for each in shape.members if each.name == shape.payload]
        if payload and model.shape(payload[0].shape).kind == "structure":
            found[operation] = (
                payload[0].wire_name,
                _members(model, model.shape(payload[0].shape)),
            )
        elif "locationName" in given:
            found[operation] = (given["locationName"], _members(model, shape))
    return found


def _structure(model: BotocoreModel, shape: Shape) -> _Read:
    members = _members(model, shape)
    return lambda element: Element(element.name, "", list(_children(element, members)))


def _members(model: BotocoreModel, shape: Shape) -> _Members:
    return {
        member.wire_name: _member(model, member) for member in shape.members if not member.location
    }


def _children(element: Element, members: _Members) -> Iterator[Element]:
    """Yield the members of a structure as they were understood."""
    if element.text and element.text.strip():
        raise malformed()
    seen = set()
    for child in element.children:
        known = members.get(child.name)
        if known is None:
            raise malformed()
        is_repeated, read = known
        if child.name in seen and not is_repeated:
            raise malformed()
        seen.add(child.name)
        yield read(child)


def _member(model: BotocoreModel, member: Member) -> tuple[bool, _Read]:
    """Return whether a member's element may be repeated, and what reads one."""
    shape = model.shape(member.shape)
    if shape.kind != "list":
        return False, _shape(model, shape)
    assert shape.item is not None  # noqa: S101 - every list of the model says of what
    item = _shape(model, model.shape(shape.item.shape))
    if shape.is_flattened or member.is_flattened:
        return True, item
    return False, _list(shape.item.wire_name, item)


def _list(name: str, item: _Read) -> _Read:
    def read(element: Element) -> Element:
        if element.text.strip() or any(child.name != name for child in element.children):
            raise malformed()
        return Element(element.name, "", list(map(item, element.children)))

    return read


def _shape(model: BotocoreModel, shape: Shape) -> _Read:
    if shape.kind == "structure":
        return _structure(model, shape)
    of_text = _texts(shape)

    def read(element: Element) -> Element:
        if element.children:
            raise malformed()
        return Element(element.name, of_text(element.text))

    return read


def _texts(shape: Shape) -> Callable[[str], str]:
    """Return what reads a text of a kind, and writes it in one way."""
    if shape.name.endswith("StorageClass"):
        # Stores have classes of their own.
        return lambda text: _if(vocabulary.STORAGE_CLASS.fullmatch(text) is not None, text)
    if shape.name in _KMS_KEYS:
        return lambda text: _if(vocabulary.KMS_KEY.fullmatch(text) is not None, text)
    if shape.enum and shape.name != "BucketLocationConstraint":
        return lambda text: _if(text in shape.enum, text)
    return _KINDS.get(shape.kind, lambda text: text)


def _if(holds: bool, text: str) -> str:  # noqa: FBT001 - a verdict
    if not holds:
        raise malformed()
    return text


def _boolean(text: str) -> str:
    return _if(text.lower() in {"true", "false"}, text.lower())


def _integer(text: str) -> str:
    return str(int(_if(_DIGITS.fullmatch(text) is not None, text)))


def _timestamp(text: str) -> str:
    try:
        seconds = parse_iso8601(text)
        return _if(seconds >= 0, iso8601(max(0, seconds)))
    except (ValueError, OverflowError):
        raise malformed() from None


_DIGITS = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_KMS_KEYS = frozenset({"SSEKMSKeyId", "NonEmptyKmsKeyArnString"})
_KINDS: Mapping[str, Callable[[str], str]] = {
    "boolean": _boolean,
    "integer": _integer,
    "long": _integer,
    "timestamp": _timestamp,
}
