"""URL paths: removing dot segments, decoding S3's, and percent-encoding as AWS's signatures do."""

from urllib.parse import quote, unquote_to_bytes


def is_normalized(raw: bytes) -> bool:
    """Return True if a raw path has no dot segments and no empty ones.

    Any other path has the same canonical form as a different path, so that one signature would be
    valid for both.
    """
    return raw == b"/" or remove_dot_segments(raw) == raw


def remove_dot_segments(raw: bytes) -> bytes:
    """Return a raw path without its dot segments (RFC 3986, 5.2.4) and without its empty ones."""
    segments: list[bytes] = []
    for segment in raw.split(b"/"):
        if segment == b"..":
            del segments[-1:]
        elif segment not in {b"", b"."}:
            segments.append(segment)
    last = b"/" if raw.endswith(b"/") and segments else b""
    return b"/" + b"/".join(segments) + last


def decode_s3_path(raw: bytes) -> bytes:
    """Return a raw path of S3 percent-decoded once: it is verified and carried out as these bytes.

    A raw `+` is a blank, as S3 reads it; `%2B` is a plus.
    """
    return unquote_to_bytes(raw.replace(b"+", b" "))


def percent_encode(piece: str | bytes) -> str:
    """Return a text percent-encoded: all but letters, digits and `-._~`, so slashes too."""
    return quote(piece, safe="~")
