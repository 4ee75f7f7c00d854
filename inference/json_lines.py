"""Log lines for machines: one JSON object a line, redacted, under the ids of the request at work."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from inference.logs import exception_of, message_of
from inference.redaction import redacted, shown_in_json
from inference.request_ids import request_id, trace_id_of


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for machines that collect logs."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line; newlines in a message stay inside their string."""
        told = _told(record)
        this = request_id() or told.get("request_id")
        line = {
            **told,
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(message_of(record)),
            "request_id": this,
            "trace_id": trace_id_of(str(this)) if this else None,
        }
        if exception := exception_of(self, record):
            line["exception"] = exception
        return shown_in_json(json.dumps(line, ensure_ascii=False))


def _told(record: logging.LogRecord) -> dict[str, object]:
    """Return what a line says in members of its own as well, for machines: `extra={"told": {…}}`."""
    told: dict[str, object] = getattr(record, "told", {})
    return {k: redacted(v) if isinstance(v, str) else v for k, v in told.items()}
