"""Teams, and whether a person waits to be let in, is in, or was shut out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "team",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("name", name=op.f("uq_team_name")),
    )
    with op.batch_alter_table("user_account") as batch:
        batch.add_column(sa.Column("team_id", sa.String(length=26), nullable=True))
        batch.add_column(
            sa.Column("standing", sa.String(length=12), nullable=False, server_default="active")
        )
        batch.create_foreign_key(op.f("fk_user_account_team_id"), "team", ["team_id"], ["id"])
        batch.create_index(op.f("ix_user_account_team_id"), ["team_id"])
    op.execute("UPDATE user_account SET standing = 'deactivated' WHERE NOT active")
    op.drop_column("user_account", "active")


def downgrade() -> None:
    op.add_column(
        "user_account",
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.text("true")),
    )
    op.execute("UPDATE user_account SET active = (standing = 'active')")
    with op.batch_alter_table("user_account") as batch:
        batch.drop_index(op.f("ix_user_account_team_id"))
        batch.drop_constraint(op.f("fk_user_account_team_id"), type_="foreignkey")
        batch.drop_column("team_id")
        batch.drop_column("standing")
    op.drop_table("team")
