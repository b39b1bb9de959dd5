"""Which door a request goes to: one table, asked for every request, and for the looks of a refusal that comes early.

The first row that holds decides. A door only says who reads a request: nobody is let in by going to one. What a request seems
to be proved by is no proof either, it is judged from its head as it stands; whoever is behind the door verifies it.
"""

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from daypass.core.http import reading
from daypass.core.http.asgi_types import Scope

MAIN = "main"
"""The name of the listener that there is; a further one has rows of its own."""


class Door(enum.Enum):
    """Who reads a request."""

    PROBES = "probes"
    """Pages for whoever watches the server."""
    GATE = "gate"
    """S3's requests, on their way to the store."""
    API = "api"
    """AWS's own protocols: every operation of every service."""


class Host(enum.Enum):
    """The name that a request was sent to."""

    ANY = "any"


class Path(enum.Enum):
    """Which paths a row is for, where it does not name them."""

    ANY = "any"
    API = "an API's"
    """A path of any operation of any service."""


class Scheme(enum.Enum):
    """What a request seems to be proved by: whichever of its headers, or else of its parameters, says so first."""

    S3 = "s3"
    """A scope that ends in `/s3/aws4_request`, an Authorization `AWS …`, an AWSAccessKeyId, or a browser's form."""
    OTHER = "other"
    """An Authorization or an X-Amz-Credential that is not S3's."""
    NONE = "none"
    """None of these."""
    UNSIGNED_READ = "unsigned read"
    """GET or HEAD without an Authorization header and without a parameter of a signature."""
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Row:
    """Requests of one listener, host, path and scheme, and the door that they go to."""

    listener: str
    host: Host
    path: Path | frozenset[bytes]
    scheme: Scheme
    door: Door


PROBED = frozenset([b"/healthz", b"/readyz", b"/metrics"])

TABLE = (
    Row(MAIN, Host.ANY, PROBED, Scheme.UNSIGNED_READ, Door.PROBES),
    Row(MAIN, Host.ANY, Path.ANY, Scheme.S3, Door.GATE),
    Row(MAIN, Host.ANY, Path.ANY, Scheme.OTHER, Door.API),
    Row(MAIN, Host.ANY, Path.API, Scheme.ANY, Door.API),
    Row(MAIN, Host.ANY, Path.ANY, Scheme.ANY, Door.GATE),
    # Without a gate its rows are left out, and all that is left is the API's.
    Row(MAIN, Host.ANY, Path.ANY, Scheme.ANY, Door.API),
)


# Python 3.11 takes a quarter of a microsecond to find a member in its class: who asks for every request uses these names.
PROBES, GATE = Door.PROBES, Door.GATE

Both = tuple[Door, Door]
"""The door at an API's path, and the one at any other."""


class Doors:
    """The rows of one listener, made ready so that a request costs one look at its head.

    `has_path` says which paths are an API's. Without a gate the rows of that door are left out. Raises `ValueError` for a table
    that has a row with names of paths behind others, or for another scheme than unsigned reads, or that leaves a request over.
    """

    def __init__(
        self,
        listener: str,
        *,
        has_path: Callable[[bytes], bool],
        has_gate: bool,
        table: Sequence[Row] = TABLE,
    ) -> None:
        rows = [each for each in table if each.listener == listener]
        if not has_gate:
            rows = [each for each in rows if each.door is not Door.GATE]
        self._has_path = has_path
        self._s3, self._none = _by_path(rows, Scheme.S3), _by_path(rows, Scheme.NONE)
        other = _by_path(rows, Scheme.OTHER)
        self.of = _asked(_named(rows), s3=self._s3, other=other, none=self._none, has_path=has_path)
        """Returns the door that a request goes to."""

    def by_path(self, path: bytes, *, is_s3: bool) -> Door:
        """Return the door of scheme S3 or NONE at a path, as if no row named that path."""
        at_api, elsewhere = self._s3 if is_s3 else self._none
        return at_api if at_api is elsewhere or self._has_path(path) else elsewhere


def _asked(
    named: Mapping[bytes, Door],
    *,
    s3: Both,
    other: Both,
    none: Both,
    has_path: Callable[[bytes], bool],
) -> Callable[[Scope], Door]:
    """Return the function that is asked for every request, with all that it needs within reach."""
    # If every request whose path no row names goes to one door, no header has to be looked at.
    only = s3[0] if len({*s3, *other, *none}) == 1 else None

    def of(scope: Scope) -> Door:
        path = scope["raw_path"]
        if path in named and _is_unsigned_read(scope):
            return named[path]
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
            at_api, elsewhere = _of_query(query, s3, other, none) if query else none
        return at_api if at_api is elsewhere or has_path(path) else elsewhere

    return of


def _of_query(raw: bytes, s3: Both, other: Both, none: Both) -> Both:
    """Return the doors for what a query says of its proof, as the first of its parameters by name says it."""
    for name, value in reading.query(raw):
        if name == b"X-Amz-Credential":
            return s3 if value.endswith(b"/s3/aws4_request") else other
        if name == b"AWSAccessKeyId":
            return s3
    return none


def _is_unsigned_read(scope: Scope) -> bool:
    if scope["method"] not in {"GET", "HEAD"} or b"X-Amz-" in scope["query_string"]:
        return False
    return b"authorization" not in [name for name, _ in scope["headers"]]


def _named(rows: Sequence[Row]) -> dict[bytes, Door]:
    """Return the doors of paths that rows name, the first row's for each."""
    found: dict[bytes, Door] = {}
    is_behind = False
    for row in rows:
        has_names = isinstance(row.path, frozenset)
        if has_names is not (row.scheme is Scheme.UNSIGNED_READ) or (has_names and is_behind):
            raise ValueError(f"{row}: rows with names come first, and they are for unsigned reads")
        is_behind = not has_names
        if isinstance(row.path, frozenset):
            found |= {path: row.door for path in row.path if path not in found}
    return found


def _by_path(rows: Sequence[Row], scheme: Scheme) -> Both:
    """Return the doors that requests of a scheme go to where no row names their path."""
    held = [row for row in rows if row.scheme in {scheme, Scheme.ANY}]
    elsewhere = [row.door for row in held if row.path is Path.ANY]
    if not elsewhere:
        raise ValueError(f"no row is left for requests of scheme {scheme.value}")
    return held[0].door, elsewhere[0]
