"""The stages of models and their moves, generations that came by a canary, and blind comparisons."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backend.kit.ids import new_id

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_STAGES = ("staging", "canary", "available", "default", "retired")
_CHOICE = sa.table(
    "model_choice",
    sa.column("model", sa.String),
    sa.column("enabled", sa.Boolean),
    sa.column("is_default", sa.Boolean),
    sa.column("stage", sa.String),
    sa.column("reason", sa.String),
    sa.column("changed_at", sa.DateTime(timezone=True)),
    sa.column("changed_by", sa.String),
)


def _stage() -> sa.Enum:
    return sa.Enum(*_STAGES, name="stage", native_enum=False, length=12)


def upgrade() -> None:
    move = _tables_of_moves()
    _turn_choices_into_stages(move)
    op.add_column(
        "generation",
        sa.Column("by_canary", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    _tables_of_comparisons()


def _tables_of_comparisons() -> None:
    op.create_table(
        "comparison",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("owner_id", sa.String(length=26), nullable=False),
        sa.Column("first", sa.String(length=200), nullable=False),
        sa.Column("first_sha256", sa.String(length=64), nullable=False),
        sa.Column("second", sa.String(length=200), nullable=False),
        sa.Column("second_sha256", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tally", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name=op.f("fk_comparison_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparison")),
    )
    op.create_index(op.f("ix_comparison_owner_id"), "comparison", ["owner_id"])
    op.create_table(
        "comparison_pair",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("comparison_id", sa.String(length=26), nullable=False),
        sa.Column("prompt", sa.String(length=2000), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("first_id", sa.String(length=26), nullable=False),
        sa.Column("second_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(
            ["comparison_id"],
            ["comparison.id"],
            name=op.f("fk_comparison_pair_comparison_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparison_pair")),
    )
    op.create_index(op.f("ix_comparison_pair_comparison_id"), "comparison_pair", ["comparison_id"])
    op.create_table(
        "comparison_vote",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("pair_id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column(
            "choice",
            sa.Enum("left", "right", "neither", name="preference", native_enum=False, length=8),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["pair_id"],
            ["comparison_pair.id"],
            name=op.f("fk_comparison_vote_pair_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_comparison_vote_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparison_vote")),
        sa.UniqueConstraint("pair_id", "user_id", name=op.f("uq_comparison_vote_pair_id_user_id")),
    )
    op.create_index(op.f("ix_comparison_vote_user_id"), "comparison_vote", ["user_id"])


def _tables_of_moves() -> sa.Table:
    table = op.create_table(
        "model_move",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("before", _stage(), nullable=True),
        sa.Column("after", _stage(), nullable=False),
        sa.Column("share", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("weights_sha256", sa.String(length=64), nullable=True),
        sa.Column("rolled_back", sa.Boolean(), nullable=False),
        sa.Column("replaced", sa.String(length=200), nullable=True),
        sa.Column("replaced_sha256", sa.String(length=64), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=26), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["user_account.id"], name=op.f("fk_model_move_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_move")),
    )
    op.create_index("ix_model_move_model", "model_move", ["model", "id"])
    return table


def _turn_choices_into_stages(move: sa.Table) -> None:
    """Make one word of "off" and "default": what was off is retired, also where it was the default while off."""
    op.add_column("model_choice", sa.Column("stage", _stage(), nullable=True))
    op.add_column("model_choice", sa.Column("share", sa.Integer(), nullable=True))
    op.add_column("model_choice", sa.Column("weights_sha256", sa.String(length=64), nullable=True))
    stage = sa.case(
        (sa.not_(_CHOICE.c.enabled), "retired"),
        (_CHOICE.c.is_default, "default"),
        else_="available",
    )
    op.execute(_CHOICE.update().values(stage=stage))
    for row in op.get_bind().execute(sa.select(_CHOICE).order_by(_CHOICE.c.changed_at)).all():
        op.execute(
            move.insert().values(
                id=new_id(),
                model=row.model,
                after=row.stage,
                reason=row.reason,
                rolled_back=False,
                at=row.changed_at,
                by=row.changed_by,
            )
        )
    op.drop_index("ix_model_choice_default", "model_choice")
    with op.batch_alter_table("model_choice") as batch:
        batch.alter_column("stage", existing_type=_stage(), nullable=False)
        batch.drop_column("enabled")
        batch.drop_column("is_default")
    _only_one("default")
    _only_one("canary")


def _only_one(stage: str) -> None:
    where = sa.text(f"stage = '{stage}'")
    op.create_index(
        f"ix_model_choice_{stage}",
        "model_choice",
        ["stage"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    for table in ("comparison_vote", "comparison_pair", "comparison"):
        op.drop_table(table)
    op.drop_column("generation", "by_canary")
    op.add_column("model_choice", sa.Column("enabled", sa.Boolean(), nullable=True))
    op.add_column("model_choice", sa.Column("is_default", sa.Boolean(), nullable=True))
    held = sa.column("stage", sa.String)
    op.execute(_CHOICE.update().values(enabled=held != "retired", is_default=held == "default"))
    op.drop_index("ix_model_choice_canary", "model_choice")
    op.drop_index("ix_model_choice_default", "model_choice")
    with op.batch_alter_table("model_choice") as batch:
        batch.alter_column("enabled", existing_type=sa.Boolean(), nullable=False)
        batch.alter_column("is_default", existing_type=sa.Boolean(), nullable=False)
        for name in ("stage", "share", "weights_sha256"):
            batch.drop_column(name)
    op.create_index(
        "ix_model_choice_default",
        "model_choice",
        ["is_default"],
        unique=True,
        sqlite_where=sa.text("is_default"),
        postgresql_where=sa.text("is_default"),
    )
    op.drop_table("model_move")
