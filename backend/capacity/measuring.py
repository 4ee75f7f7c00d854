"""Measures the engine that the settings name, with its progress on the terminal."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from backend.console import err
from inference.capacity.engines import CapacityError, EngineModel
from inference.capacity.measuring import measure
from inference.client import EmbeddedInferenceClient, connect
from inference.protocol import InferenceError

if TYPE_CHECKING:
    from backend.kit.settings import Settings
    from inference.protocol import InferenceClient

LOADED_WITHIN_S: Final = 900.0
LOOK_EVERY_S: Final = 0.2


def measured(settings: Settings, model: str | None) -> EngineModel:
    """Return what the engine does in which time; of one that this starts, with the seconds of its start.

    Raises:
        CapacityError: It did not start, has no such model, or could not draw.
    """
    try:
        return asyncio.run(_measured(settings, model))
    except InferenceError as error:
        raise CapacityError(f"the engine cannot be measured: {error}") from None


async def _measured(settings: Settings, model: str | None) -> EngineModel:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    client = connect(settings.inference_url, data_dir=settings.data_dir)
    columns = (TextColumn("· {task.description}"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(*columns, console=err) as progress:
            task = progress.add_task("starting the engine", total=None)
            started = await _started(client)

            def tell(what: str, done: int, whole: int) -> None:
                progress.update(task, description=what, completed=done, total=whole)

            return await measure(client, model=model, tell=tell, cold_start_s=started or 120.0)
    finally:
        await client.aclose()


async def _started(client: InferenceClient) -> float:
    """Wait until it can draw; return how many seconds that took of one that was started here, else 0."""
    began = time.monotonic()
    if isinstance(client, EmbeddedInferenceClient):
        await client.start()
    while not (health := await client.health()).ready:
        if time.monotonic() - began > LOADED_WITHIN_S:
            raise CapacityError(f"the engine was not ready after 15 minutes: {health.detail}")
        await asyncio.sleep(LOOK_EVERY_S)
    waited = time.monotonic() - began
    return round(waited, 1) if isinstance(client, EmbeddedInferenceClient) else 0.0
