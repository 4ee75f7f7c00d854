"""The history as a library of prompts: a generation can be named and pinned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("generation", sa.Column("name", sa.String(length=80), nullable=True))
    op.add_column("generation", sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_generation_pinned",
        "generation",
        ["owner_id", "id"],
        sqlite_where=sa.text("pinned_at IS NOT NULL"),
        postgresql_where=sa.text("pinned_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_generation_pinned", table_name="generation")
    op.drop_column("generation", "pinned_at")
    op.drop_column("generation", "name")
