"""Last uses of access keys and roles in the database: the newest of each, of whichever node.

Each write of last uses has a number, which `head` counts and each written row keeps. A node reads
the rows with numbers above the last it has read. That is exact, whereas a comparison of the times
of uses is not: a node that writes late writes older times than others have read already. The row of
`head` is updated first, so that it stays locked until the end of the transaction: a later number is
committed later, and no node sees a number before all lower ones.
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
# Of two uses within a second the one that is written later stays, so that all nodes agree.
_UPSERT_NEWEST = sa.text(
    "INSERT INTO usage (thing, at, body, written)"
    " VALUES (:thing, :at, :body, (SELECT uses FROM head))"
    " ON CONFLICT (thing) DO UPDATE"
    " SET at = excluded.at, body = excluded.body, written = excluded.written"
    " WHERE usage.at <= excluded.at"
)


def last_write_number(connection: Connection) -> int:
    """Return the number of the last write of last uses, 0 before the first."""
    return connection.scalar(sa.select(head.c.uses)) or 0


def read_last_uses(connection: Connection, *, after: int | None = None) -> dict[str, LastUse]:
    """Return the last uses of writes numbered above `after`, or all, by id of key or role.

    A row that cannot be decoded is left out.
    """
    columns = sa.select(usage.c.thing, usage.c.body)
    rows = connection.execute(columns if after is None else columns.where(usage.c.written > after))
    found = {}
    for used_id, body in rows:
        try:
            found[used_id] = _decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, TypeError):
            continue
    return found


def write_last_uses(connection: Connection, uses: Mapping[str, LastUse]) -> None:
    """Write last uses as one numbered write; a use older than the stored one changes nothing."""
    connection.execute(_INCREMENT_WRITES)
    rows = [
        {"thing": used_id, "at": use.when, "body": _encoder.encode(use)}
        for used_id, use in uses.items()
    ]
    connection.execute(_UPSERT_NEWEST, rows)
