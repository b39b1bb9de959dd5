"""The query of a request: each parameter is of one kind, or the request is refused.

A parameter that AWS would ignore and a store might not is a door beside the gate.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from daypass.core.http import normalization
from daypass.core.http.fields import fold_field_name
from daypass.gate import limits
from daypass.gate.protocol.errors import S3Error, unimplemented

RESPONSE = frozenset(
    f"response-{name}"
    for name in (
        "cache-control", "content-disposition", "content-encoding", "content-language",
        "content-type", "expires",
    )
)  # fmt: skip
"""Headers that the answer is to have: arguments of whatever reads an object."""
_AUTHENTICATING = frozenset(
    f"X-Amz-{name}"
    for name in (
        "Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature",
        "Security-Token", "Content-Sha256",
    )
)  # fmt: skip
_SIGV2 = frozenset({"AWSAccessKeyId", "Signature"})


@dataclass(frozen=True, slots=True)
class Parameters:
    """A query, sorted out."""

    selector: str
    arguments: Mapping[str, str]
    """Everything that is neither a selector, nor authentication, nor a header; the operation
    decides whether it has it."""
    headers: Mapping[str, str]
    """Headers that a presigned URL carries in its query, names in lower case: they count as
    headers."""
    payload: str = ""
    """`X-Amz-Content-Sha256` of a presigned URL."""


def read(raw: bytes, *, presigned: bool, selectors: frozenset[str]) -> Parameters:
    """Sort a raw query; raises `S3Error` for a parameter that is there twice, or is of no kind.

    `selectors` are those that an operation has.
    """
    chosen: list[str] = []
    arguments: dict[str, str] = {}
    headers: dict[str, str] = {}
    payload = ""
    seen: set[str] = set()
    pieces = raw.split(b"&") if raw else []
    if len(pieces) > limits.PARAMETERS_MAX:
        raise S3Error("InvalidArgument", "The query has too many parameters.")
    for piece in pieces:
        name, value = _pair(piece)
        lower = fold_field_name(name)
        known = lower if lower.startswith("x-amz-") else name
        if known in seen:
            raise S3Error(
                "InvalidArgument",
                "A parameter was sent twice.",
                details={"ArgumentName": name[:80]},
            )
        seen.add(known)
        if name in _AUTHENTICATING and presigned:
            payload = value if name == "X-Amz-Content-Sha256" else payload
        elif name in selectors:
            chosen.append(_bare(name, value))
        elif known.startswith("x-amz-"):
            if not presigned or name in _AUTHENTICATING:
                raise unimplemented(name)
            headers[known] = value
        elif name in _SIGV2:
            raise S3Error(
                "InvalidRequest",
                "The authorization mechanism you have provided is not supported. Please use "
                "AWS4-HMAC-SHA256.",
            )
        elif not lower.startswith("x-"):
            arguments[name] = value
    if len(chosen) > 1:
        raise unimplemented(", ".join(sorted(chosen)))
    return Parameters(chosen[0] if chosen else "", arguments, headers, payload)


def _bare(name: str, value: str) -> str:
    if value:
        raise S3Error(
            "InvalidArgument",
            f"The parameter {name} has no value.",
            details={"ArgumentName": name, "ArgumentValue": value[:80]},
        )
    return name


def _pair(piece: bytes) -> tuple[str, str]:
    if not piece or normalization.has_broken_escape(piece):
        raise S3Error("InvalidArgument", "The query cannot be read.")
    name, value = normalization.parse_parameter(piece)
    try:
        return name.decode("utf-8"), value.decode("utf-8")
    except UnicodeDecodeError:
        raise S3Error("InvalidArgument", "The query is not UTF-8.") from None
