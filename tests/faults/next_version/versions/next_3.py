"""Moods are written by every program now: nothing fills them in any more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "next_3"
down_revision = "next_2"
branch_labels = None
depends_on = None

PHASE = "contract"
OLDEST = "next_2"


def upgrade() -> None:
    with op.batch_alter_table("generation") as generation:
        generation.alter_column("mood", existing_type=sa.String(length=20), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("generation") as generation:
        generation.alter_column("mood", existing_type=sa.String(length=20), server_default="plain")
