"""Reports of broken content policies: heard from anybody, told rarely, and never word for word."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from backend.kit import reports
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

SECRET = "code=s3cret"
REPORT = {
    "document-uri": f"https://studio.test/auth/callback?{SECRET}",
    "blocked-uri": f"https://evil.test/steal?{SECRET}",
    "effective-directive": "script-src-elem",
    "source-file": f"https://studio.test/ui-static/main.js?{SECRET}",
    "script-sample": SECRET,
    "referrer": f"https://studio.test/?{SECRET}",
}


@pytest.fixture
def stranger(shared_studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(reports, "_pace", reports._Pace())
    return shared_studio.actors.anonymous()


def send(person: Client, body: Any, kind: str = "application/csp-report") -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = person.post("/csp-reports", content=content, headers={"content-type": kind})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    "shape",
    [
        {"csp-report": REPORT},
        [
            {
                "type": "csp-violation",
                "body": {
                    "documentURL": REPORT["document-uri"],
                    "blockedURL": REPORT["blocked-uri"],
                    "effectiveDirective": "script-src-elem",
                    "sourceFile": REPORT["source-file"],
                    "sample": SECRET,
                },
            }
        ],
    ],
    ids=["report-uri", "report-to"],
)
def test_tells_what_and_where_but_no_more(
    stranger: Client, caplog: pytest.LogCaptureFixture, shape: Any
) -> None:
    send(stranger, shape)
    [line] = caplog.messages
    assert line == (
        "a page broke its content policy: script-src-elem blocked https://evil.test "
        "on /auth/callback by /ui-static/main.js"
    )


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", b"null", b"[]", b"[1]", b'{"csp-report": 1}', b"[" * 16_000, b'[{"body": []}]',
     b'{"csp-report": {"document-uri": "http://[", "blocked-uri": 5}}'],
)  # fmt: skip
def test_whatever_is_sent_is_no_error(stranger: Client, body: bytes) -> None:
    send(stranger, body)


def test_a_report_writes_no_line_of_its_own(
    stranger: Client, caplog: pytest.LogCaptureFixture
) -> None:
    hostile = "x\r\nERROR root forged \x1b[31m" + "y" * 5000
    send(stranger, {"csp-report": {"effective-directive": hostile, "document-uri": hostile}})
    [line] = caplog.messages
    assert line.isprintable()
    assert len(line) < 500


def test_a_flood_is_counted_and_not_told(
    stranger: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "atelier.csp")
    before = reports.REPORTED._value.get()
    for _ in range(10):
        send(stranger, [{"body": REPORT}] * 25)
    assert len(caplog.messages) == reports.LINES_A_MINUTE
    assert reports.REPORTED._value.get() - before == 100


def test_a_long_report_is_refused(stranger: Client) -> None:
    assert stranger.post("/csp-reports", content=b" " * 20_000).status_code == 413


def test_a_browser_that_is_signed_in_may_report_without_saying_where_from(
    shared_studio: Studio,
) -> None:
    dana = shared_studio.actors.browser()
    del dana.headers["sec-fetch-site"]
    send(dana, {"csp-report": REPORT})
