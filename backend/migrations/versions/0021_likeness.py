"""Where images lie among those that look like them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_BANDS = 8


def upgrade() -> None:
    op.create_table(
        "image_likeness",
        sa.Column("image_id", sa.String(length=26), nullable=False),
        sa.Column("space", sa.String(length=16), nullable=False),
        sa.Column("direction", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        *(sa.Column(f"band_{n}", sa.SmallInteger(), nullable=False) for n in range(_BANDS)),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["image.id"],
            name=op.f("fk_image_likeness_image_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_image_likeness")),
    )
    op.create_index("ix_image_likeness_digest", "image_likeness", ["space", "digest"])
    for n in range(_BANDS):
        columns = ["space", f"band_{n}", "image_id"]
        op.create_index(f"ix_image_likeness_{n}", "image_likeness", columns)


def downgrade() -> None:
    op.drop_table("image_likeness")
