"""What was done is written down with the deed, or not at all, and nobody changes it unseen; on both databases."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from backend.audit import repository
from backend.audit import service as audit
from backend.audit.chain import Anchor
from backend.audit.schemas import AuditFilter, AuditRecord
from backend.audit.service import Verdict
from backend.kit.database import Database
from tests.fixtures.telling import Tell

ALL = AuditFilter()


def write_down(database: Database, number: int = 1, *, subject: str = "image:1") -> None:
    for which in range(number):
        with database.write() as session:
            detail = {"note": f"canary {which}"}
            audit.record(
                session, actor_id="dana", verb="image.reveal", subject=subject, detail=detail
            )


def entries(database: Database, wanted: AuditFilter = ALL) -> list[AuditRecord]:
    """What was written down, oldest first."""
    with database.read() as session:
        return audit.find(session, wanted, limit=1000)[::-1]


def verdict(database: Database, *anchors: Anchor) -> Verdict:
    with database.read() as session:
        return list(audit.verify(session, anchors))[-1]


def tamper(database: Database, *statements: str) -> None:
    """What somebody does who owns the database: they take the triggers away first."""
    with database.write() as session:
        if database.is_sqlite:
            for verb in ("update", "delete"):
                session.execute(text(f"DROP TRIGGER IF EXISTS audit_entry_no_{verb}"))
        else:
            session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
        for statement in statements:
            session.execute(text(statement))


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
        assert (first.seq, second.seq) == (1, 2)
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

    def test_is_gone_with_a_savepoint_that_was_rolled_back(self, database: Database) -> None:
        def fail(session: Session) -> None:
            with session.begin_nested():
                audit.record(session, actor_id="dana", verb="image.hold", subject="image:2")
                raise RuntimeError

        with database.write() as session:
            audit.record(session, actor_id="dana", verb="image.reveal", subject="image:1")
            with pytest.raises(RuntimeError):
                fail(session)
            with session.begin_nested():
                audit.record(session, actor_id="dana", verb="image.reveal", subject="image:3")
        assert [entry.subject for entry in entries(database)] == ["image:1", "image:3"]
        assert verdict(database).breaks == []

    def test_has_no_gap_when_many_write_at_once(self, database: Database) -> None:
        with ThreadPoolExecutor(6) as pool:
            for done in [pool.submit(write_down, database, 10) for _ in range(6)]:
                done.result()
        assert [entry.seq for entry in entries(database)] == list(range(1, 61))
        found = verdict(database)
        assert (found.entries, found.breaks) == (60, [])


class TestChanges:
    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE audit_entry SET actor_id = 'mallory' WHERE seq = 1",
            "DELETE FROM audit_entry WHERE seq = 2",
            "DELETE FROM audit_entry",
        ],
    )
    def test_are_refused_by_the_database(self, database: Database, statement: str) -> None:
        write_down(database, 2)
        with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
            session.execute(text(statement))
        assert len(entries(database)) == 2

    # SQLite knows no TRUNCATE.
    @pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
    def test_so_is_emptying_the_table(self, database: Database) -> None:
        with pytest.raises(DBAPIError, match="append-only"), database.write() as session:
            session.execute(text("TRUNCATE audit_entry CASCADE"))

    def test_of_whoever_owns_the_database_are_found_at_their_row(
        self, database: Database, tell: Tell
    ) -> None:
        write_down(database, 60)
        chance, found = random.Random(50), 0
        for trial in range(50):
            seq = chance.randint(1, 60)
            kind, statements, undone = chance.choice(TAMPERINGS)(database, seq)
            tamper(database, *statements)
            breaks = verdict(database).breaks
            assert breaks, f"{kind} at {seq} was not found"
            assert breaks[0].seq == min(seq, 61), f"{kind} at {seq}, trial {trial}: {breaks[0]}"
            found += 1
            tamper(database, *undone)
            assert verdict(database).breaks == []
        tell({"audit": "tampered", "database": database.engine.dialect.name, "found": found})

    def test_of_the_whole_chain_are_found_by_an_anchor(self, database: Database) -> None:
        write_down(database, 3)
        kept = verdict(database).head
        for statement in ("DELETE FROM audit_detail", "DELETE FROM audit_entry"):
            tamper(database, statement)
        tamper(database, f"UPDATE audit_head SET seq = 0, hash = '{'0' * 64}'")
        write_down(database, 4)
        assert verdict(database).breaks == []
        assert [one.seq for one in verdict(database, kept).breaks] == [3]

    def test_a_chain_that_was_cut_short_is_found_by_an_anchor(self, database: Database) -> None:
        write_down(database, 3)
        kept = verdict(database).head
        tamper(
            database,
            "DELETE FROM audit_detail WHERE seq > 1",
            "DELETE FROM audit_entry WHERE seq > 1",
            "UPDATE audit_head SET seq = 1, hash = (SELECT hash FROM audit_entry WHERE seq = 1)",
        )
        assert verdict(database).breaks == []
        [found] = verdict(database, kept).breaks
        assert found.seq == 2

    def test_an_entry_behind_the_end_is_found(self, database: Database) -> None:
        write_down(database, 1)
        tamper(
            database,
            "INSERT INTO audit_entry SELECT 2, at, actor_id, verb, subject, detail_hash, hash FROM audit_entry",
        )
        [found] = verdict(database).breaks
        assert found.seq == 2


Tampering = Callable[[Database, int], tuple[str, list[str], list[str]]]


def _other_value(_database: Database, seq: int) -> tuple[str, list[str], list[str]]:
    column, value, was = random.Random(seq).choice(
        [
            ("actor_id", "'mallory'", "'dana'"),
            ("actor_id", "NULL", "'dana'"),
            ("verb", "'image.hold'", "'image.reveal'"),
            ("subject", "'image:2'", "'image:1'"),
        ]
    )
    say = f"UPDATE audit_entry SET {column} = {{}} WHERE seq = {seq}"
    return f"another {column}", [say.format(value)], [say.format(was)]


def _other_detail(_database: Database, seq: int) -> tuple[str, list[str], list[str]]:
    say = f'UPDATE audit_detail SET body = \'{{{{"note": "{{}}"}}}}\' WHERE seq = {seq}'
    return "another detail", [say.format("harmless")], [say.format(f"canary {seq - 1}")]


def _other_hash(database: Database, seq: int) -> tuple[str, list[str], list[str]]:
    [hash_] = [entry.hash for entry in entries(database) if entry.seq == seq]
    say = f"UPDATE audit_entry SET hash = '{{}}' WHERE seq = {seq}"
    return "another hash", [say.format("f" * 64)], [say.format(hash_)]


def _no_detail(database: Database, seq: int) -> tuple[str, list[str], list[str]]:
    with database.read() as session:
        found = {entry.seq: detail for entry, detail in repository.find(session, ALL, limit=1000)}
    detail = found[seq]
    assert detail
    again = f"INSERT INTO audit_detail (seq, salt, body) VALUES ({seq}, '{detail.salt}', '{{{{\"note\": \"{{}}\"}}}}')"
    return (
        "no detail",
        [f"DELETE FROM audit_detail WHERE seq = {seq}"],
        [again.format(f"canary {seq - 1}")],
    )


TAMPERINGS: list[Tampering] = [_other_value, _other_detail, _other_hash, _no_detail]


class TestErasing:
    def test_takes_the_detail_and_leaves_the_chain(self, database: Database) -> None:
        write_down(database, 3, subject="person:dana")
        write_down(database, 1, subject="person:ada")
        with database.write() as session:
            assert audit.erase_details_of(session, ["person:dana"]) == 3
        assert [entry.detail for entry in entries(database)] == [None] * 3 + [{"note": "canary 0"}]
        found = verdict(database)
        assert (found.entries, found.erased, found.breaks) == (4, 3, [])
        with database.write() as session:
            assert audit.erase_details_of(session, ["person:dana"]) == 0


class TestAnchor:
    def test_is_read_as_it_is_printed(self) -> None:
        anchor = Anchor(17, "a" * 64)
        assert Anchor.parse(f" {anchor}\n") == anchor

    @pytest.mark.parametrize("text", ["", "17", "17:abc", f"x:{'a' * 64}"])
    def test_says_what_one_looks_like(self, text: str) -> None:
        with pytest.raises(ValueError, match="SEQ:HASH"):
            Anchor.parse(text)


class TestFind:
    def test_narrows_by_each_of_them(self, database: Database) -> None:
        for actor, verb, subject in [
            ("dana", "webhook.create", "webhook:1"),
            ("dana", "webhook.delete", "webhook:1"),
            ("ada", "webhooks", "webhook:2"),
        ]:
            with database.write() as session:
                audit.record(session, actor_id=actor, verb=verb, subject=subject)
        first, second, third = entries(database)
        assert entries(database, AuditFilter(verb="webhook.")) == [first, second]
        assert entries(database, AuditFilter(verb="webhook.delete")) == [second]
        assert entries(database, AuditFilter(actor_id="ada")) == [third]
        assert entries(database, AuditFilter(subject="webhook:1", verb="webhooks")) == []
        assert entries(database, AuditFilter(since=second.at)) == [second, third]
        assert entries(database, AuditFilter(until=second.at)) == [first]
