"""The audit as a chain of hashes that cannot be changed, with what can be erased beside it."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INDEXED = ("actor_id", "at", "subject")
REFUSAL = "audit_entry is append-only"


def upgrade() -> None:
    op.rename_table("audit_entry", "audit_entry_before")
    _drop_indexes("audit_entry_before")
    if op.get_context().dialect.name == "postgresql":
        # Its key has the name that the new one is to get, and the numbers are ours from now on.
        op.execute(
            "ALTER TABLE audit_entry_before RENAME CONSTRAINT pk_audit_entry TO pk_audit_entry_before"
        )
    entries = op.create_table(
        "audit_entry",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        *_said(),
        sa.Column("detail_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
    )
    details = op.create_table(
        "audit_detail",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.Column("body", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["seq"], ["audit_entry.seq"], name=op.f("fk_audit_detail_seq_audit_entry")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_detail")),
    )
    heads = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    _create_indexes("audit_entry")
    seq, digest = _chain_what_is_there(entries, details)
    op.bulk_insert(heads, [{"id": 1, "seq": seq, "hash": digest}])
    op.drop_table("audit_entry_before")
    _refuse_changes()


def downgrade() -> None:
    connection = op.get_bind()
    _allow_changes()
    before = op.create_table(
        "audit_entry_before",
        sa.Column("seq", sa.Integer(), nullable=False),
        *_said(),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry_before")),
    )
    rows = connection.execute(
        sa.text(
            "SELECT e.seq, e.at, e.actor_id, e.verb, e.subject, d.body AS detail "
            "FROM audit_entry e JOIN audit_detail d ON d.seq = e.seq"
        ).columns(at=sa.DateTime(timezone=True), detail=sa.JSON())
    ).mappings()
    for some in rows.partitions(1000):
        op.bulk_insert(before, [{**row, "detail": row["detail"] or {}} for row in some])
    op.drop_table("audit_head")
    op.drop_table("audit_detail")
    _drop_indexes("audit_entry")
    op.drop_table("audit_entry")
    op.rename_table("audit_entry_before", "audit_entry")
    _create_indexes("audit_entry")
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            "ALTER TABLE audit_entry RENAME CONSTRAINT pk_audit_entry_before TO pk_audit_entry"
        )
        # Whoever goes back needs numbers from where they are.
        op.execute("ALTER SEQUENCE audit_entry_before_seq_seq RENAME TO audit_entry_seq_seq")
        op.execute(
            "SELECT setval('audit_entry_seq_seq', (SELECT coalesce(max(seq), 0) + 1 FROM audit_entry), false)"
        )


def _said() -> list[sa.Column[Any]]:
    return [
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(length=26), nullable=True),
        sa.Column("verb", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
    ]


def _chain_what_is_there(entries: sa.Table, details: sa.Table) -> tuple[int, str]:
    """Number the entries anew without gaps and chain them, as `backend.audit.chain` does."""
    seq, digest = 0, "0" * 64
    rows = op.get_bind().execute(
        sa.text(
            "SELECT at, actor_id, verb, subject, detail FROM audit_entry_before ORDER BY seq"
        ).columns(at=sa.DateTime(timezone=True), detail=sa.JSON())
    )
    for some in rows.mappings().partitions(1000):
        chained: list[dict[str, Any]] = []
        beside: list[dict[str, Any]] = []
        for row in some:
            seq += 1
            salt, body = secrets.token_hex(16), row["detail"] or {}
            at = row["at"] if row["at"].tzinfo else row["at"].replace(tzinfo=UTC)
            detail_hash = _hash([salt, body])
            moment = (at - EPOCH) // timedelta(microseconds=1)
            digest = _hash(
                [seq, moment, row["actor_id"], row["verb"], row["subject"], detail_hash, digest]
            )
            named = {name: row[name] for name in ("actor_id", "verb", "subject")}
            chained.append(
                {"seq": seq, "at": at, **named, "detail_hash": detail_hash, "hash": digest}
            )
            beside.append({"seq": seq, "salt": salt, "body": body})
        op.bulk_insert(entries, chained)
        op.bulk_insert(details, beside)
    return seq, digest


def _hash(parts: list[Any]) -> str:
    return sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _refuse_changes() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse()"
        )
        return
    for verb in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER audit_entry_no_{verb} BEFORE {verb.upper()} ON audit_entry "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )


def _allow_changes() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_entry_append_only ON audit_entry")
        op.execute("DROP FUNCTION audit_entry_refuse()")
        return
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER audit_entry_no_{verb}")


def _create_indexes(table: str) -> None:
    for column in INDEXED:
        op.create_index(f"ix_audit_entry_{column}", table, [column])


def _drop_indexes(table: str) -> None:
    for column in INDEXED:
        op.drop_index(f"ix_audit_entry_{column}", table)
