"""Tags in S3's documents and headers: a Tagging document, its Tag elements, and `x-amz-tagging`.

A request's tags are checked, because a store may read an ambiguous one differently.
"""

from unicodedata import category
from urllib.parse import quote, unquote_plus, urlencode

from daypass.gate import limits
from daypass.gate.protocol.documents import XMLElement, malformed_xml, parse_xml
from daypass.gate.protocol.errors import S3Error


def parse_tagging(body: bytes) -> tuple[tuple[str, str], ...]:
    """Return the tags of a Tagging document; raises `S3Error` InvalidTag for a repeated key."""
    return tagging_tags(parse_xml(body))


def tagging_tags(root: XMLElement) -> tuple[tuple[str, str], ...]:
    """Return the tags of a parsed Tagging document; raises `S3Error`."""
    return child_tags(_tag_set(root))


def _tag_set(root: XMLElement) -> XMLElement:
    sets = list(root.children_named("TagSet"))
    if root.name != "Tagging" or len(sets) != 1:
        raise malformed_xml()
    return sets[0]


def child_tags(element: XMLElement) -> tuple[tuple[str, str], ...]:
    """Return the Tag children of an element; raises `S3Error` InvalidTag for a repeated key."""
    return checked_tags(_tag_pairs(element))


def _tag_pairs(element: XMLElement) -> tuple[tuple[str, str], ...]:
    return tuple(
        (_tag_text(tag, "Key"), _tag_text(tag, "Value")) for tag in element.children_named("Tag")
    )


def _tag_text(tag: XMLElement, name: str) -> str:
    text = tag.child_text(name)
    if text is None:
        raise malformed_xml()
    return text


def parse_stored_tagging(body: bytes) -> tuple[tuple[str, str], ...]:
    """Return the tags of an object from a store's Tagging document.

    Raises `S3Error` InvalidTag for keys that differ only in case.
    """
    return _distinct_tags(_tag_pairs(_tag_set(parse_xml(body))))


def checked_tags(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return a request's tags; raises `S3Error` InvalidTag for an invalid or ambiguous one.

    White space around a text, and control characters in it, may be lost on the way to the store.
    """
    for key, value in _distinct_tags(pairs):
        if not 1 <= len(key) <= limits.TAG_KEY_CHARACTERS_MAX or not _is_plain(key):
            raise S3Error("InvalidTag", "The TagKey you have provided is invalid")
        if len(value) > limits.TAG_VALUE_CHARACTERS_MAX or not _is_plain(value):
            raise S3Error("InvalidTag", "The TagValue you have provided is invalid")
    return pairs


def _distinct_tags(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return tags if their keys differ without case: policies ignore case, and a store may not."""
    if len({key.lower() for key, _ in pairs}) != len(pairs):
        raise S3Error("InvalidTag", "Cannot provide multiple Tags with the same key")
    return pairs


def _is_plain(text: str) -> bool:
    return text == text.strip() and not any(category(each) in _CONTROLS for each in text)


_CONTROLS = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode's control characters, halves of pairs, ends of lines and paragraphs."""


def parse_tag_header(text: str) -> tuple[tuple[str, str], ...]:
    """Return the tags of `x-amz-tagging`, a form in which `+` is a space.

    Raises `S3Error` InvalidTag for invalid tags.
    """
    pieces = text.split("&", limits.OBJECT_TAGS_MAX + 1)
    try:
        pairs = [
            tuple(unquote_plus(part, errors="strict") for part in piece.partition("=")[::2])
            for piece in pieces
        ]
    except UnicodeDecodeError:
        raise S3Error("InvalidTag", "The tags are not UTF-8.") from None
    return checked_object_tags(checked_tags(tuple((key, value) for key, value in pairs)))


def format_tag_header(pairs: tuple[tuple[str, str], ...]) -> str:
    """Return tags as the value of `x-amz-tagging`."""
    return urlencode(pairs, quote_via=quote)


def checked_object_tags(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return tags; raises `S3Error` BadRequest for more than an object may have."""
    if len(pairs) > limits.OBJECT_TAGS_MAX:
        raise S3Error("BadRequest", "Object tags cannot be greater than 10")
    return pairs
