"""The study's LitServe server, and the same with LitServe's request-level batching.

LitServe has its HTTP server in one process and the model in another. It leaves both behind when it is
told to end; here they are ended.
"""

# No `from __future__ import annotations`: LitServe hands the annotations of `decode_request` and
# `encode_response` on to FastAPI as they are, and cannot do so with strings.
import multiprocessing
import socket
import threading
import time

import litserve as ls
from fastapi import Response

from inference.baselines import BATCH_IMAGES, BATCH_SECONDS
from inference.baselines.answers import Drawn, answer_of
from inference.baselines.tally import Tally
from inference.catalog import Catalog
from inference.hosting import address, announce, free_port
from inference.protocol import GenerationParameters

HOST = "127.0.0.1"
LOOK_SECONDS = 0.05
LAST_SECONDS = 1


class Drawing(ls.LitAPI):
    """What both have in common: the model, the question and the answer."""

    tally: Tally

    def setup(self, device: str) -> None:  # noqa: ARG002 - `inference.devices` chooses, for every arm
        """Load the model, in the process that draws."""
        from inference.baselines.predicting import Predictor  # noqa: PLC0415 - torch is for that one

        self._predictor = Predictor(Catalog.read(), self.tally)

    def decode_request(self, request: GenerationParameters) -> GenerationParameters:
        """Leave `request` as FastAPI has checked it."""
        return request

    def encode_response(self, drawn: Drawn) -> Response:
        """Write the answer."""
        return answer_of(drawn)


class OneByOne(Drawing):
    """One request after another."""

    def predict(self, asked: GenerationParameters) -> Drawn:
        """Draw one request."""
        return self._predictor.draw([asked])[0]


class Batched(Drawing):
    """What came within a moment together. A request that cannot be drawn fails alone."""

    def predict(self, asked: list[GenerationParameters]) -> list[Drawn]:
        """Draw a batch."""
        return self._predictor.draw(asked)


def serve(port: int, *, batched: bool) -> None:
    """Serve until a signal says stop."""
    port = port or free_port()
    api = (
        Batched(max_batch_size=BATCH_IMAGES, batch_timeout=BATCH_SECONDS) if batched else OneByOne()
    )
    api.tally = Tally()
    # No time limit in the queue, for none of the others has one.
    server = ls.LitServer(api, devices=1, timeout=False, healthcheck_path="/readyz")
    api.tally.told_by(server.app)
    server.uvicorn_graceful_timeout = LAST_SECONDS
    threading.Thread(target=_announce_when_listening, args=[port], daemon=True).start()
    try:
        server.run(
            host=HOST, port=port, log_level="error", generate_client_file=False, access_log=False
        )
    finally:
        for child in multiprocessing.active_children():
            child.kill()
            child.join()


def _announce_when_listening(port: int) -> None:
    """LitServe listens once its model is loaded, in a process of its own, and tells nobody."""
    while True:
        with socket.socket() as visitor:
            if visitor.connect_ex((HOST, port)) == 0:
                break
        time.sleep(LOOK_SECONDS)
    announce(address(HOST, port))
