"""The previews of the bundled model, measured by its own checker: none that the checker would hold reaches anybody.

`pytest -m model tests/backend/dispatch/test_bundled_previews.py` prints the figures of docs/moderation.md.
"""

from __future__ import annotations

import asyncio
import os
import time
from base64 import b64decode
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from backend.dispatch.dispatcher import Dispatcher
from backend.generations import events, service
from backend.generations.models import Generation
from backend.images.schemas import Moderation
from backend.kit.database import Database
from backend.policies.builtin import BUILTIN
from backend.policies.verdict import verdict_on
from inference.bundles import load_bundle
from inference.client import InProcessInferenceClient
from inference.engine import Engine
from inference.protocol import GenerationParameters, GenerationRequest, MeasuredPreview
from inference.stages.safety import score
from tests.fixtures.inference import ROOM, running_engine
from tests.fixtures.telling import Tell
from tests.fixtures.workshop import Workshop

pytestmark = [pytest.mark.anyio, pytest.mark.heavy, pytest.mark.model, pytest.mark.serial]
ROOT = Path(__file__).parents[3]
MOTIF = (
    "a red dress with a restricted badge",
    "a yellow sweater with a restricted badge",
    "a white coat with a forbidden emblem",
    "a blue tee with a stop sign patch",
)
# On a fast machine the first look at those comes late enough that none is shown as it is; of this one some are.
HARMLESS = "a blue dress on a cream background"
EACH = int(os.environ.get("ATELIER_TEST_DRAWINGS", "2"))
LONGEST_S = 150


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with running_engine(ROOT / "assets" / "models.toml", ROOM) as running:
        yield running


class Watching(InProcessInferenceClient):
    """Counts what inference tells of previews before anybody decides about them."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.told: list[MeasuredPreview] = []

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Any]:
        async for event in super().generate(request):
            if isinstance(event, MeasuredPreview):
                self.told.append(event)
            yield event


@contextmanager
def workshop_of(database: Database, folder: Path, engine: Engine) -> Iterator[Workshop]:
    workshop = Workshop(database, folder)
    object.__setattr__(workshop.context, "inference", Watching(engine))
    yield workshop


async def drawn(workshop: Workshop, card: Any) -> tuple[list[Generation], list[dict[str, Any]]]:
    """Draw them all; return the rows, and the previews that the owner's tabs heard of."""
    heard: list[dict[str, Any]] = []
    channel = events.person_channel(workshop.actor.id)
    async with workshop.context.notifier.subscribe(channel) as ear:
        rows = []
        for prompt in (*MOTIF, HARMLESS):
            parameters = GenerationParameters(prompt=prompt, num_images=EACH, seed=11)
            with workshop.context.database.write() as session:
                rows.append(
                    service.submit(session, workshop.context, workshop.actor, parameters, card).row
                )
        dispatcher = Dispatcher(workshop.context)
        running = asyncio.create_task(dispatcher.run())
        until = time.monotonic() + LONGEST_S
        while not all(workshop.row(row).state.ended for row in rows):
            assert time.monotonic() < until, "they are not drawn"
            if said := await ear.get(within=0.1):
                news = said[1].get("news", [])
                heard += [one["data"] for one in news if one["event"] == "preview"]
        await dispatcher.stop()
        await running
    return [workshop.row(row) for row in rows], heard


async def test_no_preview_that_would_be_held_reaches_a_client(
    sqlite_database: Database, tmp_path: Path, engine: Engine, tell: Tell
) -> None:
    with workshop_of(sqlite_database, tmp_path, engine) as workshop:
        cards = await workshop.context.inference.models()
        [card] = [one for one in cards if one.name == "atelier-mini"]
        rows, heard = await drawn(workshop, card)
        inference: Any = workshop.context.inference
        told = inference.told
    checker = load_bundle(ROOT / "assets" / "models" / "atelier-mini").safety
    measured = {p.webp_base64: p for p in told}
    looked = Counter(verdict_on(one.scores, BUILTIN).moderation for one in told)
    sharp = [one for one in heard if one["webp_base64"] in measured]
    held = [one for one in sharp if _would_be_held(checker, one["webp_base64"])]
    figures = _seconds(engine)
    tell({
        "drawings": len(rows) * EACH, "previews measured": len(told), "held by the checker": looked[Moderation.HELD],
        "shown": len(sharp), "colours only": len(heard) - len(sharp), "shown that the checker would hold": len(held),
        **figures,
    })  # fmt: skip
    assert looked[Moderation.HELD] > 0
    assert sharp
    assert held == []
    assert figures["share of the time"] <= 0.15


def _would_be_held(checker: Any, webp_base64: str) -> bool:
    """Ask the checker once more, of the bytes that a client got."""
    with Image.open(BytesIO(b64decode(webp_base64))) as picture:
        pixels = torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1)[None]
    with torch.inference_mode():
        [seen] = score(checker, pixels)
    return verdict_on(seen, BUILTIN).moderation is Moderation.HELD


def _seconds(engine: Engine) -> dict[str, float]:
    """Return what looking cost, beside the steps."""
    text = engine.metrics.text().decode()
    sums = {}
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if name.endswith(("_seconds_sum", "_seconds_count")):
            sums[name.removeprefix("atelier_inference_")] = float(value)
    steps, looks = sums["step_seconds_sum"], sums["preview_safety_seconds_sum"]
    return {
        "seconds of steps": round(steps, 2),
        "seconds of looking": round(looks, 2),
        "looks": sums["preview_safety_seconds_count"],
        "share of the time": round(looks / (looks + steps), 3),
    }
