"""The tests' own scripted inference keeps the contract too, or what they prove would be worth little.

Left out is what it has no need of: a waiting room, prompts that have a say in the picture, and a real
checker's twenty scores.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from inference.protocol import InferenceClient
from tests.conformance import test_inference_client as suite
from tests.fixtures.scripted import CARD, ScriptedInference

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def client() -> AsyncIterator[InferenceClient]:
    made = ScriptedInference()
    lines = CARD.controls[0].model_copy(update={"name": "lines", "scale": 0.9})
    made.cards = [
        CARD.model_copy(
            update={
                "name": "tiny",
                "max_pixels": 65536,
                "safety_checker": "tiny-checker",
                "controls": [lines],
            }
        )
    ]
    yield made
    await made.aclose()


class TestGenerate(suite.TestGenerate): ...


class TestSameSeed(suite.TestSameSeed): ...


class TestLength(suite.TestLength): ...


class TestCancel(suite.TestCancel):
    test_takes_a_waiting_one_out = None  # type: ignore[assignment] # nothing waits


class TestAttach(suite.TestAttach): ...


class TestRefusals(suite.TestRefusals):
    test_more_than_the_waiting_room_holds = None  # type: ignore[assignment] # nothing waits


class TestDrawingOver(suite.TestDrawingOver): ...


class TestSlowReader(suite.TestSlowReader): ...


class TestAbout(suite.TestAbout): ...
