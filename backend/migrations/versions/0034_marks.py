"""What was hidden in an image, whether its files are signed, and what an upload said of where it comes from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_FALSE = sa.text("false")


def upgrade() -> None:
    op.add_column("image", sa.Column("lookup", sa.BigInteger(), nullable=True))
    for name in ("hidden", "signed"):
        op.add_column("image", sa.Column(name, sa.Boolean(), nullable=False, server_default=_FALSE))
    op.create_index("ix_image_lookup", "image", ["lookup"])
    op.create_index(
        "ix_image_unsigned",
        "image",
        ["id"],
        sqlite_where=sa.text("signed = 0"),
        postgresql_where=sa.text("NOT signed"),
    )
    op.add_column("upload", sa.Column("credentials", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("upload", "credentials")
    for index in ("ix_image_unsigned", "ix_image_lookup"):
        op.drop_index(index, table_name="image")
    for column in ("signed", "hidden", "lookup"):
        op.drop_column("image", column)
