"""Recipes, their runs, and which generations are steps of those."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_ALIVE = sa.text("state IN ('running', 'held')")


def upgrade() -> None:
    op.create_table(
        "recipe",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("owner_id", sa.String(length=26), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("visibility", sa.String(length=10), nullable=False),
        sa.Column("team_id", sa.String(length=26), nullable=True),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_recipe_owner_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_recipe_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipe")),
    )
    op.create_index(op.f("ix_recipe_owner_id"), "recipe", ["owner_id"])
    op.create_index(op.f("ix_recipe_team_id"), "recipe", ["team_id"])
    op.create_index(op.f("ix_recipe_visibility"), "recipe", ["visibility"])
    op.create_table(
        "recipe_run",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("owner_id", sa.String(length=26), nullable=False),
        sa.Column("recipe_id", sa.String(length=26), nullable=True),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("generation_id", sa.String(length=26), nullable=True),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error_message", sa.String(length=2000), nullable=True),
        sa.Column("idempotency_key", sa.String(length=255), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name=op.f("fk_recipe_run_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipe_run")),
        sa.UniqueConstraint(
            "owner_id",
            "idempotency_key",
            "number",
            name=op.f("uq_recipe_run_owner_id_idempotency_key_number"),
        ),
    )
    op.create_index("ix_recipe_run_owner", "recipe_run", ["owner_id", "id"])
    op.create_index(
        "ix_recipe_run_alive", "recipe_run", ["id"], sqlite_where=_ALIVE, postgresql_where=_ALIVE
    )
    op.create_table(
        "recipe_run_step",
        sa.Column("generation_id", sa.String(length=26), nullable=False),
        sa.Column("run_id", sa.String(length=26), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["generation.id"],
            name=op.f("fk_recipe_run_step_generation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["recipe_run.id"],
            name=op.f("fk_recipe_run_step_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("generation_id", name=op.f("pk_recipe_run_step")),
    )
    op.create_index(op.f("ix_recipe_run_step_run_id"), "recipe_run_step", ["run_id"])


def downgrade() -> None:
    op.drop_table("recipe_run_step")
    op.drop_table("recipe_run")
    op.drop_table("recipe")
