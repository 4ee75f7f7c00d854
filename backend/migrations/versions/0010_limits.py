"""How often and how much: rate limits, the ledger of credits, quotas."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rate_limit",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("tat", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_limit")),
    )
    op.create_index(op.f("ix_rate_limit_tat"), "rate_limit", ["tat"])
    op.create_table(
        "usage_charge",
        sa.Column("generation_id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("team_id", sa.String(length=26), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("microcredits", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("generation_id", name=op.f("pk_usage_charge")),
    )
    op.create_index(op.f("ix_usage_charge_user_id"), "usage_charge", ["user_id"])
    op.create_table(
        "usage_tally",
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("microcredits", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("holder", "day", name=op.f("pk_usage_tally")),
    )
    op.create_table(
        "quota",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("of", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("day_microcredits", sa.BigInteger(), nullable=True),
        sa.Column("month_microcredits", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota")),
        sa.UniqueConstraint("of", "subject", name=op.f("uq_quota_of_subject")),
    )


def downgrade() -> None:
    for table in ("quota", "usage_tally", "usage_charge", "rate_limit"):
        op.drop_table(table)
