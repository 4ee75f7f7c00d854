"""What is switched off in an emergency, and what was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_SCOPES = ("everything", "model", "category")
_IN_FORCE = sa.text("lifted_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "emergency_stop",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column(
            "scope",
            sa.Enum(*_SCOPES, name="scope", native_enum=False, length=12),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=26), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=26), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_emergency_stop_by")),
        sa.ForeignKeyConstraint(
            ["lifted_by"], ["user_account.id"], name=op.f("fk_emergency_stop_lifted_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_stop")),
    )
    op.create_index(
        "ix_emergency_stop_in_force",
        "emergency_stop",
        ["scope", "name"],
        unique=True,
        sqlite_where=_IN_FORCE,
        postgresql_where=_IN_FORCE,
    )


def downgrade() -> None:
    op.drop_table("emergency_stop")
