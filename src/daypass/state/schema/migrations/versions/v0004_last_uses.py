"""Which last uses were written since a node has looked. What was written before is read at every start, and has the number 0."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a number to each last use, and to `head` the last that was given."""
    op.add_column("head", sa.Column("uses", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("usage", sa.Column("written", sa.BigInteger, nullable=False, server_default="0"))
    op.create_index("ix_usage_written", "usage", ["written"])


def downgrade() -> None:
    """Refuse: a database is not taken back."""
    raise RuntimeError("a database is not taken back to an earlier schema")
