"""The gallery that a generation's images are put into."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("generation", sa.Column("gallery_id", sa.String(length=26), nullable=True))


def downgrade() -> None:
    op.drop_column("generation", "gallery_id")
