"""What a key may do, and which one came after it; ID tokens sealed, those from before forgotten; room for sealed secrets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_key", sa.Column("scopes", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("api_key", sa.Column("replaced_by", sa.String(length=26), nullable=True))
    op.execute("UPDATE user_session SET id_token = NULL")
    for name in ("secret", "previous_secret"):
        _resize_webhook(name, before=120, after=255)


def downgrade() -> None:
    for name in ("secret", "previous_secret"):
        _resize_webhook(name, before=255, after=120)
    op.drop_column("api_key", "replaced_by")
    op.drop_column("api_key", "scopes")


def _resize_webhook(name: str, *, before: int, after: int) -> None:
    with op.batch_alter_table("webhook") as batch:
        batch.alter_column(
            name, existing_type=sa.String(length=before), type_=sa.String(length=after)
        )
