"""The durable queue: rows that are paused, generations that are retried, the gate that shuts a queue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

LEASED = ("generation", "webhook_delivery")
FAILED = sa.text("state = 'failed'")


def upgrade() -> None:
    op.create_table(
        "queue_gate",
        sa.Column("queue", sa.String(length=60), nullable=False),
        sa.Column("drained_at", sa.Float(), nullable=True),
        sa.Column("away_until", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("queue", name=op.f("pk_queue_gate")),
    )
    # Added without a table rebuild: SQLite's `batch_alter_table` would copy every generation.
    for table in LEASED:
        op.add_column(
            table,
            sa.Column("paused", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        )
    op.add_column("generation", sa.Column("retried_as", sa.String(length=26), nullable=True))
    op.create_index(
        "ix_generation_failed",
        "generation",
        ["id"],
        sqlite_where=FAILED,
        postgresql_where=FAILED,
    )


def downgrade() -> None:
    op.drop_index("ix_generation_failed", "generation")
    op.drop_column("generation", "retried_as")
    for table in LEASED:
        op.drop_column(table, "paused")
    op.drop_table("queue_gate")
