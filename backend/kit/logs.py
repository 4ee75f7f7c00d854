"""How the studio writes its logs: a line each, redacted, as JSON or for people.

Ours go down to the level that is asked for; other people's libraries never below `warning`, because their
debug lines hold what people sent: bodies, headers, rows.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

from backend.kit.telemetry import request_id
from inference.logs import PlainFormatter, exception_of, message_of
from inference.redaction import redacted, shown_in_json

OURS: Final = ("atelier", "backend", "webui", "inference", "uvicorn")


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for machines that collect logs."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line; newlines in a message stay inside their string."""
        line = {
            **_told(record),
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(message_of(record)),
            "request_id": request_id(),
        }
        if exception := exception_of(self, record):
            line["exception"] = exception
        return shown_in_json(json.dumps(line, ensure_ascii=False))


def configure_logging(level: str, *, as_json: bool | None = None) -> None:
    """Send logs of `level` and above to standard error, as JSON unless a person is watching it."""
    machine = not sys.stderr.isatty() if as_json is None else as_json
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if machine else PlainFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())


def _told(record: logging.LogRecord) -> dict[str, object]:
    """Return what a line says in members of its own as well, for machines: `extra={"told": {…}}`."""
    told: dict[str, object] = getattr(record, "told", {})
    return {k: redacted(v) if isinstance(v, str) else v for k, v in told.items()}
