from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from backend.catalog import service
from backend.catalog.service import Catalog, DemoCheckerRefused
from backend.kit.errors import NotReady, Unprocessable
from backend.kit.settings import Settings
from inference.protocol import CheckerCard, ModelCard
from tests.fixtures.app import Studio
from tests.fixtures.scripted import CARD, ScriptedInference

OTHER = CARD.model_copy(update={"name": "sd-v1-4"})
DEMO = CARD.model_copy(update={"safety_checker": "demo-safety-checker"})
SAYS_SO = CARD.model_copy(
    update={"checkers": [CheckerCard(name="shield", kind="head", scope="Demo: sees one badge")]}
)


class Counting(ScriptedInference):
    """Counts the questions, and answers them only when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.questions = 0
        self.slow = False

    async def models(self) -> list[ModelCard]:
        self.questions += 1
        if self.slow:
            await asyncio.sleep(60)
        return await super().models()


@pytest.fixture
def inference() -> Counting:
    return Counting()


@pytest.fixture
def catalog(inference: Counting, tmp_path: Path) -> Catalog:
    return Catalog(inference, Settings(data_dir=tmp_path))


def public(tmp_path: Path, *, allowed: bool) -> Settings:
    return Settings(
        data_dir=tmp_path,
        host="0.0.0.0",
        public_url="https://studio.test",
        oidc_issuer="https://issuer.test",
        allow_demo_safety_checker=allowed,
    )


class TestCards:
    def test_many_at_once_are_one_question(self, catalog: Catalog, inference: Counting) -> None:
        async def ask() -> None:
            await asyncio.gather(*(catalog.cards() for _ in range(20)))
            await catalog.cards()

        asyncio.run(ask())
        assert inference.questions == 1

    def test_the_last_known_cards_serve_while_inference_is_away(
        self, catalog: Catalog, inference: Counting, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service, "FRESH_FOR_S", 0.0)

        async def ask() -> None:
            await catalog.cards()
            inference.away = True
            assert await catalog.cards() == [CARD]

        asyncio.run(ask())
        assert inference.questions == 2

    def test_while_inference_loads_one_is_told_when_to_come_back(
        self, catalog: Catalog, inference: Counting
    ) -> None:
        inference.away = True
        with pytest.raises(NotReady) as caught:
            asyncio.run(catalog.cards())
        assert caught.value.retry_after == service.RETRY_AFTER_S

    def test_nobody_waits_for_an_answer_that_does_not_come(
        self, catalog: Catalog, inference: Counting, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service, "ANSWER_WITHIN_S", 0.01)
        inference.slow = True

        async def ask() -> None:
            for _ in range(3):
                with pytest.raises(NotReady):
                    await catalog.cards()
            await catalog.aclose()

        asyncio.run(ask())
        assert inference.questions == 1


class TestResolve:
    def test_no_name_is_the_first(self, catalog: Catalog, inference: Counting) -> None:
        inference.cards = [OTHER, CARD]
        assert asyncio.run(catalog.resolve(None)) == OTHER

    def test_a_name_is_that_model(self, catalog: Catalog, inference: Counting) -> None:
        inference.cards = [OTHER, CARD]
        assert asyncio.run(catalog.resolve("scripted")) == CARD

    def test_an_unknown_name_is_refused_with_the_nearest(
        self, catalog: Catalog, inference: Counting
    ) -> None:
        inference.cards = [CARD, OTHER]
        with pytest.raises(Unprocessable) as caught:
            asyncio.run(catalog.resolve("sd1.4"))
        [problem] = caught.value.fields
        assert (problem.field, problem.nearest) == ("model", "sd-v1-4")
        assert problem.limit == "one of scripted, sd-v1-4"


class TestDemonstrationChecker:
    def test_serves_on_loopback(self, catalog: Catalog, inference: Counting) -> None:
        inference.cards = [DEMO]
        assert asyncio.run(catalog.cards()) == [DEMO]

    @pytest.mark.parametrize("demo", [DEMO, SAYS_SO], ids=["by name", "by scope"])
    def test_is_refused_in_public(
        self, inference: Counting, tmp_path: Path, demo: ModelCard
    ) -> None:
        inference.cards = [CARD, demo]
        catalog = Catalog(inference, public(tmp_path, allowed=False))
        with pytest.raises(DemoCheckerRefused, match="ATELIER_ALLOW_DEMO_SAFETY_CHECKER"):
            asyncio.run(catalog.cards())

    def test_serves_in_public_when_that_is_meant(self, inference: Counting, tmp_path: Path) -> None:
        inference.cards = [DEMO]
        catalog = Catalog(inference, public(tmp_path, allowed=True))
        assert asyncio.run(catalog.cards()) == [DEMO]

    def test_a_model_that_changes_under_way_is_refused_too(
        self, inference: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(service, "FRESH_FOR_S", 0.0)
        catalog = Catalog(inference, public(tmp_path, allowed=False))

        async def ask() -> None:
            assert await catalog.cards() == [CARD]
            inference.cards = [DEMO]
            with pytest.raises(DemoCheckerRefused):
                await catalog.cards()

        asyncio.run(ask())


class TestListModels:
    def test_shows_the_cards(self, studio: Studio) -> None:
        listed = studio.actors.browser("marketing").get("/api/v1/models").json()
        assert [card["name"] for card in listed] == ["scripted"]

    def test_says_when_to_come_back(self, studio: Studio) -> None:
        studio.inference.away = True
        answer = studio.actors.browser().get("/api/v1/models")
        assert answer.status_code == 503
        assert answer.json()["code"] == "not_ready"
        assert int(answer.headers["retry-after"]) > 0
