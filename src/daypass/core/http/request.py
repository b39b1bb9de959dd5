"""A request as it arrived: nothing decoded, nothing normalised, nothing derived by a framework."""

import msgspec

Headers = tuple[tuple[bytes, bytes], ...]


class RawRequest(msgspec.Struct, frozen=True):
    """Method, raw path, raw query without its `?`, and the header pairs in order of arrival, names in lower case."""

    method: str
    raw_path: bytes
    raw_query: bytes
    headers: Headers
