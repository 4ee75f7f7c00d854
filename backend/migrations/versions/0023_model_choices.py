"""What administrators chose about models, and the days by which usage is reported."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_choice",
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=26), nullable=True),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["user_account.id"], name=op.f("fk_model_choice_changed_by")
        ),
        sa.PrimaryKeyConstraint("model", name=op.f("pk_model_choice")),
    )
    op.create_index(
        "ix_model_choice_default",
        "model_choice",
        ["is_default"],
        unique=True,
        sqlite_where=sa.text("is_default"),
        postgresql_where=sa.text("is_default"),
    )
    op.create_index(op.f("ix_generation_created_at"), "generation", ["created_at"])
    op.create_index(op.f("ix_usage_charge_day"), "usage_charge", ["day"])


def downgrade() -> None:
    op.drop_index(op.f("ix_usage_charge_day"), "usage_charge")
    op.drop_index(op.f("ix_generation_created_at"), "generation")
    op.drop_table("model_choice")
