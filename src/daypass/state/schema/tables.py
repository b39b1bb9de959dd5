"""The tables of the newest schema.

`head`, `commits`, `log`, `partitions` and `records` are in one order, which the one row of `head`
makes. `tickets` change with a commit, `attempts` and `usage` outside of the order. `nodes` has the
checkpoint of each node's audit log, `beats` the last commit that each node has applied, `jobs` the
leases of the server's own jobs; `ring` identifies the key ring that seals the secrets, `damaged`
keeps the records that an operator accepted as lost, `breaks` the breaks of the audit log.
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
"""One row: the position of the database.

`seq`: the last commit. `mark`: the latest time, in epoch seconds, of any commit; it is never
lowered. `level`: which records and fields may be written. `log_from`: `commits` and `log` are
complete from the commit after this one on. `uses`: how many times last uses were written.
"""

commits = sa.Table(
    "commits",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("id", sa.String(32), nullable=False),
    sa.Column("node", sa.String(64), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("event", sa.LargeBinary, nullable=False),
)
"""Every commit, with its event for the audit log."""

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
"""Records that change and are read together: an account, an organization.

`revision` is the seq of the last change, `checksum` is over that and over all of the partition's
records (`state.schema.record_checksums`).
"""

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
"""Records that an operator accepted as damaged, as found; `seq` is the commit that removed them."""

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("kind", KIND, primary_key=True),
    sa.Column("key", KEY, primary_key=True),
    sa.Column("state", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("expires", sa.BigInteger, index=True),
)
"""Rights to do something once. A ticket without `expires` is kept forever."""

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("subject", sa.String(256), primary_key=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
)
"""Guesses at a code or a password, counted before they are checked."""

usage = sa.Table(
    "usage",
    metadata,
    sa.Column("thing", sa.String(128), primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("written", sa.BigInteger, nullable=False, index=True, server_default="0"),
)
"""The newest use of each access key and role.

`written`: the number of the write, as counted by `head.uses` (`state.side_tables.last_uses`).
"""

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
"""The version of each node and the checkpoint of its audit log.

`drained`: every commit of this node up to this one has its line on disk. The last line there has
the number `audit_seq` and the hash `audit_hash`, and ends at the byte `audit_position`, if that is
known.
"""

beats = sa.Table(
    "beats",
    metadata,
    sa.Column("node", sa.String(64), primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("applied", sa.BigInteger, nullable=False),
)
"""When each node was last alive, and the last commit that it has applied.

For nodes on several hosts; not written yet.
"""

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("holder", sa.String(128), nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False),
)
"""Leases of the server's own jobs; `until` is in seconds of steady time."""

breaks = sa.Table(
    "breaks",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, nullable=False),
)
"""Breaks of the audit log that were found, and who accepted which."""

ring = sa.Table(
    "ring",
    metadata,
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("sealed", sa.LargeBinary),
)
"""The identity of the key ring that seals the secrets in this database.

The newest root key's id, the deployment, the newest root key's fingerprint. `sealed` is the ring
itself where no file holds it.
"""
