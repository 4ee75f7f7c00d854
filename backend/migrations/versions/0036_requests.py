"""By which request a generation came, and the span that it was submitted in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

PHASE = "expand"


def upgrade() -> None:
    op.add_column("generation", sa.Column("request_id", sa.String(64), nullable=True))
    op.add_column("generation", sa.Column("traceparent", sa.String(55), nullable=True))


def downgrade() -> None:
    for column in ("traceparent", "request_id"):
        op.drop_column("generation", column)
