"""Cases that a reviewer handed to administrators: since when, by whom, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("flag") as flag:
        flag.add_column(sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True))
        flag.add_column(sa.Column("escalated_by", sa.String(length=26), nullable=True))
        flag.add_column(sa.Column("escalation", sa.String(length=500), nullable=True))
        flag.create_foreign_key(
            op.f("fk_flag_escalated_by"), "user_account", ["escalated_by"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("flag") as flag:
        flag.drop_constraint(op.f("fk_flag_escalated_by"), type_="foreignkey")
        flag.drop_column("escalation")
        flag.drop_column("escalated_by")
        flag.drop_column("escalated_at")
