"""What people make of images: where each stands, what it was made from, and galleries of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_AT_ONCE = 500
_NOT_THE_LOOK = ("seed", "num_images", "priority")


def upgrade() -> None:
    op.add_column("generation", sa.Column("parent_id", sa.String(length=26), nullable=True))
    op.add_column("image", sa.Column("parent_id", sa.String(length=26), nullable=True))
    op.add_column(
        "image", sa.Column("status", sa.String(length=12), nullable=False, server_default="draft")
    )
    op.add_column("image", sa.Column("trashed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "image", sa.Column("stack", sa.String(length=64), nullable=False, server_default="")
    )
    _name_stacks()
    op.create_index("ix_image_stack", "image", ["stack", "id"])
    op.create_index(op.f("ix_image_parent_id"), "image", ["parent_id"])
    op.create_index(
        "ix_image_trashed",
        "image",
        ["trashed_at"],
        sqlite_where=sa.text("trashed_at IS NOT NULL"),
        postgresql_where=sa.text("trashed_at IS NOT NULL"),
    )
    _galleries()


def downgrade() -> None:
    for table in ("gallery_image", "gallery_member", "gallery"):
        op.drop_table(table)
    for index in ("ix_image_trashed", op.f("ix_image_parent_id"), "ix_image_stack"):
        op.drop_index(index, table_name="image")
    for column in ("stack", "trashed_at", "status", "parent_id"):
        op.drop_column("image", column)
    op.drop_column("generation", "parent_id")


def _name_stacks() -> None:
    """Give each image that is there the digest of its look, a few hundred at a time."""
    image = sa.table("image", sa.column("id"), sa.column("parameters"), sa.column("stack"))
    change = image.update().where(image.c.id == sa.bindparam("one"))
    for rows in _some(image):
        named = [{"one": key, "named": _stack_of(parameters)} for key, parameters in rows]
        op.get_bind().execute(change.values(stack=sa.bindparam("named")), named)


def _some(image: sa.TableClause) -> Iterator[list[Any]]:
    last = ""
    while True:
        query = sa.select(image.c.id, image.c.parameters).where(image.c.id > last)
        rows = list(op.get_bind().execute(query.order_by(image.c.id).limit(_AT_ONCE)))
        if not rows:
            return
        yield rows
        last = rows[-1][0]


def _stack_of(parameters: str | dict[str, object]) -> str:
    known = json.loads(parameters) if isinstance(parameters, str) else parameters
    look = {name: value for name, value in known.items() if name not in _NOT_THE_LOOK}
    return hashlib.sha256(json.dumps(look, sort_keys=True).encode()).hexdigest()


def _galleries() -> None:
    op.create_table(
        "gallery",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("owner_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("brief", sa.String(length=4000), nullable=False),
        sa.Column("visibility", sa.String(length=12), nullable=False),
        sa.Column("team_id", sa.String(length=26), nullable=True),
        sa.Column("cover_id", sa.String(length=26), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user_account.id"], name=op.f("fk_gallery_owner_id")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_gallery_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gallery")),
    )
    op.create_index("ix_gallery_owner", "gallery", ["owner_id", "id"])
    op.create_index(op.f("ix_gallery_team_id"), "gallery", ["team_id"])
    op.create_index(op.f("ix_gallery_visibility"), "gallery", ["visibility"])
    op.create_table(
        "gallery_member",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("gallery_id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        _goes_with("gallery_member", "gallery_id", "gallery"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_gallery_member_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gallery_member")),
        sa.UniqueConstraint(
            "gallery_id", "user_id", name=op.f("uq_gallery_member_gallery_id_user_id")
        ),
    )
    op.create_index(op.f("ix_gallery_member_user_id"), "gallery_member", ["user_id"])
    op.create_table(
        "gallery_image",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("gallery_id", sa.String(length=26), nullable=False),
        sa.Column("image_id", sa.String(length=26), nullable=False),
        sa.Column("added_by", sa.String(length=26), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        _goes_with("gallery_image", "gallery_id", "gallery"),
        _goes_with("gallery_image", "image_id", "image"),
        sa.ForeignKeyConstraint(
            ["added_by"], ["user_account.id"], name=op.f("fk_gallery_image_added_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gallery_image")),
        sa.UniqueConstraint(
            "gallery_id", "image_id", name=op.f("uq_gallery_image_gallery_id_image_id")
        ),
    )
    op.create_index(op.f("ix_gallery_image_added_by"), "gallery_image", ["added_by"])
    op.create_index(op.f("ix_gallery_image_image_id"), "gallery_image", ["image_id"])


def _goes_with(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete="CASCADE")
