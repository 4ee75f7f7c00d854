"""How lines are written for people, and how the process that draws logs: redacted, on standard error.

Ours go down to the level that `ATELIER_LOG_LEVEL` asks for; other people's libraries never below `warning`,
because their lower lines hold what people sent. What Python prints by itself, warnings and the traceback of an error that
nobody caught, goes the same way.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from enum import StrEnum
from importlib import import_module
from logging import LogRecord
from typing import Final

from inference.redaction import GONE, redacted, shown

LEVEL_VARIABLE: Final = "ATELIER_LOG_LEVEL"
FORMAT_VARIABLE: Final = "ATELIER_LOG_FORMAT"
OURS: Final = ("inference", "uvicorn")
_TARGET: Final = 2  # in uvicorn's access lines: client, method, target, version, status
_UNCAUGHT: Final = "nobody caught this"
logger = logging.getLogger(__name__)


class LogFormat(StrEnum):
    """How lines are written."""

    AUTO = "auto"
    JSON = "json"
    PLAIN = "plain"


class PlainFormatter(logging.Formatter):
    """A short line for people; control characters in a message are shown, not obeyed."""

    def __init__(self, datefmt: str = "%H:%M:%S") -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s %(message)s", datefmt)

    def format(self, record: LogRecord) -> str:
        """Return the line; a traceback follows indented, so that no line of it looks like one of ours."""
        at = self.formatTime(record, self.datefmt)
        line = shown(redacted(f"{record.levelname:7} {record.name} {message_of(record)}"))
        below = (exception_of(self, record) or "").splitlines()
        return "\n".join([f"{at} {line}", *(f"  | {shown(each)}" for each in below)])


def configure_logging() -> None:
    """Send our logs, and whatever else Python has to say, to standard error: for people, unless JSON is asked for."""
    level = os.environ.get(LEVEL_VARIABLE, "info").upper()
    handler = logging.StreamHandler()
    handler.setFormatter(_formatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    logging.captureWarnings(capture=True)
    sys.excepthook = lambda _type, error, _traceback: _log_uncaught(error)
    sys.unraisablehook = lambda told: _log_uncaught(told.exc_value)
    threading.excepthook = lambda told: _log_uncaught(told.exc_value)


def _formatter() -> logging.Formatter:
    if os.environ.get(FORMAT_VARIABLE) == LogFormat.JSON:
        # By name: that module stands on this one.
        made: logging.Formatter = import_module("inference.json_lines").JsonFormatter()
        return made
    return PlainFormatter("%Y-%m-%d %H:%M:%S")


def message_of(record: LogRecord) -> str:
    """Return the message of `record`, not yet redacted; an access line of uvicorn's without its target.

    Whoever asks may write anything into a path or a query. What was asked for is named by our own line, by its pattern.
    """
    arguments = record.args
    if (
        record.name == "uvicorn.access"
        and isinstance(arguments, tuple)
        and len(arguments) > _TARGET
    ):
        return str(record.msg) % (*arguments[:_TARGET], GONE, *arguments[_TARGET + 1 :])
    return record.getMessage()


def exception_of(formatter: logging.Formatter, record: LogRecord) -> str | None:
    """Return the traceback that `record` carries, redacted."""
    if record.exc_info and record.exc_info[0] is not None:
        return redacted(formatter.formatException(record.exc_info))
    return redacted(record.exc_text) if record.exc_text else None


def _log_uncaught(error: BaseException | None) -> None:
    if not isinstance(error, SystemExit):
        logger.critical(_UNCAUGHT, exc_info=error)
