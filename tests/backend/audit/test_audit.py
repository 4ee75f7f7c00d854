"""What was done is written down with the deed, or not at all."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from backend.audit import service as audit
from backend.audit.models import AuditEntry
from backend.kit.database import Database


def entries(database: Database) -> list[AuditEntry]:
    with database.read() as session:
        return list(session.exec(select(AuditEntry).order_by(col(AuditEntry.seq))))


class TestRecord:
    def test_says_who_did_what_to_what(self, database: Database) -> None:
        with database.write() as session:
            audit.record(
                session, actor_id="dana", verb="image.reveal", subject="image:1", detail={"a": "b"}
            )
            audit.record(session, actor_id=None, verb="image.hold", subject="image:1")
        first, second = entries(database)
        assert (first.actor_id, first.verb, first.subject) == ("dana", "image.reveal", "image:1")
        assert first.detail == {"a": "b"}
        assert (second.actor_id, second.detail) == (None, {})
        assert (first.seq or 0) < (second.seq or 0)
        assert first.at.utcoffset() is not None

    def test_is_gone_with_a_deed_that_failed(self, database: Database) -> None:
        def fail() -> None:
            with database.write() as session:
                audit.record(session, actor_id="dana", verb="image.reveal", subject="image:1")
                session.flush()
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert entries(database) == []
