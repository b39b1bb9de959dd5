"""Paths: which are what they seem, and how a decoded piece is written into an address."""

from urllib.parse import quote


def is_normalized(raw: bytes) -> bool:
    """Say whether a raw path has neither dot segments nor empty ones.

    Any other path shares its canonical form with one that may name something else.
    """
    return raw == b"/" or remove_dot_segments(raw) == raw


def remove_dot_segments(raw: bytes) -> bytes:
    """Return a raw path without dot segments and empty ones (RFC 3986, 5.2.4)."""
    kept: list[bytes] = []
    for segment in raw.split(b"/"):
        if segment == b"..":
            del kept[-1:]
        elif segment not in {b"", b"."}:
            kept.append(segment)
    last = b"/" if raw.endswith(b"/") and kept else b""
    return b"/" + b"/".join(kept) + last


def percent_encode(piece: str | bytes) -> str:
    """Encode a decoded piece of a path or a query as AWS does."""
    return quote(piece, safe="~")
