"""Finding images: their words, tags and stars, and saved searches."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_AT_ONCE: Final = 500
_LONGEST_WORD: Final = 64
_UNSPACED: Final = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD: Final = re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]+")

# The databases keep the index equal to the table by themselves, whoever changes the table: an entry goes with its
# image, and what was erased is not to be found by its words.
_SQLITE_INDEX: Final = (
    """
    CREATE VIRTUAL TABLE search_index USING fts5(
        words, content='search_entry', content_rowid='number', tokenize='ascii'
    )
    """,
    """
    CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN
        INSERT INTO search_index(rowid, words) VALUES (new.number, new.words);
    END
    """,
    """
    CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN
        INSERT INTO search_index(search_index, rowid, words) VALUES ('delete', old.number, old.words);
    END
    """,
    """
    CREATE TRIGGER search_entry_changed AFTER UPDATE OF words ON search_entry BEGIN
        INSERT INTO search_index(search_index, rowid, words) VALUES ('delete', old.number, old.words);
        INSERT INTO search_index(rowid, words) VALUES (new.number, new.words);
    END
    """,
)
_POSTGRES_INDEX: Final = (
    """
    ALTER TABLE search_entry ADD COLUMN vector tsvector NOT NULL
        GENERATED ALWAYS AS (array_to_tsvector(string_to_array(btrim(words), ' '))) STORED
    """,
    "CREATE INDEX ix_search_entry_vector ON search_entry USING gin (vector)",
)


def upgrade() -> None:
    op.create_table(
        "search_entry",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("image_id", sa.String(length=26), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("model", sa.String(length=100), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        _goes_with_image("search_entry"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_search_entry")),
        sa.UniqueConstraint("image_id", name=op.f("uq_search_entry_image_id")),
    )
    op.create_index(op.f("ix_search_entry_model"), "search_entry", ["model"])
    op.create_index(op.f("ix_search_entry_seed"), "search_entry", ["seed"])
    for statement in _SQLITE_INDEX if _is_sqlite() else _POSTGRES_INDEX:
        op.execute(statement)
    _enter_images()
    _tags_and_stars()
    op.create_table(
        "saved_search",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("owner_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("query", sa.String(length=1000), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _names_person("saved_search", "owner_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
    )
    op.create_index("ix_saved_search_owner", "saved_search", ["owner_id", "id"])


def downgrade() -> None:
    for table in ("saved_search", "image_star", "image_tag"):
        op.drop_table(table)
    if _is_sqlite():
        op.execute("DROP TABLE search_index")
    op.drop_table("search_entry")


def _tags_and_stars() -> None:
    op.create_table(
        "image_tag",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("image_id", sa.String(length=26), nullable=False),
        sa.Column("tag", sa.String(length=40), nullable=False),
        sa.Column("folded", sa.String(length=120), nullable=False),
        sa.Column("added_by", sa.String(length=26), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        _goes_with_image("image_tag"),
        _names_person("image_tag", "added_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_tag")),
        sa.UniqueConstraint("image_id", "folded", name=op.f("uq_image_tag_image_id_folded")),
    )
    op.create_index("ix_image_tag_folded", "image_tag", ["folded", "image_id"])
    op.create_index(op.f("ix_image_tag_added_by"), "image_tag", ["added_by"])
    op.create_table(
        "image_star",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("image_id", sa.String(length=26), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        _goes_with_image("image_star"),
        _names_person("image_star", "user_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_star")),
        sa.UniqueConstraint("user_id", "image_id", name=op.f("uq_image_star_user_id_image_id")),
    )
    op.create_index(op.f("ix_image_star_image_id"), "image_star", ["image_id"])


def _enter_images() -> None:
    """Make the entries of the images that are there, oldest first, a few hundred at a time."""
    image = sa.table("image", sa.column("id"), sa.column("parameters"))
    entry = sa.table("search_entry", *map(sa.column, ("image_id", "words", "model", "seed")))
    last = ""
    while True:
        query = sa.select(image.c.id, image.c.parameters).where(image.c.id > last)
        rows = list(op.get_bind().execute(query.order_by(image.c.id).limit(_AT_ONCE)))
        if not rows:
            return
        op.get_bind().execute(entry.insert(), [_entry(*row) for row in rows])
        last = rows[-1][0]


def _entry(image_id: str, parameters: str | dict[str, Any]) -> dict[str, Any]:
    known = json.loads(parameters) if isinstance(parameters, str) else parameters
    return {
        "image_id": image_id,
        "words": _line_of(known.get("prompt", "")),
        "model": known.get("model", ""),
        "seed": known.get("seed", 0),
    }


def _line_of(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    folded = "".join(each for each in apart if not unicodedata.combining(each)).casefold()
    words = [word[:_LONGEST_WORD] for word in _WORD.findall(folded)]
    return f" {' '.join(words)} ¶ " if words else " "


def _goes_with_image(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_image_id")
    return sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=name, ondelete="CASCADE")


def _names_person(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["user_account.id"], name=op.f(f"fk_{table}_{column}"))


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
