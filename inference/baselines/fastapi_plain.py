"""The study's FastAPI server: a `def` endpoint, which FastAPI runs in a pool of 40 threads.

Without a lock every request draws beside the others. A lock is the first thing that one would mend.
"""

from __future__ import annotations

import os
import socket
from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from types import FrameType
from typing import Any, NoReturn

import uvicorn
from fastapi import FastAPI, Response

from inference.baselines.answers import answer_of
from inference.baselines.predicting import Predictor
from inference.baselines.tally import Tally
from inference.catalog import Catalog
from inference.hosting import address, announce
from inference.protocol import GenerationParameters


def create_app(predictor: Predictor, tally: Tally, turn: AbstractContextManager[Any]) -> FastAPI:
    """Return the app in front of `predictor`, which counts in `tally` and is used while `turn` is held."""
    app = FastAPI(title="Baseline: FastAPI")
    tally.told_by(app)

    @app.get("/readyz")
    async def ready() -> None:
        """Say that it draws; the model is loaded before anything is served."""

    @app.post("/predict", response_class=Response)
    def predict(asked: GenerationParameters) -> Response:
        """Draw `asked` and return the (first) image."""
        with turn:
            (drawn,) = predictor.draw([asked])
        return answer_of(drawn)

    return app


def serve(port: int, *, one_at_a_time: bool) -> None:
    """Serve until a signal says stop."""
    tally, turn = Tally(), Lock() if one_at_a_time else nullcontext()
    app = create_app(Predictor(Catalog.read(), tally), tally, turn)
    listener = socket.create_server(("127.0.0.1", port))
    announce(address(*listener.getsockname()[:2]))
    _Server(uvicorn.Config(app, log_config=None, access_log=False)).run(sockets=[listener])


class _Server(uvicorn.Server):
    """uvicorn, ending at once: an ordinary exit would wait for every thread that still draws."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG002 - uvicorn's
        os._exit(0)
