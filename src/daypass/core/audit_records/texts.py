"""Texts of callers as an audit record keeps them: cut to a bound, with nothing in them that acts on a terminal."""

TEXT_MAX = 512
"""Characters that a record keeps of a header, a name or a message."""
_LAYOUT_CHARACTERS = frozenset("\n\r\t")
"""What a policy's text is laid out with; JSON escapes it in the record's line."""


def escape_text(text: str) -> str:
    """Return a caller's text cut to 512 characters, with control and bidirectional characters escaped."""
    if len(text) <= TEXT_MAX and text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else f"\\u{ord(character):04x}"
        for character in text[:TEXT_MAX]
    )


def escape_document(text: str, size: int) -> str:
    """Return a caller's text of one line or several, escaped like `clean` but for line ends and tabs, `size` characters at most.

    A text that was cut says behind them how long it was.
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
