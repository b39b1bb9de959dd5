"""The tables: records and their log, accounts' revisions, tickets, last uses, and what there is to know of the file."""

import sqlalchemy as sa

metadata = sa.MetaData()

records = sa.Table(
    "records",
    metadata,
    sa.Column("account", sa.String(12), primary_key=True),
    sa.Column("kind", sa.String(32), primary_key=True),
    sa.Column("key", sa.String(640), primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

log = sa.Table(
    "log",
    metadata,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("revision", sa.BigInteger, nullable=False, index=True),
    sa.Column("account", sa.String(12), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("key", sa.String(640), nullable=False),
    sa.Column("change", sa.String(8), nullable=False),
)

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("account", sa.String(12), primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
)

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("kind", sa.String(32), primary_key=True),
    sa.Column("key", sa.String(640), primary_key=True),
    sa.Column("expires", sa.BigInteger, nullable=False, index=True),
)

usage = sa.Table(
    "usage",
    metadata,
    sa.Column("thing", sa.String(128), primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
