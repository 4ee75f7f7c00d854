"""The audit for administrators, over HTTP: filtered, paged, exported, checked; and its anchor in the log."""

from __future__ import annotations

import asyncio
import csv
import json
import logging
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from backend.accounts.models import User
from backend.audit import export
from backend.audit import service as audit
from backend.audit.format import Format
from backend.kit.pagination import encode_cursor
from backend.kit.settings import Settings
from backend.oversight import anchors, schemas, service
from tests.fixtures.actors import Client, actor_of
from tests.fixtures.app import QUIET, Studio, open_studio
from tests.fixtures.scripted import ScriptedInference

AUDIT = "/api/v1/audit"


@pytest.fixture
def studio(tmp_path: Path, database_url: str) -> Iterator[Studio]:
    settings = Settings(data_dir=tmp_path / "var", database_url=database_url, **QUIET)
    with open_studio(settings, ScriptedInference()) as opened:
        yield opened


@pytest.fixture
def ada(studio: Studio) -> Client:
    return studio.actors.browser("admin")


def note(studio: Studio, *verbs: str, actor: str | None = None, subject: str = "thing:1") -> None:
    with studio.context.database.write() as session:
        for verb in verbs:
            audit.record(
                session, actor_id=actor, verb=verb, subject=subject, detail={"why": "=1+1"}
            )


def verbs(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["verb"] for one in answer.json()["items"]]


class TestPages:
    def test_are_filtered_and_turned_newest_first_with_names(
        self, studio: Studio, ada: Client
    ) -> None:
        note(studio, "thing.a", "thing.b", actor=ada.user_id)
        note(studio, "other.c", subject="thing:2")
        page = ada.get(AUDIT, params={"verb": "thing.", "limit": 1})
        assert verbs(page) == ["thing.b"]
        shown = page.json()["items"][0]
        assert shown["actor"]["id"] == ada.user_id
        assert shown["actor"]["email"]
        assert shown["detail"] == {"why": "=1+1"}
        cursor = page.json()["next_cursor"]
        rest = ada.get(AUDIT, params={"verb": "thing.", "cursor": cursor})
        assert (verbs(rest), rest.json()["next_cursor"]) == (["thing.a"], None)
        assert verbs(ada.get(AUDIT, params={"actor_id": ada.user_id})) == ["thing.b", "thing.a"]
        assert verbs(ada.get(AUDIT, params={"subject": "thing:2"})) == ["other.c"]
        moment = shown["at"]
        assert "thing.a" not in verbs(ada.get(AUDIT, params={"since": moment}))
        assert "thing.b" not in verbs(ada.get(AUDIT, params={"until": moment}))

    @pytest.mark.parametrize(
        "wanted",
        [
            {"verb": "\x00"},
            {"since": "yesterday"},
            {"since": "2026-01-01T00:00:00"},
            {"limit": 10**9},
            {"cursor": "!!"},
            {"cursor": encode_cursor("abc")},
            {"cursor": encode_cursor("9" * 30)},
            {"role": "admin"},
        ],
    )
    def test_refuse_nonsense(self, ada: Client, wanted: dict[str, Any]) -> None:
        answer = ada.get(AUDIT, params=wanted)
        assert answer.status_code == 422, answer.text
        assert answer.json()["fields"][0]["field"] == next(iter(wanted))

    @pytest.mark.parametrize(
        "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "-1e300", "1e30"]
    )
    def test_answer_for_moments_at_the_ends_of_time(self, ada: Client, moment: str) -> None:
        for field in ("since", "until"):
            assert ada.get(AUDIT, params={field: moment}).status_code in {200, 422}


class TestExport:
    def test_is_lines_of_json_or_a_table_and_is_written_down(
        self, studio: Studio, ada: Client
    ) -> None:
        note(studio, "thing.a", "=cmd()", subject="=thing")
        answer = ada.get(f"{AUDIT}/export", params={"subject": "=thing"})
        assert answer.headers["content-type"].startswith("application/jsonl")
        assert answer.headers["content-disposition"].endswith('"atelier-audit.jsonl"')
        assert [json.loads(line)["verb"] for line in answer.text.splitlines()] == [
            "=cmd()",
            "thing.a",
        ]
        table = ada.get(f"{AUDIT}/export", params={"subject": "=thing", "format": "csv"})
        rows = list(csv.DictReader(StringIO(table.text)))
        assert [row["verb"] for row in rows] == ["'=cmd()", "thing.a"]
        assert {row["subject"] for row in rows} == {"'=thing"}
        assert [row["detail"] for row in rows] == ['{"why": "=1+1"}'] * 2
        told = studio.audited(service.SUBJECT)
        assert [entry.detail for entry in told] == [
            {"format": "jsonl", "subject": "=thing"},
            {"format": "csv", "subject": "=thing"},
        ]
        assert {entry.actor_id for entry in told} == {ada.user_id}
        assert ada.get(f"{AUDIT}/export", params={"format": "xml"}).status_code == 422

    def test_is_read_in_pieces_and_breaks_off_when_its_right_is_lost(
        self, studio: Studio, ada: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(export, "AT_ONCE", 2)
        note(studio, *(f"thing.{number}" for number in range(5)))
        whole = ada.get(f"{AUDIT}/export", params={"verb": "thing."}).text
        assert [json.loads(line)["verb"] for line in whole.splitlines()] == [
            f"thing.{number}" for number in (4, 3, 2, 1, 0)
        ]
        may = iter([True, False])
        actor = studio.actors.browser("admin")
        with studio.context.database.read() as session:
            user = session.get_one(User, actor.user_id)
        lines = service.write_out(
            studio.context.database,
            actor_of(user),
            schemas.AuditWanted(verb="thing."),
            Format.JSONL,
            lambda: next(may),
        )
        heard = [next(lines), next(lines)]
        assert len(heard) == 2
        with pytest.raises(Exception, match="may not have it any more"):
            next(lines)


class TestCheck:
    def test_says_that_the_end_holds_and_gives_an_anchor(
        self, studio: Studio, ada: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        note(studio, *(f"thing.{number}" for number in range(5)))
        found = ada.get(f"{AUDIT}/verify").json()
        with studio.context.database.read() as session:
            head = audit.head(session)
        assert (found["holds"], found["head"], found["entries"]) == (True, str(head), head.seq)
        assert found["checked"] == head.seq
        monkeypatch.setattr(service, "CHECKED_AT_MOST", 3)
        assert ada.get(f"{AUDIT}/verify").json()["checked"] == 3

    def test_names_the_entry_that_was_changed(
        self, studio: Studio, ada: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        note(studio, *(f"thing.{number}" for number in range(5)))
        with studio.context.database.write() as session:
            if studio.context.database.is_sqlite:
                session.execute(text("DROP TRIGGER audit_entry_no_update"))
            else:
                session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
            session.execute(text("UPDATE audit_entry SET verb = 'nothing' WHERE seq = 4"))
        found = ada.get(f"{AUDIT}/verify").json()
        assert found["holds"] is False
        assert found["breaks"] == [{"seq": 4, "why": "it is not what was written"}]
        monkeypatch.setattr(service, "CHECKED_AT_MOST", 1)
        assert ada.get(f"{AUDIT}/verify").json()["holds"] is True, "it lies before what is checked"


def test_the_anchor_is_in_the_log(studio: Studio, caplog: pytest.LogCaptureFixture) -> None:
    note(studio, "thing.a")
    with studio.context.database.read() as session:
        head = audit.head(session)

    async def a_moment() -> None:
        async with asyncio.timeout(0.5):
            await anchors.keep_telling(studio.context)

    with caplog.at_level(logging.INFO, "atelier.audit"), pytest.raises(TimeoutError):
        asyncio.run(a_moment())
    assert f"audit anchor {head}" in caplog.text
