"""What decides an image's pixels, as a key; and which generations were answered from storage."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not filled in for older rows: they do not say with which weights and software they were drawn.
    op.add_column("image", sa.Column("result_key", sa.String(length=64), nullable=True))
    op.create_index("ix_image_result", "image", ["result_key", "id"])
    op.add_column(
        "generation",
        sa.Column("from_cache", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("generation", "from_cache")
    op.drop_index("ix_image_result", "image")
    op.drop_column("image", "result_key")
