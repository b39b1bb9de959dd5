"""Last uses on disk, outside the order of commits: of each thing the newest, by whichever node.

Each time that a node writes some of them has a number, which `head` counts and each of their rows keeps. A node reads the rows of
numbers above the last that it has seen. That is exact, where a look at the times of uses is not: who writes late writes older times
than others have seen already. The row of `head` is changed first, so that it stays locked until the end: who gets the next number
commits later, and nobody sees a number before all the lower ones.
"""

from collections.abc import Mapping

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from daypass.state.last_uses import LastUse
from daypass.state.schema.tables import head, usage

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(LastUse)

_INCREMENT_WRITES = sa.update(head).values(uses=head.c.uses + 1)
# Of two uses within a second the one that is written later stays: then all nodes read the same.
_UPSERT_NEWEST = sa.text(
    "INSERT INTO usage (thing, at, body, written) VALUES (:thing, :at, :body, (SELECT uses FROM head))"
    " ON CONFLICT (thing) DO UPDATE"
    " SET at = excluded.at, body = excluded.body, written = excluded.written"
    " WHERE usage.at <= excluded.at"
)


def last_write_number(connection: Connection) -> int:
    """Return how many times last uses were written: the number of the last time."""
    return connection.scalar(sa.select(head.c.uses)) or 0


def read_last_uses(connection: Connection, *, after: int | None = None) -> dict[str, LastUse]:
    """Return the last uses that were written after a time of that number, or all; one that cannot be read is left out."""
    columns = sa.select(usage.c.thing, usage.c.body)
    rows = connection.execute(columns if after is None else columns.where(usage.c.written > after))
    found = {}
    for thing, body in rows:
        try:
            found[thing] = _decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, TypeError):
            continue
    return found


def write_last_uses(connection: Connection, uses: Mapping[str, LastUse]) -> None:
    """Write last uses, together as one time; one that is older than what is there changes nothing."""
    connection.execute(_INCREMENT_WRITES)
    rows = [
        {"thing": thing, "at": use.when, "body": _encoder.encode(use)}
        for thing, use in uses.items()
    ]
    connection.execute(_UPSERT_NEWEST, rows)
