"""A request as it arrived: nothing decoded, nothing normalised, nothing derived by a framework."""

from dataclasses import dataclass

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class RawRequest:
    """Method, raw path, raw query without its `?`, and the header pairs in order of arrival, names in lower case."""

    method: str
    raw_path: bytes
    raw_query: bytes
    headers: Headers
