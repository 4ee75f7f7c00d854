"""`atelier verify` from a terminal: on the studio's own folder, and asking a studio that runs."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from backend.app import create_app
from backend.kit.settings import Settings
from tests.backend.verify.files import Drawn, photo, saved
from tests.fixtures import terminal
from tests.fixtures.app import QUIET, Studio, open_studio, serve
from tests.fixtures.scripted import ScriptedInference

atelier = partial(terminal.atelier, "verify")


@pytest.fixture(scope="module")
def folder(drawn: Drawn, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three files: one of the studio, that one changed, and a photo; and one that is no picture."""
    place = tmp_path_factory.mktemp("files")
    (place / "ours.webp").write_bytes(drawn.file)
    (place / "changed.jpg").write_bytes(saved(drawn.picture, "JPEG", quality=80))
    (place / "photo [b].png").write_bytes(saved(photo(300)))
    (place / "words.txt").write_text("no picture")
    return place


@pytest.fixture
def at_home(shared_studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = shared_studio.context.settings
    terminal.at_home(monkeypatch, settings.resolved_database_url, settings.data_dir)


@pytest.mark.usefixtures("at_home")
class TestInItsFolder:
    def test_all_from_here(self, folder: Path) -> None:
        shown = atelier(str(folder / "ours.webp"), str(folder / "changed.jpg"))
        assert shown.exit_code == 0, shown.output
        lines = [line.split() for line in shown.output.splitlines() if str(folder) in line]
        assert [line[1] for line in lines] == ["made_here", "made_here_changed"]

    def test_one_that_is_not(self, folder: Path) -> None:
        shown = atelier(str(folder / "ours.webp"), str(folder / "photo [b].png"))
        assert shown.exit_code == 1, shown.output
        [line] = [line for line in shown.output.splitlines() if "photo [b].png" in line]
        assert line.split()[-4:] == ["unknown", "none", "none", "nothing"]

    def test_what_cannot_be_read_does_not_keep_the_rest_from_being_told(self, folder: Path) -> None:
        files = [str(folder / name) for name in ("words.txt", "nowhere.png", "ours.webp")]
        shown = atelier("--json", *files)
        assert shown.exit_code == 2
        words, nowhere, ours = json.loads(shown.stdout)
        assert "is not a PNG, JPEG or WebP" in words["error"]
        assert "No such file" in nowhere["error"]
        assert (ours["verdict"], ours["signature"]["state"]) == ("made_here", "trusted")
        assert ours["mark"]["known"] is True
        assert [one["file"] for one in (words, nowhere, ours)] == files


class TestOverHTTP:
    def test_asks_a_running_studio(
        self, tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = Settings(data_dir=tmp_path / "var", database_url=sqlite_url, **QUIET)
        with open_studio(settings, ScriptedInference()) as studio:
            file = tmp_path / "ours.webp"
            file.write_bytes(Drawn.by(studio, studio.actors.browser(), side=64).file)
        monkeypatch.setenv("ATELIER_DATA_DIR", str(tmp_path / "elsewhere"))

        with serve(
            lambda port: create_app(_at(settings, port), inference=ScriptedInference())
        ) as url:
            shown = atelier("--url", url, "--json", str(file))
            [said] = json.loads(shown.stdout)
            assert (shown.exit_code, said["verdict"]) == (0, "made_here")
            refused = atelier("--url", url, __file__)
        assert refused.exit_code == 2
        assert "is not a PNG, JPEG or WebP" in refused.output
        assert not (tmp_path / "elsewhere").exists()

    def test_says_that_nobody_answers(self, folder: Path) -> None:
        shown = atelier("--url", "http://127.0.0.1:9", str(folder / "ours.webp"))
        assert shown.exit_code == 2
        assert "does not answer" in shown.output


def _at(settings: Settings, port: int) -> Settings:
    return settings.model_copy(update={"port": port})
