"""Migration 0004: numbers of the writes of last uses, by which a node finds new ones.

Rows from before have the number 0, and are read at every start.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a write number to each last use, and to `head` the last number."""
    op.add_column("head", sa.Column("uses", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("usage", sa.Column("written", sa.BigInteger, nullable=False, server_default="0"))
    op.create_index("ix_usage_written", "usage", ["written"])


def downgrade() -> None:
    """Raise `RuntimeError`: there is no way back."""
    raise RuntimeError("a database is not taken back to an earlier schema")
