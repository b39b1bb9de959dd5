"""The tables of the newest schema.

`head`, `commits`, `log`, `partitions` and `records` are in one order, which the one row of `head` makes. `tickets` change with a
commit, `attempts` and `usage` outside of it. `nodes` says how far each node's audit log is, `beats` how far its directory, `jobs`
who does what a server does by itself; `ring` says which key ring belongs to all this, `damaged` keeps what an operator accepted as
lost.
"""

import sqlalchemy as sa

metadata = sa.MetaData()

PARTITION = sa.String(256)
KIND = sa.String(64)
KEY = sa.String(1024)

head = sa.Table(
    "head",
    metadata,
    sa.Column("one", sa.Integer, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("mark", sa.BigInteger, nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("log_from", sa.BigInteger, nullable=False),
    sa.Column("uses", sa.BigInteger, nullable=False, server_default="0"),
)
"""One row. `seq`: the last commit. `mark`: the latest time, in epoch seconds, at which anything was committed; it is never lowered.
`level`: which records and fields may be written. `log_from`: `commits` and `log` are whole from the commit after this one on.
`uses`: how many times last uses were written."""

commits = sa.Table(
    "commits",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("id", sa.String(32), nullable=False),
    sa.Column("node", sa.String(64), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("event", sa.LargeBinary, nullable=False),
)
"""Every change, with what the audit log is told of it."""

log = sa.Table(
    "log",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("partition", PARTITION, primary_key=True),
    sa.Column("kind", KIND, primary_key=True),
    sa.Column("key", KEY, primary_key=True),
)
"""Which records each commit touched."""

partitions = sa.Table(
    "partitions",
    metadata,
    sa.Column("name", PARTITION, primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("checksum", sa.LargeBinary(16), nullable=False),
)
"""What changes and is read together: an account, an organization. `revision` is the seq of its last change, `checksum` is over that
and over all of its records (`state.schema.record_checksums`)."""

records = sa.Table(
    "records",
    metadata,
    sa.Column("partition", PARTITION, primary_key=True),
    sa.Column("kind", KIND, primary_key=True),
    sa.Column("key", KEY, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("checksum", sa.LargeBinary(16), nullable=False),
)

damaged = sa.Table(
    "damaged",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
"""Records that an operator accepted as damaged, as they were found; `seq` is the commit that took them out."""

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("kind", KIND, primary_key=True),
    sa.Column("key", KEY, primary_key=True),
    sa.Column("state", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("expires", sa.BigInteger, index=True),
)
"""Rights to do something once. A ticket without `expires` is kept for good."""

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("subject", sa.String(256), primary_key=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
)
"""Guesses at a code or a password, counted before they are judged."""

usage = sa.Table(
    "usage",
    metadata,
    sa.Column("thing", sa.String(128), primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("written", sa.BigInteger, nullable=False, index=True, server_default="0"),
)
"""Last uses, the newest of each thing. `written`: which of the times that `head.uses` counts wrote it (`state.side_tables.last_uses`)."""

nodes = sa.Table(
    "nodes",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("boot", sa.String(32), nullable=False),
    sa.Column("version", sa.String(32), nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("ring", sa.BigInteger, nullable=False),
    sa.Column("drained", sa.BigInteger, nullable=False),
    sa.Column("audit_seq", sa.BigInteger, nullable=False),
    sa.Column("audit_hash", sa.String(64), nullable=False),
    sa.Column("audit_position", sa.BigInteger),
)
"""What each node is and how far its audit log is. `drained`: every commit of this node up to this one has its line on disk; the
last line there has the number `audit_seq` and the hash `audit_hash`, and ends at the byte `audit_position`, if that is known."""

beats = sa.Table(
    "beats",
    metadata,
    sa.Column("node", sa.String(64), primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("applied", sa.BigInteger, nullable=False),
)
"""When each node was last alive, and the last commit that it has applied. For nodes on several hosts: nobody writes it yet."""

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("holder", sa.String(128), nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
)
"""Who does a job of the server's own, and until when in seconds of steady time."""

breaks = sa.Table(
    "breaks",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, nullable=False),
)
"""Times that the audit log was found not to be what was written, and who accepted which."""

ring = sa.Table(
    "ring",
    metadata,
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("sealed", sa.LargeBinary),
)
"""The key ring that seals what is secret here: the newest root key's id, the deployment, the newest root key's fingerprint.
`sealed` is the ring itself where no file holds it."""
