"""What opening and closing the backend does, and what it refuses to open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from backend.app import create_app
from backend.catalog.service import DemoCheckerRefused
from backend.generations.models import Generation
from backend.kit.database import Database
from backend.kit.queue import State
from backend.kit.settings import Settings
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio, open_studio
from tests.fixtures.scripted import CARD, ScriptedInference

PUBLIC: dict[str, Any] = {
    "host": "0.0.0.0",
    "public_url": "https://studio.test",
    "oidc_issuer": "https://issuer.test",
}


class Closing(ScriptedInference):
    """Notes that it was closed."""

    closed = False

    async def aclose(self) -> None:
        await super().aclose()
        self.closed = True


class TestCreateApp:
    def test_opens_and_writes_nothing(self, tmp_path: Path) -> None:
        app = create_app(Settings(data_dir=tmp_path / "var", inference_url="http://127.0.0.1:9"))
        assert app.openapi()["info"]["title"] == "Atelier"
        assert not (tmp_path / "var").exists()
        assert not hasattr(app.state, "context")

    def test_refuses_an_inference_url_it_does_not_know(self, tmp_path: Path) -> None:
        app = create_app(Settings(data_dir=tmp_path, inference_url="cluster"))
        with pytest.raises(ValueError, match="embedded:"), TestClient(app):
            pass


class TestOpening:
    def test_makes_a_whole_studio_in_an_empty_folder(self, tmp_path: Path) -> None:
        settings = Settings(data_dir=tmp_path / "new" / "var")
        with open_studio(settings, ScriptedInference()) as studio:
            assert studio.image(studio.actors.browser())["moderation"] == "released"
        assert (settings.data_dir / "atelier.db").is_file()

    def test_holds_and_releases_on_either_database(
        self, tmp_path: Path, empty_database_url: str
    ) -> None:
        settings = Settings(data_dir=tmp_path / "var", database_url=empty_database_url)
        with open_studio(settings, ScriptedInference()) as studio:
            dana, ada = studio.actors.browser(), studio.actors.browser("admin")
            image = studio.image(dana, "a dress with motif")
            content = f"/api/v1/images/{image['id']}/content"
            assert dana.get(content).status_code == 404
            review = f"/api/v1/moderation/flags/{studio.flag_of(image['id'])['id']}/review"
            assert ada.post(review, json={"decision": "release"}).status_code == 200
            assert dana.get(content).status_code == 200

    def test_what_was_made_is_there_the_next_time(self, studio_settings: Settings) -> None:
        with open_studio(studio_settings, ScriptedInference()) as studio:
            dana = studio.actors.program()
            image = studio.image(dana)
        with open_studio(studio_settings, ScriptedInference()) as studio:
            again = _again(studio, dana)
            listed = again.get("/api/v1/images").json()["items"]
            assert [each["id"] for each in listed] == [image["id"]]
            assert again.get(f"/api/v1/images/{image['id']}/content").status_code == 200

    def test_without_a_dispatcher_a_generation_waits_for_another_process(
        self, studio_settings: Settings
    ) -> None:
        waiting = studio_settings.model_copy(update={"dispatch_concurrency": 0})
        with open_studio(waiting, ScriptedInference()) as studio:
            dana = studio.actors.program()
            generation_id = studio.submit(dana)
            assert studio.inference.asked == []
        with open_studio(studio_settings, ScriptedInference()) as studio:
            assert _finish(studio, dana, generation_id)["state"] == "succeeded"

    def test_refuses_a_demonstration_checker_in_public(
        self, tmp_path: Path, sqlite_url: str
    ) -> None:
        inference = ScriptedInference()
        inference.cards = [CARD.model_copy(update={"safety_checker": "demo-safety-checker"})]
        settings = Settings(data_dir=tmp_path, database_url=sqlite_url, **PUBLIC)
        with (
            pytest.raises(DemoCheckerRefused, match="no real nudity"),
            open_studio(settings, inference),
        ):
            pass

    def test_opens_in_public_with_a_real_checker(self, tmp_path: Path, sqlite_url: str) -> None:
        settings = Settings(data_dir=tmp_path, database_url=sqlite_url, **PUBLIC)
        with open_studio(settings, ScriptedInference()) as studio:
            assert studio.actors.anonymous().get("/readyz").status_code == 200


class TestClosing:
    def test_gives_unfinished_work_back_without_counting_the_attempt(
        self, studio_settings: Settings
    ) -> None:
        first = ScriptedInference()
        with first.hold(), open_studio(studio_settings, first) as studio:
            dana = studio.actors.program()
            generation_id = studio.submit(dana)
            first.wait_until_held()
        assert _state_and_attempts(studio_settings, generation_id) == (State.QUEUED, 0)
        with open_studio(studio_settings, ScriptedInference()) as studio:
            assert _finish(studio, dana, generation_id)["state"] == "succeeded"

    def test_leaves_the_callers_inference_open(self, studio_settings: Settings) -> None:
        inference = Closing()
        with open_studio(studio_settings, inference):
            pass
        assert not inference.closed


def _finish(studio: Studio, person: Client, generation_id: str) -> Any:
    """Follow a generation to its end as the same person, who came to an earlier studio."""
    again = _again(studio, person)
    again.get(f"/api/v1/generations/{generation_id}/events").raise_for_status()
    return again.get(f"/api/v1/generations/{generation_id}").json()


def _again(studio: Studio, person: Client) -> Client:
    client = studio.actors.anonymous()
    client.headers["authorization"] = person.headers["authorization"]
    return client


def _state_and_attempts(settings: Settings, generation_id: str) -> tuple[State, int]:
    database = Database(settings.resolved_database_url)
    try:
        with database.read() as session:
            row = session.get_one(Generation, generation_id)
            return row.state, row.attempt
    finally:
        database.dispose()
