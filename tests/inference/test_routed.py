"""Several inference apps as one client: who is asked for what, and what happens when one is away."""

from __future__ import annotations

import pytest

from inference.protocol import InferenceClient, Unavailable, UnknownGeneration, UnknownModel
from inference.routed import RoutedInferenceClient
from tests.fixtures.inference import asking, drawn, heard
from tests.fixtures.scripted import CARD, ScriptedInference

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def apps() -> tuple[ScriptedInference, ScriptedInference]:
    """One app with the model `scripted`, one with `other`."""
    first, second = ScriptedInference(), ScriptedInference()
    second.cards = [CARD.model_copy(update={"name": "other"})]
    return first, second


@pytest.fixture
def routed(apps: tuple[ScriptedInference, ScriptedInference]) -> InferenceClient:
    return RoutedInferenceClient(apps)


Apps = tuple[ScriptedInference, ScriptedInference]


class TestGenerate:
    async def test_asks_the_app_that_offers_the_model(
        self, apps: Apps, routed: InferenceClient
    ) -> None:
        assert await drawn(routed, asking(model="other"))
        assert await drawn(routed, asking(model="scripted"))
        assert [len(app.asked) for app in apps] == [1, 1]

    async def test_without_a_model_asks_the_first(
        self, apps: Apps, routed: InferenceClient
    ) -> None:
        assert await drawn(routed, asking())
        assert [len(app.asked) for app in apps] == [1, 0]

    async def test_names_what_is_offered(self, routed: InferenceClient) -> None:
        with pytest.raises(UnknownModel, match="scripted, other"):
            await heard(routed, asking(model="sdxl"))

    async def test_goes_on_where_one_app_is_away(self, apps: Apps, routed: InferenceClient) -> None:
        apps[1].away = True
        assert await drawn(routed, asking(model="scripted"))
        with pytest.raises(UnknownModel):
            await heard(routed, asking(model="other"))

    async def test_finds_an_app_that_came_back(self, apps: Apps, routed: InferenceClient) -> None:
        apps[1].away = True
        await routed.models()
        apps[1].away = False
        assert await drawn(routed, asking(model="other"))


class TestImage:
    async def test_is_found_by_one_that_did_not_ask_for_it(
        self, apps: Apps, routed: InferenceClient
    ) -> None:
        request = asking(model="other")
        await drawn(routed, request)
        assert await RoutedInferenceClient(apps).image(request.id, 0)
        with pytest.raises(UnknownGeneration):
            await RoutedInferenceClient(apps).image("nobody", 0)


class TestAbout:
    async def test_offers_every_model_once(self, apps: Apps, routed: InferenceClient) -> None:
        apps[1].cards = [*apps[1].cards, CARD]
        assert [card.name for card in await routed.models()] == ["scripted", "other"]

    async def test_is_ready_while_anybody_is(self, apps: Apps, routed: InferenceClient) -> None:
        assert (await routed.health()).ready
        apps[0].away = True
        health = await routed.health()
        assert health.ready
        assert health.detail

    async def test_says_when_nobody_answers(self, apps: Apps, routed: InferenceClient) -> None:
        for app in apps:
            app.away = True
        with pytest.raises(Unavailable):
            await routed.health()
        with pytest.raises(Unavailable):
            await routed.models()
