"""Claims on cases, decisions as rows, appeals, what takes two people, and images whose files were purged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_MODERATION = ("pending", "released", "held", "rejected")
_DEEDS = ("release", "reject", "undo", "purge")
_OUTCOMES = ("confirmed", "withdrawn", "lapsed")


def upgrade() -> None:
    op.add_column("image", sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("flag") as flag:
        flag.add_column(sa.Column("claimed_by", sa.String(length=26), nullable=True))
        flag.add_column(sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True))
        flag.create_foreign_key(op.f("fk_flag_claimed_by"), "user_account", ["claimed_by"], ["id"])
    _table_of_decisions()
    op.create_table(
        "appeal",
        sa.Column("image_id", sa.String(length=26), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_appeal_image_id")),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_appeal")),
    )
    _table_of_approvals()
    _write_down_what_was_decided()


def _table_of_decisions() -> None:
    op.create_table(
        "image_decision",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("image_id", sa.String(length=26), nullable=False),
        sa.Column("deed", _words("deed", _DEEDS, 12), nullable=False),
        sa.Column("before", _words("moderation", _MODERATION, 16), nullable=False),
        sa.Column("after", _words("moderation", _MODERATION, 16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=26), nullable=True),
        sa.Column("asked_by", sa.String(length=26), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("category", sa.String(length=40), nullable=True),
        sa.Column("policy_version", sa.String(length=32), nullable=False),
        sa.Column("on_appeal", sa.Boolean(), nullable=False),
        sa.Column("undoes", sa.String(length=26), nullable=True),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_image_decision_image_id")
        ),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_image_decision_by")),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["user_account.id"], name=op.f("fk_image_decision_asked_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_decision")),
    )
    op.create_index(op.f("ix_image_decision_image_id"), "image_decision", ["image_id"])


def _table_of_approvals() -> None:
    op.create_table(
        "approval",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("asked_by", sa.String(length=26), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(length=26), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", _words("outcome", _OUTCOMES, 12), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["user_account.id"], name=op.f("fk_approval_asked_by")
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["user_account.id"], name=op.f("fk_approval_confirmed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    standing = sa.text("outcome IS NULL")
    op.create_index(
        "ix_approval_standing",
        "approval",
        ["subject", "what"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )


def _words(name: str, words: tuple[str, ...], length: int) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=length)


def _write_down_what_was_decided() -> None:
    """Make a row of each decision so far; it has the id of its flag, as one flag had one decision."""
    op.execute(
        """
        INSERT INTO image_decision
          (id, image_id, deed, before, after, at, by, note, category, policy_version, on_appeal)
        SELECT flag.id, flag.image_id, CASE flag.state WHEN 'released' THEN 'release' ELSE 'reject' END,
          'held', flag.state, flag.decided_at, flag.decided_by, flag.note, flag.category,
          safety_check.policy_version, false
        FROM flag JOIN safety_check ON safety_check.image_id = flag.image_id
        WHERE flag.decided_at IS NOT NULL AND flag.state <> 'open'
        """
    )


def downgrade() -> None:
    for table in ("approval", "appeal", "image_decision"):
        op.drop_table(table)
    with op.batch_alter_table("flag") as flag:
        flag.drop_constraint("fk_flag_claimed_by", type_="foreignkey")
        flag.drop_column("claimed_until")
        flag.drop_column("claimed_by")
    op.drop_column("image", "purged_at")
