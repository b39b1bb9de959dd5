"""Callers' texts as an audit record keeps them: bounded, without terminal control characters."""

from collections.abc import Sequence

TEXT_MAX = 512
"""Characters that a record keeps of a header, a name or a message."""
_PRINTABLE = bytes(range(0x20, 0x7F))
_LAYOUT_CHARACTERS = frozenset("\n\r\t")
"""White space of a policy's layout; JSON escapes it in the record's line."""


def escape_text(text: str) -> str:
    """Return a caller's text cut to 512 characters, control characters escaped.

    Bidirectional characters are escaped too.
    """
    if len(text) <= TEXT_MAX and text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else f"\\u{ord(character):04x}"
        for character in text[:TEXT_MAX]
    )


def escape_texts(texts: Sequence[str]) -> Sequence[str]:
    """Return several of a caller's texts, each as `escape_text` returns it."""
    # One look at all of them is enough for most callers; `isprintable` looks each character up.
    together = "".join(texts)
    is_short_ascii = len(together) <= TEXT_MAX and together.isascii()
    if is_short_ascii and not together.encode().translate(None, _PRINTABLE):
        return texts
    return [escape_text(each) for each in texts]


def escape_document(text: str, size: int) -> str:
    """Return a caller's text escaped but for line ends and tabs, cut to `size` characters.

    A text that was cut ends with its full length.
    """
    if len(text) <= size and text.isprintable():
        return text
    kept = "".join(
        character
        if character.isprintable() or character in _LAYOUT_CHARACTERS
        else f"\\u{ord(character):04x}"
        for character in text[:size]
    )
    if len(text) <= size and len(kept) <= size:
        return kept
    return f"{kept[:size]}… ({len(text)} characters)"
