"""An HTTP request as it arrived: not decoded, not normalized, not changed by a framework."""

import msgspec

Headers = tuple[tuple[bytes, bytes], ...]
"""Pairs of header name, in lower case, and value, in order of arrival."""


class RawRequest(msgspec.Struct, frozen=True):
    """An HTTP request without its body; `raw_query` lacks its `?`."""

    method: str
    raw_path: bytes
    raw_query: bytes
    headers: Headers
