"""Presets that people keep."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "preset",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("owner_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("visibility", sa.String(length=10), nullable=False),
        sa.Column("team_id", sa.String(length=26), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_preset_owner_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_preset_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preset")),
    )
    op.create_index(op.f("ix_preset_owner_id"), "preset", ["owner_id"])
    op.create_index(op.f("ix_preset_team_id"), "preset", ["team_id"])
    op.create_index(op.f("ix_preset_visibility"), "preset", ["visibility"])


def downgrade() -> None:
    op.drop_table("preset")
