"""Which models a role may draw with; a role without rows may draw with all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "role_model",
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["role"], ["role.name"], name=op.f("fk_role_model_role")),
        sa.PrimaryKeyConstraint("role", "model", name=op.f("pk_role_model")),
    )


def downgrade() -> None:
    op.drop_table("role_model")
