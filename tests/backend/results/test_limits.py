"""What else stands in the way of an answer: limits, maintenance, the setting, and what is not to be kept so long."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from backend.generations.models import Generation
from backend.kit.clock import utc_now
from backend.kit.database import Database
from backend.kit.settings import Settings
from tests.backend.results.asking import API, DRESS, ask, change, draw, is_drawn
from tests.fixtures.actors import Client
from tests.fixtures.app import QUIET, Studio, open_studio
from tests.fixtures.scripted import ScriptedInference


@pytest.fixture
def dana(studio: Studio) -> Client:
    return studio.actors.browser("designer")


class TestLimits:
    def test_too_many_outstanding_are_refused_as_before(
        self, database: Database, tmp_path: Path
    ) -> None:
        settings = Settings(
            data_dir=tmp_path / "var", database_url=database.url, max_outstanding=1, **QUIET
        )
        with open_studio(settings, ScriptedInference()) as studio:
            dana = studio.actors.browser("designer")
            draw(studio, dana)
            with studio.inference.hold():
                waiting = ask(dana, {"prompt": "a coat"})
                studio.inference.wait_until_held()
                refused = dana.post(API, json=DRESS)
                assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
            dana.get(f"{API}/{waiting['id']}/events").raise_for_status()
            assert not is_drawn(studio, dana)

    def test_spent_credits_refuse_nothing_that_costs_nothing(
        self, database: Database, tmp_path: Path
    ) -> None:
        settings = Settings(
            data_dir=tmp_path / "var", database_url=database.url, credits_per_day=0.02, **QUIET
        )
        with open_studio(settings, ScriptedInference()) as studio:
            dana = studio.actors.browser("designer")
            draw(studio, dana)
            assert dana.post(API, json={**DRESS, "seed": 8}).json()["code"] == "quota_exceeded"
            assert dana.post(API, json=DRESS, params={"fresh": True}).status_code == 429
            assert ask(dana)["from_cache"]

    def test_maintenance_refuses(self, studio: Studio, dana: Client) -> None:
        draw(studio, dana)
        notice = {"kind": "maintenance", "text": "Back soon"}
        studio.actors.browser("admin").put("/api/v1/notice", json=notice).raise_for_status()
        assert dana.post(API, json=DRESS).json()["code"] == "maintenance"

    def test_switched_off_draws_everything(self, database: Database, tmp_path: Path) -> None:
        settings = Settings(
            data_dir=tmp_path / "var", database_url=database.url, result_cache=False, **QUIET
        )
        with open_studio(settings, ScriptedInference()) as studio:
            dana = studio.actors.browser("designer")
            draw(studio, dana)
            assert is_drawn(studio, dana)

    @pytest.mark.parametrize("kept_for", ["generation_days", "prompt_days"])
    def test_what_is_to_be_gone_does_not_answer(
        self, database: Database, tmp_path: Path, kept_for: str
    ) -> None:
        limit: dict[str, Any] = {kept_for: 10.0}
        settings = Settings(data_dir=tmp_path / "var", database_url=database.url, **limit, **QUIET)
        with open_studio(settings, ScriptedInference()) as studio:
            dana = studio.actors.browser("designer")
            image_id = draw(studio, dana)["images"][0]["id"]
            change(studio, image_id, created_at=utc_now() - timedelta(days=9))
            assert not is_drawn(studio, dana)
            with studio.context.database.read() as session:
                ids = [row.id for row in session.exec(select(Generation))]
            assert len(ids) == 2
            for one in dana.get("/api/v1/images").json()["items"]:
                change(studio, one["id"], created_at=utc_now() - timedelta(days=11))
            assert is_drawn(studio, dana)
