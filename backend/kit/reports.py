"""Hears what browsers report of broken content policies, and says it in the log: rarely, shortly, cleaned.

Anybody may send a report and write anything into it. So at most `LINES_A_MINUTE` are logged, what comes
beyond is counted only; of an address its origin or path is told and never its query; and what the report
quotes of the page is left out.
"""

from __future__ import annotations

import json
import logging
import time
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from prometheus_client import Counter

from backend.kit.telemetry import REGISTRY

PATH: Final = "/csp-reports"
LARGEST_BYTES: Final = 16 * 1024
LINES_A_MINUTE: Final = 20
_MOST_AT_ONCE: Final = 10
_LONGEST: Final = 120

REPORTED: Final = Counter(
    "atelier_csp_reports_total", "Reports of broken content policies.", registry=REGISTRY
)
router = APIRouter(include_in_schema=False)
_log = logging.getLogger("atelier.csp")


class _Pace:
    """Says yes so many times a minute."""

    def __init__(self) -> None:
        self._began, self._said = 0.0, 0

    def allows(self) -> bool:
        now = time.monotonic()
        if now - self._began >= 60:  # noqa: PLR2004 - a minute
            self._began, self._said = now, 0
        self._said += 1
        return self._said <= LINES_A_MINUTE


_pace = _Pace()


@router.post(PATH, status_code=204)
async def hear_reports(request: Request) -> Response:
    """Take a report in either of the two shapes that browsers send; whatever it is, the answer is 204."""
    for report in _reports(await request.body()):
        REPORTED.inc()
        if _pace.allows():
            _log.warning("a page broke its content policy: %s", _told(report))
    return Response(status_code=204)


def _reports(body: bytes) -> list[dict[str, Any]]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return []
    if isinstance(found, dict):  # report-uri
        found = [found.get("csp-report")]
    elif isinstance(found, list):  # the Reporting API
        found = [each.get("body") for each in found if isinstance(each, dict)]
    else:
        return []
    return [each for each in found if isinstance(each, dict)][:_MOST_AT_ONCE]


def _told(report: dict[str, Any]) -> str:
    """Return directive, what was blocked and where, in printable characters."""
    directive = report.get("effective-directive") or report.get("effectiveDirective")
    directive = directive or report.get("violated-directive")
    blocked = _origin(report.get("blocked-uri") or report.get("blockedURL"))
    page = _path(report.get("document-uri") or report.get("documentURL"))
    source = _path(report.get("source-file") or report.get("sourceFile"))
    return f"{_plain(directive)} blocked {blocked} on {page} by {source}"


def _origin(address: object) -> str:
    parts = _parts(address)
    return _plain(f"{parts[0]}://{parts[1]}" if parts[1] else parts[0] or address)


def _path(address: object) -> str:
    return _plain(_parts(address)[2])


def _parts(address: object) -> tuple[str, str, str]:
    try:
        parts = urlsplit(str(address or ""))
    except ValueError:
        return "", "", ""
    return parts.scheme, parts.hostname or "", parts.path


def _plain(value: object) -> str:
    text = str(value or "-")[:_LONGEST]
    return "".join(each if each.isprintable() and each.isascii() else "?" for each in text)
