"""Why an image was flagged, in the words of a policy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_ORIGINS = ("check", "prompt", "sample", "takedown")
_SEVERITIES = ("low", "moderate", "severe")


def upgrade() -> None:
    with op.batch_alter_table("flag") as flag:
        flag.add_column(
            sa.Column(
                "origin",
                sa.Enum(*_ORIGINS, name="flagorigin", native_enum=False, length=12),
                nullable=False,
                server_default="check",
            )
        )
        flag.add_column(sa.Column("category", sa.String(length=40), nullable=True))
        flag.add_column(
            sa.Column(
                "severity",
                sa.Enum(*_SEVERITIES, name="severity", native_enum=False, length=12),
                nullable=True,
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("flag") as flag:
        flag.drop_column("severity")
        flag.drop_column("category")
        flag.drop_column("origin")
