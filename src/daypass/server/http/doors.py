"""The routing table: which door a request goes to, by listener, host, path and apparent scheme.

The first row that matches decides. A door only says who reads a request; no request is let in by
going to one. The scheme is judged from the request's head without any proof; what is behind the
door verifies it. The same table decides in which protocol an early refusal is written.
"""

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from daypass.core.enums import with_plain_members
from daypass.core.http import normalization
from daypass.core.http.asgi_types import Scope

MAIN = "main"
"""The name of the one listener; a further listener has its own rows."""


@with_plain_members
class Door(enum.Enum):
    """The part of the server that reads a request."""

    PROBES = "probes"
    """The pages for monitoring."""
    GATE = "gate"
    """The gate, for S3's requests to the store."""
    API = "api"
    """The API, for every operation of every service in AWS's protocols."""


class HostKind(enum.Enum):
    """The host names that a row matches."""

    ANY = "any"


class PathKind(enum.Enum):
    """The paths that a row matches, if it does not name them."""

    ANY = "any"
    API = "an API's"
    """The path of any operation of any service."""


class ApparentAuth(enum.Enum):
    """How a request appears to be authenticated.

    The first header that says so decides; without one, the first query
    parameter that does, in order of name.
    """

    S3 = "s3"
    """A scope that ends in `/s3/aws4_request`, `Authorization: AWS …`, AWSAccessKeyId or a form."""
    OTHER = "other"
    """An Authorization header or an X-Amz-Credential that is not S3's."""
    NONE = "none"
    """None of these."""
    UNSIGNED_READ = "unsigned read"
    """GET or HEAD without an Authorization header, `X-Amz-` query parameter or AWSAccessKeyId."""
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Route:
    """A row: the requests of a listener, host, path and apparent scheme, and their door."""

    listener: str
    host: HostKind
    path: PathKind | frozenset[bytes]
    auth: ApparentAuth
    door: Door


PROBE_PATHS = frozenset([b"/healthz", b"/readyz", b"/metrics"])

ROUTES = (
    Route(MAIN, HostKind.ANY, PROBE_PATHS, ApparentAuth.UNSIGNED_READ, Door.PROBES),
    Route(MAIN, HostKind.ANY, PathKind.ANY, ApparentAuth.S3, Door.GATE),
    Route(MAIN, HostKind.ANY, PathKind.ANY, ApparentAuth.OTHER, Door.API),
    Route(MAIN, HostKind.ANY, PathKind.API, ApparentAuth.ANY, Door.API),
    Route(MAIN, HostKind.ANY, PathKind.ANY, ApparentAuth.ANY, Door.GATE),
    # Without a gate its rows are left out, and these requests go to the API.
    Route(MAIN, HostKind.ANY, PathKind.ANY, ApparentAuth.ANY, Door.API),
)


# Python 3.11 takes a quarter of a microsecond to look up a member of an enum, once per request.
PROBES, GATE, API = Door.PROBES, Door.GATE, Door.API

DoorPair = tuple[Door, Door]
"""The door of an API's paths, and the door of all other paths."""


class Router:
    """Finds the door of each request of one listener, by one pass over the request's head.

    `has_path` says which paths are an API's. Without a gate the rows of that door are left out.
    Raises `ValueError` for a table whose rows with named paths do not come first or are not for
    unsigned reads, or that has no row for some requests.
    """

    def __init__(
        self,
        listener: str,
        *,
        has_path: Callable[[bytes], bool],
        has_gate: bool,
        table: Sequence[Route] = ROUTES,
    ) -> None:
        rows = [each for each in table if each.listener == listener]
        if not has_gate:
            rows = [each for each in rows if each.door is not Door.GATE]
        self._has_path = has_path
        self._s3 = _door_pair(rows, ApparentAuth.S3)
        self._none = _door_pair(rows, ApparentAuth.NONE)
        other = _door_pair(rows, ApparentAuth.OTHER)
        self.door_for = _make_door_for(
            _doors_by_named_path(rows),
            s3=self._s3,
            other=other,
            none=self._none,
            has_path=has_path,
        )
        """Returns the door that a request goes to, by its ASGI scope."""

    def door_at_path(self, path: bytes, *, is_s3: bool) -> Door:
        """Return the door at a path for the scheme S3 or NONE, without the rows that name paths."""
        at_api, elsewhere = self._s3 if is_s3 else self._none
        return at_api if at_api is elsewhere or self._has_path(path) else elsewhere


def _make_door_for(
    by_named_path: Mapping[bytes, Door],
    *,
    s3: DoorPair,
    other: DoorPair,
    none: DoorPair,
    has_path: Callable[[bytes], bool],
) -> Callable[[Scope], Door]:
    """Return the function that finds a request's door; a closure is fastest, once per request."""
    # If there is only one door for paths that no row names, headers need not be read.
    only = s3[0] if len({*s3, *other, *none}) == 1 else None

    def door_for(scope: Scope) -> Door:
        path = scope["raw_path"]
        if path in by_named_path and _is_unsigned_read(scope) and not _has_key_id(scope):
            return by_named_path[path]
        if only is not None:
            return only
        for name, value in scope["headers"]:
            if name == b"authorization":
                is_s3 = b"/s3/aws4_request" in value or value.startswith(b"AWS ")
                at_api, elsewhere = s3 if is_s3 else other
                break
            if name == b"content-type" and value.lower().startswith(b"multipart/form-data"):
                at_api, elsewhere = s3
                break
        else:
            query = scope["query_string"]
            at_api, elsewhere = _doors_by_query(query, s3, other, none) if query else none
        return at_api if at_api is elsewhere or has_path(path) else elsewhere

    return door_for


def _doors_by_query(raw: bytes, s3: DoorPair, other: DoorPair, none: DoorPair) -> DoorPair:
    """Return the doors for the apparent scheme of a query, by its first such parameter by name."""
    for name, value in normalization.parse_query(raw):
        if name == b"X-Amz-Credential":
            return s3 if value.endswith(b"/s3/aws4_request") else other
        if name == b"AWSAccessKeyId":
            return s3
    return none


def _is_unsigned_read(scope: Scope) -> bool:
    if scope["method"] not in {"GET", "HEAD"}:
        return False
    parameters = normalization.parse_query(scope["query_string"])
    if any(name.startswith(b"X-Amz-") for name, _ in parameters):
        return False
    return b"authorization" not in [name for name, _ in scope["headers"]]


def _has_key_id(scope: Scope) -> bool:
    """Return True for a link of Signature Version 2, such as one to an object called `metrics`."""
    return b"AWSAccessKeyId=" in scope["query_string"]


def _doors_by_named_path(rows: Sequence[Route]) -> dict[bytes, Door]:
    """Return the door of each path that a row names, by the first row that does.

    Raises `ValueError` for a row with named paths that is out of place.
    """
    doors: dict[bytes, Door] = {}
    is_behind = False
    for row in rows:
        has_names = isinstance(row.path, frozenset)
        if has_names is not (row.auth is ApparentAuth.UNSIGNED_READ) or (has_names and is_behind):
            raise ValueError(f"{row}: rows with names come first, and they are for unsigned reads")
        is_behind = not has_names
        if isinstance(row.path, frozenset):
            doors |= {path: row.door for path in row.path if path not in doors}
    return doors


def _door_pair(rows: Sequence[Route], auth: ApparentAuth) -> DoorPair:
    """Return the doors of a scheme's requests whose path no row names.

    Raises `ValueError` if no row matches some of them.
    """
    matching = [row for row in rows if row.auth in {auth, ApparentAuth.ANY}]
    elsewhere = [row.door for row in matching if row.path is PathKind.ANY]
    if not elsewhere:
        raise ValueError(f"no row is left for requests of scheme {auth.value}")
    return matching[0].door, elsewhere[0]
