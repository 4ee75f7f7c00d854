"""Which LoRAs an image was drawn with, to search by. Nothing that is there already was drawn with any."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "image_lora",
        sa.Column("image_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_image_lora_image_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "name", name=op.f("pk_image_lora")),
    )
    op.create_index("ix_image_lora_name", "image_lora", ["name", "image_id"])


def downgrade() -> None:
    op.drop_table("image_lora")
