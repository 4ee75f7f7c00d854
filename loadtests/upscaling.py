"""Upscales drawn by an engine of this process, for the commands that measure them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image

from inference.catalog import Catalog
from inference.engine import Engine
from inference.generation import Generation, State
from inference.options import EngineOptions
from inference.protocol import (
    GenerationParameters,
    GenerationRequest,
    Pictures,
    new_generation_id,
)

SECONDS_TO_LOAD: Final = 600.0
_MOMENT: Final = 0.02


@contextmanager
def patient_engine() -> Iterator[Engine]:
    """An engine with the bundled model, which draws also for those who do not listen.

    Raises:
        RuntimeError: It cannot be loaded.
    """
    engine = Engine(Catalog.read(), EngineOptions(grace=1e9)).start()
    try:
        if not engine.wait_until_loaded(SECONDS_TO_LOAD):
            raise RuntimeError(engine.health().detail)
        yield engine
    finally:
        engine.stop()


def drawn(engine: Engine, picture: bytes | None = None, **asked: object) -> Generation:
    """Draw a generation to its end.

    Raises:
        RuntimeError: It came to nothing.
    """
    over = {"init_image": "picture"} if picture else {}
    generation = engine.submit(
        GenerationRequest(
            id=new_generation_id(),
            parameters=GenerationParameters.model_validate({**over, **asked}),
            pictures=Pictures(init_image=picture),
        )
    )
    while not generation.ended:
        time.sleep(_MOMENT)
    if generation.state is not State.SUCCEEDED:
        raise RuntimeError(str(generation.mailbox.after(0)[-1].event))
    return generation


def pixels_of(file: bytes) -> np.ndarray:
    """Return the pixels uint8 [h, w, 3] of an image file."""
    return np.asarray(Image.open(BytesIO(file)).convert("RGB"))
