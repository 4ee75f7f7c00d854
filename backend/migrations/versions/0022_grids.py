"""Grids, and which generations they are of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "grid",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("owner_id", sa.String(length=26), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("axes", sa.JSON(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=255), nullable=True),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_grid_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid")),
        sa.UniqueConstraint(
            "owner_id", "idempotency_key", name=op.f("uq_grid_owner_id_idempotency_key")
        ),
    )
    op.create_index("ix_grid_owner", "grid", ["owner_id", "id"])
    op.create_table(
        "grid_cell",
        sa.Column("generation_id", sa.String(length=26), nullable=False),
        sa.Column("grid_id", sa.String(length=26), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["generation.id"],
            name=op.f("fk_grid_cell_generation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["grid_id"], ["grid.id"], name=op.f("fk_grid_cell_grid_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("generation_id", name=op.f("pk_grid_cell")),
    )
    op.create_index(op.f("ix_grid_cell_grid_id"), "grid_cell", ["grid_id"])


def downgrade() -> None:
    op.drop_table("grid_cell")
    op.drop_table("grid")
