"""Ids of multipart uploads that are good for one bucket and one key, whatever the store thinks of them.

A client is told the store's id behind a tag: an HMAC over bucket, key and id. Nothing is kept, so that an upload goes on after a
restart and beside other processes that have the same key ring. Nothing here talks to a store.
"""

import base64
import hmac
from collections.abc import Iterable

PURPOSE = "upload ids"
_TAG_BYTES = 16


def client_upload_id(store_id: str, *, bucket: str, key: str, secret: bytes) -> str:
    """Return the id that a client is told for an upload of the store."""
    return f"{_tag(store_id, bucket, key, secret)}.{store_id}"


def store_upload_id(told: str, *, bucket: str, key: str, secrets: Iterable[bytes]) -> str | None:
    """Return the store's id behind one that was told for this bucket and key; nothing for any other text."""
    tag, _, inner = told.partition(".")
    expected = [_tag(inner, bucket, key, secret) for secret in secrets]
    matches = [hmac.compare_digest(each.encode(), tag.encode()) for each in expected]
    return inner if any(matches) else None


def _tag(inner: str, bucket: str, key: str, secret: bytes) -> str:
    # Lengths go before the texts: no two triples are written alike.
    parts = [part.encode() for part in (bucket, key, inner)]
    text = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    digest = hmac.digest(secret, text, "sha256")[:_TAG_BYTES]
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")
