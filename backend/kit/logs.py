"""How the studio writes its logs: a line each, redacted, as JSON or for people.

Ours go down to the level that is asked for; other people's libraries never below `warning`, because their
debug lines hold what people sent: bodies, headers, rows.
"""

from __future__ import annotations

import logging
import sys
from typing import Final

from inference.json_lines import JsonFormatter
from inference.logs import LogFormat, PlainFormatter

OURS: Final = ("atelier", "backend", "webui", "inference", "uvicorn")


def configure_logging(level: str, form: LogFormat = LogFormat.AUTO) -> None:
    """Send logs of `level` and above to standard error; by itself, as JSON unless a person is watching it."""
    plain = sys.stderr.isatty() if form is LogFormat.AUTO else form is LogFormat.PLAIN
    handler = logging.StreamHandler()
    handler.setFormatter(PlainFormatter() if plain else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level.upper()]))
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
