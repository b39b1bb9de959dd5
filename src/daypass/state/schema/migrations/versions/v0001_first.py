"""Migration 0001, the first schema: records, log, accounts, tickets, usage, meta."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    place = (("account", sa.String(12)), ("kind", sa.String(32)), ("key", sa.String(640)))
    op.create_table(
        "records",
        *(sa.Column(name, kind, primary_key=True) for name, kind in place),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "log",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("revision", sa.BigInteger, nullable=False, index=True),
        *(sa.Column(name, kind, nullable=False) for name, kind in place),
        sa.Column("change", sa.String(8), nullable=False),
    )
    op.create_table(
        "accounts",
        sa.Column("account", sa.String(12), primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "tickets",
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("key", sa.String(640), primary_key=True),
        sa.Column("expires", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "usage",
        sa.Column("thing", sa.String(128), primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Do nothing: there is no schema before the first."""
