"""An index of moods, built while people work."""

from __future__ import annotations

from alembic import op

from backend.migrations import online

revision = "next_2"
down_revision = "next_1"
branch_labels = None
depends_on = None

PHASE = "expand"
ALONE = True


def upgrade() -> None:
    online.create_index("ix_generation_mood", "generation", ["mood"])


def downgrade() -> None:
    op.drop_index("ix_generation_mood", "generation")
