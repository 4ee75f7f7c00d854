"""What a baseline answers: the picture as PNG, or why there is none. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse
from PIL import Image

from inference.imaging import PNG
from inference.protocol import InferenceError, SafetyScores, problem_of


@dataclass(frozen=True)
class Picture:
    """A finished image: pixels uint8 [h, w, 3], its seed, its scores, how many were drawn together."""

    pixels: Any
    seed: int
    scores: SafetyScores | None
    batch: int = 1


Drawn = Picture | InferenceError


def answer_of(drawn: Drawn) -> Response:
    """Return the response for `drawn`, with the headers and errors of our own `/predict`.

    One more header, `X-Batch-Size`, lets a measurement see whether a batcher did batch.
    """
    if isinstance(drawn, InferenceError):
        return JSONResponse(problem_of(drawn), drawn.http_status)
    headers = {
        "X-Seed": str(drawn.seed),
        "X-Safety-Score": _highest(drawn.scores),
        "X-Batch-Size": str(drawn.batch),
    }
    return Response(_png(drawn.pixels), media_type=PNG, headers=headers)


def _highest(scores: SafetyScores | None) -> str:
    margins = list(scores.concepts.values()) if scores else []
    known = [margin for margin in margins if margin is not None]
    return f"{max(known):.4f}" if known and len(known) == len(margins) else "unchecked"


def _png(pixels: Any) -> bytes:  # noqa: ANN401 - a uint8 array
    """Compress as quickly as our own server does, or the file format would decide the comparison."""
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
