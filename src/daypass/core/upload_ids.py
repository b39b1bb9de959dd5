"""Upload ids for clients: the store's upload id with a MAC that binds it to bucket and key.

The store itself may accept an upload id for another key. The MAC is an HMAC over bucket, key and
id, and nothing is stored, so that an upload continues after a restart and in other processes with
the same key ring. The store's requests are `gate.store`.
"""

import base64
import hmac
from collections.abc import Iterable

PURPOSE = "upload ids"
_TAG_BYTES = 16


def client_upload_id(store_id: str, *, bucket: str, key: str, secret: bytes) -> str:
    """Return the upload id for the client: a MAC, a dot, and the store's upload id."""
    return f"{_tag(store_id, bucket, key, secret)}.{store_id}"


def store_upload_id(
    client_id: str, *, bucket: str, key: str, secrets: Iterable[bytes]
) -> str | None:
    """Return the store's upload id in a client's; None unless its MAC is right for bucket and key.

    `secrets` are the MAC keys that were ever used; any of them may have made the MAC.
    """
    tag, _, store_id = client_id.partition(".")
    expected = [_tag(store_id, bucket, key, secret) for secret in secrets]
    matches = [hmac.compare_digest(each.encode(), tag.encode()) for each in expected]
    return store_id if any(matches) else None


def _tag(store_id: str, bucket: str, key: str, secret: bytes) -> str:
    # Each text is preceded by its length, so that no two triples have the same bytes.
    parts = [part.encode() for part in (bucket, key, store_id)]
    text = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    digest = hmac.digest(secret, text, "sha256")[:_TAG_BYTES]
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")
