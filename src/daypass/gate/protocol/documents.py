"""Parsing and writing S3's XML documents: no DTD, entities or processing instructions; bounded.

A document is fed to the parser in slices, and parsing ends at the first bound that it exceeds, so
that an oversized tree is never built. `parse_xml_in_turns` parses a long one in several turns of
the event loop.
"""

import asyncio
import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.parsers import expat

from daypass.gate import limits
from daypass.gate.protocol import preconditions
from daypass.gate.protocol.errors import S3Error
from daypass.wire.errors import xml_text

MALFORMED = (
    "The XML you provided was not well-formed or did not validate against our published schema"
)


@dataclass(slots=True)
class XMLElement:
    """An element: its name without a namespace, its text, its children."""

    name: str
    text: str = ""
    children: Sequence["XMLElement"] = ()

    def children_named(self, name: str) -> Iterator["XMLElement"]:
        """Yield the children with a name."""
        return (child for child in self.children if child.name == name)

    def child_text(self, name: str) -> str | None:
        """Return the text of the only child with a name, or None; two are MalformedXML."""
        texts = [child.text for child in self.children_named(name)]
        if len(texts) > 1:
            raise malformed_xml()
        return texts[0] if texts else None


def malformed_xml() -> S3Error:
    """Return the error for XML that the operation does not accept."""
    return S3Error("MalformedXML", MALFORMED)


def parse_xml(body: bytes, *, elements: int = limits.XML_SMALL_ELEMENTS_MAX) -> XMLElement:
    """Return the root of a small document.

    Raises `S3Error` MalformedXML for anything but plain XML, and for more than `elements` elements.
    """
    reading = _Parser(elements)
    for piece, is_last in _slices(body):
        reading.feed(piece, is_last=is_last)
    return reading.document()


async def parse_xml_in_turns(
    body: bytes, *, elements: int, levels: int = limits.XML_DEPTH_MAX
) -> XMLElement:
    """Return the root of a document as `parse_xml` does, one slice per turn of the event loop.

    The whole document is parsed, and `levels` of its elements are kept: 2 for the root and its
    children.
    """
    reading = _Parser(elements, levels)
    for piece, is_last in _slices(body):
        reading.feed(piece, is_last=is_last)
        if not is_last:
            await asyncio.sleep(0)
    return reading.document()


def _slices(body: bytes) -> Iterator[tuple[bytes, bool]]:
    """Yield the slices of a body, each with whether it is the last; an empty body has one slice."""
    size = limits.XML_SLICE_BYTES
    for at in range(0, max(len(body), 1), size):
        yield body[at : at + size], at + size >= len(body)


def _check_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
    """Refuse every encoding but UTF-8: the store might decode a document differently."""
    if (encoding or "utf-8").lower() != "utf-8":
        raise malformed_xml()


def serialize_document(root: XMLElement) -> bytes:
    """Return an element as a document in S3's namespace, without attributes or comments."""
    inside = "".join(map(serialize_element, root.children)) or xml_text(root.text)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root_element_xml(root.name, inside)}'.encode()


def _refuse_markup(*_: object) -> None:
    raise malformed_xml()


_REFUSED_HANDLERS = (
    "StartDoctypeDeclHandler",
    "EntityDeclHandler",
    "ProcessingInstructionHandler",
    "ExternalEntityRefHandler",
)


class _Parser:
    """A document that is being parsed: the tree so far, and the remaining bounds."""

    def __init__(self, elements: int, levels: int = limits.XML_DEPTH_MAX) -> None:
        self._left = elements
        self._levels = levels
        self._root: XMLElement | None = None
        self._open: list[tuple[XMLElement, list[XMLElement]]] = []
        self._fed = 0
        parser = self._parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.XmlDeclHandler = _check_encoding
        for handler in _REFUSED_HANDLERS:
            setattr(parser, handler, _refuse_markup)

    def feed(self, piece: bytes, *, is_last: bool) -> None:
        """Parse a slice; raises `S3Error` MalformedXML at the first bound that is exceeded."""
        self._fed += len(piece)
        try:
            self._parser.Parse(piece, is_last)
        except expat.ExpatError:
            raise malformed_xml() from None
        # The bytes after the parser's position are one tag that has not ended.
        if self._fed - self._parser.CurrentByteIndex > limits.XML_TAG_BYTES_MAX and not is_last:
            raise malformed_xml()

    def document(self) -> XMLElement:
        """Return the root, once the last slice was fed."""
        if self._root is None:
            raise malformed_xml()
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._left -= 1
        if (
            self._left < 0
            or len(self._open) >= limits.XML_DEPTH_MAX
            or len(attributes) > limits.XML_ATTRIBUTES_MAX
        ):
            raise malformed_xml()
        element = XMLElement(name.rpartition(" ")[2])
        if not self._open:
            self._root = element
        elif len(self._open) < self._levels:
            self._open[-1][1].append(element)
        self._open.append((element, []))

    def _end(self, _name: str) -> None:
        element, children = self._open.pop()
        if children:
            element.children = children

    def _text(self, data: str) -> None:
        element = self._open[-1][0]
        if len(element.text) + len(data) > limits.XML_TEXT_CHARACTERS_MAX:
            raise malformed_xml()
        element.text += data


@dataclass(frozen=True, slots=True)
class DeletionEntry:
    """One object in a DeleteObjects document."""

    key: str
    version_id: str | None = None
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Deletion:
    """A parsed DeleteObjects document."""

    entries: tuple[DeletionEntry, ...]
    quiet: bool


_ENTRY_CHILDREN = frozenset({"Key", "VersionId", "ETag"})


def parse_deletion(root: XMLElement) -> Deletion:
    """Return a parsed DeleteObjects document.

    Raises `S3Error` MalformedXML for unknown elements, and for no entries or too many.
    """
    if root.name != "Delete" or any(
        child.name not in {"Object", "Quiet"} for child in root.children
    ):
        raise malformed_xml()
    entries = tuple(_parse_entry(child) for child in root.children_named("Object"))
    if not 1 <= len(entries) <= limits.DELETE_ENTRIES_MAX:
        raise malformed_xml()
    return Deletion(entries, (root.child_text("Quiet") or "").strip().lower() == "true")


def _parse_entry(element: XMLElement) -> DeletionEntry:
    key = element.child_text("Key")
    if (
        not key
        or len(key.encode()) > limits.KEY_BYTES_MAX
        or any(child.name not in _ENTRY_CHILDREN for child in element.children)
    ):
        raise malformed_xml()
    etag = element.child_text("ETag")
    if etag is not None and not preconditions.is_entity_tag(etag):
        raise malformed_xml()
    return DeletionEntry(key, element.child_text("VersionId") or None, etag)


def deletion_document(entries: tuple[DeletionEntry, ...]) -> bytes:
    """Return a DeleteObjects document for these entries that asks for a report on each."""
    objects = "".join(
        f"<Object><Key>{xml_text(entry.key)}</Key>"
        + (f"<VersionId>{xml_text(entry.version_id)}</VersionId>" if entry.version_id else "")
        + (f"<ETag>{xml_text(entry.etag)}</ETag>" if entry.etag else "")
        + "</Object>"
        for entry in entries
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        + root_element_xml("Delete", f"{objects}<Quiet>false</Quiet>")
    ).encode()


def serialize_element(element: XMLElement) -> str:
    """Return an element as XML, without attributes and namespaces."""
    inside = (
        xml_text(element.text)
        if not element.children
        else "".join(map(serialize_element, element.children))
    )
    return f"<{element.name}>{inside}</{element.name}>"


NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def root_element_xml(name: str, inside: str) -> str:
    """Return a root element in S3's namespace, with `inside` as its content."""
    return f'<{name} xmlns="{NAMESPACE}">{inside}</{name}>'


def content_md5(content: bytes) -> str:
    """Return the Content-MD5 of a document (RFC 1864)."""
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode("ascii")
