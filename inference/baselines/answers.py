"""What a baseline answers: the picture as PNG, or why there is none. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Response
from fastapi.responses import JSONResponse

from inference.imaging import PNG, png
from inference.plain import told_of
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
    headers = {**told_of(drawn.seed, drawn.scores), "X-Batch-Size": str(drawn.batch)}
    # Compressed as quickly as our own server does, or the file format would decide the comparison.
    return Response(png(drawn.pixels), media_type=PNG, headers=headers)
