"""Versions of the policy. The first is the built-in one of the release that migrates, and it is active."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from backend.kit.clock import utc_now
from backend.kit.ids import new_id
from backend.policies.builtin import BUILTIN
from backend.policies.digests import digest_of

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_STATES = ("draft", "proposed", "active", "retired")


def _state() -> sa.Enum:
    return sa.Enum(*_STATES, name="policystate", native_enum=False, length=12)


def _person(name: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], ["user_account.id"], name=op.f(f"fk_{table}_{name}"))


def upgrade() -> None:
    policy = op.create_table(
        "policy",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", _state(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=26), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposed_by", sa.String(length=26), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("activated_by", sa.String(length=26), nullable=True),
        *(_person(name, "policy") for name in ("created_by", "proposed_by", "activated_by")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_policy")),
    )
    where = sa.text("state = 'active'")
    op.create_index(
        "ix_policy_active",
        "policy",
        ["state"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    move = op.create_table(
        "policy_move",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("before", _state(), nullable=True),
        sa.Column("after", _state(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("replaced", sa.Integer(), nullable=True),
        sa.Column("rolled_back", sa.Boolean(), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=26), nullable=True),
        _person("by", "policy_move"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_move")),
    )
    op.create_index("ix_policy_move_number", "policy_move", ["number", "id"])
    _write_the_first(policy, move)


def _write_the_first(policy: sa.Table, move: sa.Table) -> None:
    now, digest = utc_now(), digest_of(BUILTIN)
    op.execute(
        policy.insert().values(
            number=1,
            state="active",
            document=BUILTIN.model_dump(mode="json"),
            digest=digest,
            note="The policy that a new studio starts with.",
            created_at=now,
            changed_at=now,
            activated_at=now,
        )
    )
    op.execute(
        move.insert().values(
            id=new_id(),
            number=1,
            after="active",
            reason="",
            digest=digest,
            rolled_back=False,
            alone=False,
            at=now,
        )
    )


def downgrade() -> None:
    op.drop_table("policy_move")
    op.drop_table("policy")
