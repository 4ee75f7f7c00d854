"""What operators, load balancers and browsers see of the whole application."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from backend.app import MAX_BODY_BYTES
from backend.kit.database import Database
from backend.kit.errors import NotFound
from backend.kit.settings import Settings
from backend.policies.schemas import Severity
from backend.system.metrics import check_may_measure, read_metrics
from tests.fixtures.app import Studio

FOREIGN = {"Origin": "https://evil.test"}
REFUSE_GENERATIONS = """
CREATE TRIGGER refuse BEFORE INSERT ON generation
BEGIN SELECT RAISE(ABORT, 'refused for the test'); END
"""


class TestProbes:
    def test_a_whole_studio_is_ready(self, studio: Studio) -> None:
        answer = studio.actors.anonymous().get("/readyz")
        assert answer.status_code == 200
        assert answer.json() == {
            "ready": True,
            "checks": {"database": "ok", "storage": "ok", "inference": "ok"},
        }

    def test_names_inference_when_it_is_away(self, studio: Studio) -> None:
        studio.inference.away = True
        answer = studio.actors.anonymous().get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"] == {"database": "ok", "storage": "ok", "inference": "away"}

    def test_names_storage_when_it_is_away(self, studio: Studio) -> None:
        images = studio.context.settings.data_dir / "images"
        shutil.rmtree(images, ignore_errors=True)
        images.write_text("not a folder")
        answer = studio.actors.anonymous().get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"]["storage"] == "away"
        assert str(images) not in answer.text

    def test_names_the_database_when_it_is_away(
        self, studio: Studio, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(_database: Database) -> None:
            raise OperationalError("SELECT 1", {}, Exception("secret-host refused"))

        monkeypatch.setattr(Database, "ping", refuse)
        answer = studio.actors.anonymous().get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"]["database"] == "away"
        assert "secret-host" not in answer.text

    def test_is_not_ready_once_it_was_asked_to_stop(self, studio: Studio) -> None:
        studio.context.stopping.set()
        answer = studio.actors.anonymous().get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {"ready": False, "checks": {"process": "stopping"}}
        assert studio.actors.anonymous().get("/healthz").status_code == 200

    def test_stays_alive_whatever_is_away(self, studio: Studio) -> None:
        studio.inference.away = True
        assert studio.actors.anonymous().get("/healthz").json() == {"status": "alive"}


class TestMetrics:
    def test_count_requests_by_pattern_and_generations_by_state(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        image = studio.image(dana)
        told = studio.actors.anonymous().get("/metrics").text
        assert re.search(r'atelier_generations_ended_total\{state="succeeded"\} \d', told)
        assert 'atelier_generations{state="queued"} 0.0' in told
        assert 'route="/api/v1/generations"' in told
        assert image["id"] not in told

    def test_tell_what_is_judged_and_what_waits_for_reviewers(self, studio: Studio) -> None:
        def told(name: str) -> float:
            text = studio.actors.anonymous().get("/metrics").text
            found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
            return float(found[1]) if found else 0.0

        held = 'atelier_images_judged_total{moderation="held"}'
        before = told(held)
        image = studio.image(studio.actors.browser(), "a motif")
        assert image["moderation"] == "held"
        assert told(held) == before + 1
        waiting = {word: told(f'atelier_cases_waiting{{severity="{word}"}}') for word in Severity}
        assert sum(waiting.values()) == 1
        (severity,) = (word for word, number in waiting.items() if number)
        assert told(f'atelier_case_longest_wait_seconds{{severity="{severity}"}}') > 0

    def test_hold_nothing_that_somebody_wrote(self, studio: Studio) -> None:
        studio.image(studio.actors.browser(), "a secret launch")
        assert "secret launch" not in studio.actors.anonymous().get("/metrics").text

    @pytest.mark.parametrize(
        ("settings", "sent", "status"),
        [
            ({}, None, 404),
            ({"metrics_token": "t0ken"}, None, 404),
            ({"metrics_token": "t0ken"}, "Bearer other", 404),
            ({"metrics_token": "t0ken"}, "Bearer t0kén", 404),
            ({"metrics_token": "t0ken"}, "Bearer t0ken", 200),
        ],
    )
    def test_are_for_whom_they_were_set_up_for(
        self, tmp_path: Path, settings: dict[str, Any], sent: str | None, status: int
    ) -> None:
        public: dict[str, Any] = {
            "public_url": "https://studio.test",
            "oidc_issuer": "https://issuer.test",
        }
        context = SimpleNamespace(
            settings=Settings(data_dir=tmp_path, **public, **settings), database=None
        )
        if status == 404:
            with pytest.raises(NotFound):
                read_metrics(context, sent)  # type: ignore[arg-type]
        else:
            check_may_measure(context.settings, sent)


class TestEveryRequest:
    def test_answers_carry_security_headers_and_a_request_id(self, studio: Studio) -> None:
        for path in ("/healthz", "/api/v1/me", "/nowhere", "/docs"):
            headers = studio.actors.anonymous().get(path).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            assert headers["x-request-id"]

    def test_a_refusal_names_the_request(self, studio: Studio) -> None:
        answer = studio.actors.anonymous().get("/api/v1/me", headers={"X-Request-Id": "abc-123"})
        assert answer.json()["request_id"] == answer.headers["x-request-id"] == "abc-123"

    @pytest.mark.parametrize(
        ("method", "path", "status", "code"),
        [
            ("GET", "/nowhere", 404, "not_found"),
            ("GET", "/api/v1/nowhere", 404, "not_found"),
            ("DELETE", "/api/v1/models", 405, "method_not_allowed"),
        ],
    )
    def test_what_is_not_there_is_a_problem_too(
        self, studio: Studio, method: str, path: str, status: int, code: str
    ) -> None:
        answer = studio.actors.anonymous().request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"

    def test_a_body_too_large_is_refused(self, studio: Studio) -> None:
        body = b'{"prompt": "' + b"x" * MAX_BODY_BYTES + b'"}'
        answer = studio.actors.program().post(
            "/api/v1/generations", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 413

    def test_a_broken_part_of_ours_is_a_500_that_tells_nothing(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        image = studio.image(dana)
        images = studio.context.settings.data_dir / "images"
        shutil.rmtree(images)
        answer = dana.get(f"/api/v1/images/{image['id']}/content")
        assert answer.status_code == 500
        assert answer.json()["code"] == "unexpected"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        for inside in (str(images), "FileNotFound", "Traceback", ".webp"):
            assert inside not in answer.text

    def test_what_somebody_wrote_is_in_no_log_when_the_database_refuses_it(
        self, studio: Studio, caplog: pytest.LogCaptureFixture
    ) -> None:
        with studio.context.database.write() as session:
            session.connection().execute(text(REFUSE_GENERATIONS))
        answer = studio.actors.program().post(
            "/api/v1/generations", json={"prompt": "a secret launch"}
        )
        assert answer.status_code == 500
        assert "refused for the test" in caplog.text
        assert "secret launch" not in caplog.text + answer.text


class TestOtherSites:
    def test_are_given_no_cross_origin_access(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        answer = dana.get("/api/v1/me", headers=FOREIGN)
        assert "access-control-allow-origin" not in answer.headers
        preflight = dana.options(
            "/api/v1/generations", headers={**FOREIGN, "Access-Control-Request-Method": "POST"}
        )
        assert "access-control-allow-origin" not in preflight.headers

    def test_ours_is_known(self, studio: Studio) -> None:
        own = studio.context.settings.base_url
        answer = studio.actors.browser().get("/api/v1/me", headers={"Origin": own})
        assert answer.headers["access-control-allow-origin"] == own

    @pytest.mark.parametrize(
        "path", ["/api/v1/generations", "/api/v1/moderation/flags/x/review", "/auth/logout"]
    )
    def test_cannot_change_anything_with_our_cookie(self, studio: Studio, path: str) -> None:
        ada = studio.actors.browser("admin")
        answer = ada.post(
            path, json={"prompt": "a dress"}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
