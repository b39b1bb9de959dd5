"""Migration 0002: one order of commits, events, checksums, audit checkpoints, the ring's identity.

Records with their revisions, tickets, last uses and the checkpoint of the audit log are copied. Old
commits have no event: their lines are in the log already, or were lost before events were stored.
"""

from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

from daypass.state.schema import record_checksums

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NODE = "1"
GENESIS = "0" * 64


def upgrade() -> None:
    """Rebuild every table in its new form, and copy its rows."""
    connection = op.get_bind()
    op.drop_index("ix_tickets_expires", "tickets")
    op.drop_index("ix_log_revision", "log")
    for name in ("records", "log", "tickets", "usage"):
        op.rename_table(name, f"old_{name}")
    _create()
    seq = connection.execute(sa.text("SELECT max(revision) FROM old_log")).scalar() or 0
    connection.execute(
        sa.text("INSERT INTO head (one, seq, mark, level, log_from) VALUES (1, :seq, 0, 1, :seq)"),
        {"seq": seq},
    )
    _copy_records(connection)
    _copy_tickets(connection)
    _copy_usage(connection)
    _copy_checkpoint(connection, seq)
    for name in ("old_records", "old_log", "old_tickets", "old_usage", "accounts", "meta"):
        op.drop_table(name)


def _create() -> None:
    big, blob = sa.BigInteger, sa.LargeBinary
    partition, kind, key = sa.String(256), sa.String(64), sa.String(1024)
    _table(
        "head",
        ("one", sa.Integer),
        ("seq", big),
        ("mark", big),
        ("level", sa.Integer),
        ("log_from", big),
    )
    _table(
        "commits",
        ("seq", big),
        ("id", sa.String(32)),
        ("node", sa.String(64)),
        ("at", big),
        ("event", blob),
    )
    _table("log", ("seq", big), ("partition", partition), ("kind", kind), ("key", key), keys=4)
    _table("partitions", ("name", partition), ("revision", big), ("checksum", sa.LargeBinary(16)))
    _table(
        "records",
        ("partition", partition),
        ("kind", kind),
        ("key", key),
        ("seq", big),
        ("body", blob),
        ("checksum", sa.LargeBinary(16)),
        keys=3,
    )
    op.create_table(
        "damaged",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("seq", big, nullable=False),
        sa.Column("body", blob, nullable=False),
    )
    _table(
        "tickets",
        ("kind", kind),
        ("key", key),
        ("state", big),
        ("body", blob),
        keys=2,
        optional=("expires", big),
    )
    op.create_index("ix_tickets_expires", "tickets", ["expires"])
    _table("attempts", ("subject", sa.String(256)), ("tries", sa.Integer), ("until", big))
    _table("usage", ("thing", sa.String(128)), ("at", big), ("body", blob))
    _table(
        "nodes",
        ("id", sa.String(64)),
        ("boot", sa.String(32)),
        ("version", sa.String(32)),
        ("level", sa.Integer),
        ("ring", big),
        ("drained", big),
        ("audit_seq", big),
        ("audit_hash", sa.String(64)),
        optional=("audit_position", big),
    )
    _table("breaks", ("number", sa.Integer), ("body", sa.Text))
    _table(
        "ring",
        ("version", big),
        ("name", sa.String(64)),
        ("fingerprint", sa.String(64)),
        optional=("sealed", blob),
    )


def _table(
    name: str,
    *columns: tuple[str, type[sa.types.TypeEngine[Any]] | sa.types.TypeEngine[Any]],
    keys: int = 1,
    optional: tuple[str, type[sa.types.TypeEngine[Any]]] | None = None,
) -> None:
    """Create a table whose first columns are its key; only the optional one may be null."""
    made = [
        sa.Column(column, kind, primary_key=at < keys, nullable=False, autoincrement=False)
        for at, (column, kind) in enumerate(columns)
    ]
    if optional is not None:
        made.append(sa.Column(optional[0], optional[1], nullable=True))
    op.create_table(name, *made)


def _copy_records(connection: sa.Connection) -> None:
    rows = connection.execute(
        sa.text('SELECT account, kind, "key", revision, body FROM old_records')
    )
    insert = sa.text(
        'INSERT INTO records ("partition", kind, "key", seq, body, checksum)'
        " VALUES (:partition, :kind, :key, :seq, :body, :checksum)"
    )
    sums: dict[str, list[bytes]] = {}
    for partition, kind, key, seq, body in rows.fetchall():
        checksum = record_checksums.of_record(partition, kind, key, seq, body)
        sums.setdefault(partition, []).append(checksum)
        place = {"partition": partition, "kind": kind, "key": key}
        connection.execute(insert, {**place, "seq": seq, "body": body, "checksum": checksum})
    accounts = connection.execute(sa.text("SELECT account, revision FROM accounts"))
    # Rows are no pairs to mypy.
    revisions = dict.fromkeys(sums, 0) | {name: seq for name, seq in accounts}  # noqa: C416
    for name, seq in revisions.items():
        connection.execute(
            sa.text("INSERT INTO partitions (name, revision, checksum) VALUES (:name, :seq, :sum)"),
            {
                "name": name,
                "seq": seq,
                "sum": record_checksums.of_partition(name, seq, sums.get(name, [])),
            },
        )
    connection.execute(
        sa.text(
            'INSERT INTO log (seq, "partition", kind, "key")'
            ' SELECT DISTINCT revision, account, kind, "key" FROM old_log'
        )
    )


def _copy_tickets(connection: sa.Connection) -> None:
    """Copy the tickets; a device with used codes also gets the ticket that holds its last step."""
    rows = connection.execute(sa.text('SELECT kind, "key", expires FROM old_tickets')).fetchall()
    insert = sa.text(
        'INSERT INTO tickets (kind, "key", state, body, expires) VALUES (:kind, :key, :state, '
        ":body, :expires)"
    )
    steps: dict[str, int] = {}
    for kind, key, expires in rows:
        row = {"kind": kind, "key": key, "state": 0, "body": b"", "expires": expires}
        connection.execute(insert, row)
        device, _, step = key.rpartition("/")
        if kind == "totp" and step.isascii() and step.isdigit():
            steps[device] = max(steps.get(device, 0), int(step))
    for device, step in steps.items():
        row = {"kind": "totp", "key": device, "state": step, "body": b"", "expires": None}
        connection.execute(insert, row)


def _copy_usage(connection: sa.Connection) -> None:
    insert = sa.text("INSERT INTO usage (thing, at, body) VALUES (:thing, :at, :body)")
    for thing, body in connection.execute(sa.text("SELECT thing, body FROM old_usage")).fetchall():
        when = msgspec.msgpack.decode(body)["when"]
        connection.execute(insert, {"thing": thing, "at": when, "body": body})


def _copy_checkpoint(connection: sa.Connection, seq: int) -> None:
    """Insert the first node's row from the audit checkpoint, without its offset in the file."""
    found = connection.execute(
        sa.text("SELECT value FROM meta WHERE name = 'audit checkpoint'")
    ).scalar()
    line, _, link = (found or f"0 {GENESIS}").partition(" ")
    if not (line.isascii() and line.isdigit()):
        # A checkpoint that is none stays one: the start says so, and the operator accepts it or
        # not.
        line, link = "-1", ""
    connection.execute(
        sa.text(
            "INSERT INTO nodes (id, boot, version, level, ring, drained, audit_seq, audit_hash)"
            " VALUES (:id, '', '', 1, 0, :drained, :line, :hash)"
        ),
        {"id": NODE, "drained": seq, "line": int(line), "hash": link},
    )


def downgrade() -> None:
    """Raise `RuntimeError`: the earlier schema has no columns for events and checksums."""
    raise RuntimeError("a database is not taken back to an earlier schema")
