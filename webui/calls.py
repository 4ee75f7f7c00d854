"""What a call of a page may tell when it fails: its kind and its place in the code, and nothing that was sent.

By itself Gradio prints the traceback past our logs and answers with the message; both name the value it cannot take,
as does FastAPI's answer to what is no call at all.
"""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Any

import gradio as gr
from fastapi import Request
from starlette.responses import JSONResponse

logger = logging.getLogger(__name__)


class CallBroken(Exception):
    """Stands in the log for the error of a call; its message is the kind of that error."""


class DiscreetBlocks(gr.Blocks):
    """Gradio's blocks; the errors of their calls leave without the values that caused them."""

    async def process_api(self, *given: Any, **named: Any) -> dict[str, Any]:  # noqa: ANN401 - as Gradio's
        """See `gradio.Blocks.process_api`.

        Raises:
            gr.Error: The call failed.
        """
        try:
            return await super().process_api(*given, **named)
        except Exception as error:  # noqa: BLE001 - Gradio would print each of them
            _log(type(error).__name__, error.__traceback__)
        raise gr.Error("The call failed.", print_exception=False)


async def refuse_unread(_request: Request, _error: Exception) -> JSONResponse:
    """Answer to what cannot be read as a call. FastAPI's own answer would repeat it."""
    return JSONResponse({"detail": "This is no call of a page."}, 422)


def _log(kind: str, where: TracebackType | None) -> None:
    logger.error("a call of a page failed", exc_info=(CallBroken, CallBroken(kind), where))
