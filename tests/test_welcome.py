"""What `atelier up` says of itself while it waits for what it draws with."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from backend import cli
from backend.kit.settings import Settings


class Ready(BaseHTTPRequestHandler):
    """A process that says of itself what it is told to say, one answer after the other."""

    answers: ClassVar[list[dict[str, str]]] = []

    def do_GET(self) -> None:
        checks = self.answers.pop(0)
        body = json.dumps({"checks": checks}).encode()
        self.send_response(503 if "away" in checks.values() else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class TestWelcome:
    """What `atelier up` says while it waits; asked of itself, whatever its public address is."""

    @pytest.fixture(autouse=True)
    def _anybody_signs_in_elsewhere(self, tmp_path: Path) -> None:
        self.providers = tmp_path / "providers.toml"
        self.providers.write_text('[corp]\nissuer = "https://login.example.com"\nclient_id = "x"\n')

    @pytest.fixture
    def port(self) -> Iterator[int]:
        with HTTPServer(("127.0.0.1", 0), Ready) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            yield server.server_port
            server.shutdown()
            thread.join()

    def welcome(
        self,
        port: int,
        answers: list[dict[str, str]],
        inference_url: str,
        capsys: pytest.CaptureFixture[str],
    ) -> tuple[str, str]:
        Ready.answers = answers
        settings = Settings(
            host="0.0.0.0",
            port=port,
            public_url="https://studio.invalid",
            inference_url=inference_url,
            providers=str(self.providers),
        )
        cli._welcome(settings, browser=False)
        said = capsys.readouterr()
        return " ".join(said.out.split()), " ".join(said.err.split())

    def test_is_said_when_a_ray_that_was_still_starting_is_there(
        self, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(cli, "READY_WITHIN_S", 0.0)
        answers = [{"inference": "away", "database": "ok"}] * 2 + [{"inference": "ok"}]
        said, warned = self.welcome(port, answers, "http://serve:8000", capsys)
        assert "What draws at http://serve:8000 is not ready yet; it is waited for" in warned
        assert warned.count("not ready") == 1
        assert "did not load" not in warned
        assert "The studio is open at https://studio.invalid" in said

    def test_names_what_else_is_away(
        self, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(cli, "READY_WITHIN_S", 0.0)
        answers = [{"database": "away", "inference": "away"}, {"inference": "ok"}]
        _, warned = self.welcome(port, answers, "embedded:", capsys)
        assert "Still away: database, inference." in warned

    def test_is_not_preceded_by_a_warning_in_time(
        self, port: int, capsys: pytest.CaptureFixture[str]
    ) -> None:
        said, warned = self.welcome(port, [{"inference": "ok"}], "embedded:", capsys)
        assert warned == ""
        assert "loading the model" in said
