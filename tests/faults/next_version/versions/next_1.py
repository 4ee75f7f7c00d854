"""A mood for each generation; older programs do not write it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backend.migrations.phases import HOME

revision = "next_1"
down_revision = max(path.name[:4] for path in (HOME / "versions").glob("[0-9]*.py"))
branch_labels = None
depends_on = None

PHASE = "expand"


def upgrade() -> None:
    mood = sa.Column("mood", sa.String(length=20), nullable=False, server_default="plain")
    op.add_column("generation", mood)


def downgrade() -> None:
    op.drop_column("generation", "mood")
