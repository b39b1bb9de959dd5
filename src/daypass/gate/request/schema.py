"""Normalizing XML documents by botocore's model of S3: the store gets what the gate understood.

A store may use the first of two elements where the gate uses the last, strip white space, or know
an element that the gate does not: an ambiguous or unknown document is refused. Source: botocore's
model of S3.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from botocore.loaders import Loader

from daypass.core.time.timestamps import iso8601, parse_iso8601
from daypass.gate import limits
from daypass.gate.protocol.documents import XMLElement, malformed_xml
from daypass.gate.request import vocabulary
from daypass.wire.botocore_model import BotocoreModel, Member, Shape

_ElementReader = Callable[[XMLElement], XMLElement]
_Members = Mapping[str, tuple[bool, _ElementReader]]
"""By name: whether a member may be repeated, and the function that normalizes its element."""


async def normalized_document(operation: str, root: XMLElement) -> XMLElement:
    """Return a document normalized by its operation's schema, in several turns of the event loop.

    Raises `S3Error` MalformedXML for an unknown element, a repeated single one, text outside of
    text elements, or a value that is invalid for its type.
    """
    name, members = document_schemas()[operation]
    if root.name != name:
        raise malformed_xml()
    children: list[XMLElement] = []
    for child in _normalized_children(root, members):
        children.append(child)
        if len(children) % limits.SCHEMA_CHILDREN_PER_TURN == 0:
            await asyncio.sleep(0)
    return XMLElement(name, "", children)


@cache
def document_schemas() -> Mapping[str, tuple[str, _Members]]:
    """Return each operation's root element and its members."""
    model = BotocoreModel(Loader().load_service_model("s3", "service-2"))
    by_operation = {}
    for operation, raw in model.operations.items():
        input_shape = raw.get("input", {})
        if not input_shape:
            continue
        shape = model.shape(input_shape["shape"])
        payload = [each for each in shape.members if each.name == shape.payload]
        if payload and model.shape(payload[0].shape).kind == "structure":
            by_operation[operation] = (
                payload[0].wire_name,
                _members(model, model.shape(payload[0].shape)),
            )
        elif "locationName" in input_shape:
            by_operation[operation] = (input_shape["locationName"], _members(model, shape))
    return by_operation


def _structure_reader(model: BotocoreModel, shape: Shape) -> _ElementReader:
    members = _members(model, shape)
    return lambda element: XMLElement(
        element.name, "", list(_normalized_children(element, members))
    )


def _members(model: BotocoreModel, shape: Shape) -> _Members:
    return {
        member.wire_name: _member_reader(model, member)
        for member in shape.members
        if not member.location
    }


def _normalized_children(element: XMLElement, members: _Members) -> Iterator[XMLElement]:
    """Yield the members of a structure, each normalized."""
    if element.text and element.text.strip():
        raise malformed_xml()
    seen = set()
    for child in element.children:
        member = members.get(child.name)
        if member is None:
            raise malformed_xml()
        is_repeated, read = member
        if child.name in seen and not is_repeated:
            raise malformed_xml()
        seen.add(child.name)
        yield read(child)


def _member_reader(model: BotocoreModel, member: Member) -> tuple[bool, _ElementReader]:
    """Return whether a member's element may be repeated, and the function that normalizes it."""
    shape = model.shape(member.shape)
    if shape.kind != "list":
        return False, _shape_reader(model, shape)
    assert shape.item is not None  # noqa: S101 - every list of the model says of what
    item = _shape_reader(model, model.shape(shape.item.shape))
    if shape.is_flattened or member.is_flattened:
        return True, item
    return False, _list_reader(shape.item.wire_name, item)


def _list_reader(name: str, item: _ElementReader) -> _ElementReader:
    def read(element: XMLElement) -> XMLElement:
        if element.text.strip() or any(child.name != name for child in element.children):
            raise malformed_xml()
        return XMLElement(element.name, "", list(map(item, element.children)))

    return read


def _shape_reader(model: BotocoreModel, shape: Shape) -> _ElementReader:
    if shape.kind == "structure":
        return _structure_reader(model, shape)
    of_text = _text_reader(shape)

    def read(element: XMLElement) -> XMLElement:
        if element.children:
            raise malformed_xml()
        return XMLElement(element.name, of_text(element.text))

    return read


def _text_reader(shape: Shape) -> Callable[[str], str]:
    """Return the function that checks a text of the shape's type and normalizes its spelling."""
    if shape.name.endswith("StorageClass"):
        # Stores have storage classes of their own.
        return lambda text: _text_if(vocabulary.STORAGE_CLASS.fullmatch(text) is not None, text)
    if shape.name in _KMS_KEYS:
        return lambda text: _text_if(vocabulary.KMS_KEY.fullmatch(text) is not None, text)
    if shape.enum and shape.name != "BucketLocationConstraint":
        return lambda text: _text_if(text in shape.enum, text)
    return _KINDS.get(shape.kind, lambda text: text)


def _text_if(holds: bool, text: str) -> str:  # noqa: FBT001 - a verdict
    if not holds:
        raise malformed_xml()
    return text


def _boolean(text: str) -> str:
    return _text_if(text.lower() in {"true", "false"}, text.lower())


def _integer(text: str) -> str:
    return str(int(_text_if(_DIGITS.fullmatch(text) is not None, text)))


def _timestamp(text: str) -> str:
    try:
        seconds = parse_iso8601(text)
        return _text_if(seconds >= 0, iso8601(max(0, seconds)))
    except (ValueError, OverflowError):
        raise malformed_xml() from None


_DIGITS = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_KMS_KEYS = frozenset({"SSEKMSKeyId", "NonEmptyKmsKeyArnString"})
_KINDS: Mapping[str, Callable[[str], str]] = {
    "boolean": _boolean,
    "integer": _integer,
    "long": _integer,
    "timestamp": _timestamp,
}
