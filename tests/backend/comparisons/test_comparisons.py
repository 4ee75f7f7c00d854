"""Comparisons over HTTP, on each database: made, drawn, voted on blindly, closed, and what they came to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow
from sqlmodel import col, select

from backend.comparisons import blindness
from backend.comparisons.models import Comparison, ComparisonPair
from backend.comparisons.schemas import Side
from backend.generations.models import Generation
from backend.images.models import Image
from backend.kit.settings import Settings
from tests.fixtures.actors import Client, add_user
from tests.fixtures.app import QUIET, UNLIMITED, Studio, open_studio
from tests.fixtures.scripted import CARD, ScriptedInference

API = "/api/v1"
VEGA = CARD.model_copy(update={"name": "vega", "title": "Vega", "weights_sha256": "e" * 64})
PROMPTS = ["a hat", "a coat", "a scarf"]


@pytest.fixture
def studio(tmp_path: Path, database_url: str) -> Iterator[Studio]:
    settings = Settings(data_dir=tmp_path, database_url=database_url, **QUIET, **UNLIMITED)
    with open_studio(settings, ScriptedInference()) as opened:
        opened.inference.cards = [CARD, VEGA]
        yield opened


@pytest.fixture
def admin(studio: Studio) -> Client:
    return studio.actors.browser("admin")


@pytest.fixture
def voter(studio: Studio) -> Client:
    return studio.actors.browser()


def make(admin: Client, **asked: Any) -> Any:
    body = {"models": ["scripted", "vega"], "prompts": PROMPTS, **asked}
    answer = admin.post(f"{API}/comparisons", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def drawn(studio: Studio, admin: Client, **asked: Any) -> str:
    """Make a comparison and wait until all of it is drawn; return its id."""
    made = make(admin, **asked)
    for row in generations(studio):
        admin.get(f"{API}/generations/{row.id}/events").raise_for_status()
    return str(made["id"])


def generations(studio: Studio) -> list[Generation]:
    with studio.context.database.read() as session:
        return list(session.exec(select(Generation).order_by(col(Generation.id))))


def ballot(voter: Client, comparison: str) -> Any:
    answer = voter.get(f"{API}/ballots/{comparison}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def say(voter: Client, comparison: str, pair: str, choice: str) -> int:
    answer = voter.put(f"{API}/ballots/{comparison}/pairs/{pair}", json={"choice": choice})
    return int(answer.status_code)


def side_of(studio: Studio, voter_id: str, comparison: str, pair: str, model: str) -> str:
    """Return on which side a voter sees a model, which the studio alone knows."""
    with studio.context.database.read() as session:
        row = session.get_one(Comparison, comparison)
        left = blindness.first_is_left(row, voter_id, pair)
    return "left" if left is (model == row.first) else "right"


class TestMaking:
    def test_both_draw_the_same_prompts_seeds_and_sizes(
        self, studio: Studio, admin: Client
    ) -> None:
        wide = VEGA.defaults.model_copy(update={"width": 128, "height": 128})
        studio.inference.cards = [CARD, VEGA.model_copy(update={"defaults": wide})]
        told = make(admin, seed=40)
        asked = [row.parameters for row in generations(studio)]
        assert [(one.prompt, one.model, one.seed) for one in asked] == [
            (prompt, model, 40 + place)
            for place, prompt in enumerate(PROMPTS)
            for model in ("scripted", "vega")
        ]
        assert {(one.width, one.height, one.priority) for one in asked} == {(64, 64, "low")}
        assert sum(told["pairs"].values()) == 3
        assert (told["mine"], told["outcome"], told["first"]["wins"]) == (True, None, None)

    def test_takes_the_newest_different_prompts_of_ones_own(
        self, studio: Studio, admin: Client, voter: Client
    ) -> None:
        for prompt in ("first", "second", "second", "third"):
            studio.draw(admin, prompt)
        studio.draw(voter, "not mine")
        make(admin, prompts=[], source="mine", count=2)
        with studio.context.database.read() as session:
            found = session.exec(select(ComparisonPair.prompt).order_by(ComparisonPair.id)).all()
        assert found == ["third", "second"]

    def test_takes_those_that_come_with_the_studio(self, admin: Client) -> None:
        assert sum(make(admin, prompts=[], count=5)["pairs"].values()) == 5

    @pytest.mark.parametrize(
        ("asked", "status", "field"),
        [
            ({"models": ["scripted", "scripted"]}, 422, "models"),
            ({"models": ["scripted", "vegga"]}, 422, "models.1"),
            ({"prompts": [], "source": "mine"}, 422, "source"),
            ({"prompts": ["a"] * 21}, 422, "prompts"),
        ],
    )
    def test_refuses_what_makes_no_sense(
        self, studio: Studio, admin: Client, asked: dict[str, Any], status: int, field: str
    ) -> None:
        body = {"models": ["scripted", "vega"], "prompts": PROMPTS, **asked}
        answer = admin.post(f"{API}/comparisons", json=body)
        assert answer.status_code == status
        assert answer.json()["fields"][0]["field"] == field
        assert generations(studio) == []

    def test_ten_are_open_at_most(self, admin: Client) -> None:
        for _ in range(10):
            make(admin, prompts=["a hat"])
        body = {"models": ["scripted", "vega"], "prompts": ["a hat"]}
        assert admin.post(f"{API}/comparisons", json=body).status_code == 409


class TestBlindness:
    def test_nothing_that_a_voter_is_told_names_a_model_or_an_image(
        self, studio: Studio, admin: Client, voter: Client
    ) -> None:
        comparison = drawn(studio, admin)
        with studio.context.database.read() as session:
            images = session.exec(select(Image)).all()
            secret = session.get_one(Comparison, comparison).secret
        telling = {CARD.weights_sha256, VEGA.weights_sha256, VEGA.name, CARD.name, secret}
        telling |= {VEGA.title, CARD.title}
        telling |= {one for image in images for one in (image.id, image.generation_id)}
        telling |= {one for image in images for one in (image.sha256, image.storage_key)}
        heard = [voter.get(f"{API}/ballots")]
        heard.append(voter.get(f"{API}/ballots/{comparison}"))
        for pair in heard[-1].json()["pairs"]:
            heard += [voter.get(pair[side]) for side in ("left", "right")]
        for answer in heard:
            answer.raise_for_status()
            said = answer.content + repr(answer.headers).encode() + str(answer.url).encode()
            for word in telling:
                assert word.lower().encode() not in said.lower(), (answer.url, word)
        assert len(heard) == 2 + 2 * len(PROMPTS)

    def test_the_two_files_of_a_pair_say_the_same(
        self, studio: Studio, admin: Client, voter: Client
    ) -> None:
        comparison = drawn(studio, admin)
        for pair in ballot(voter, comparison)["pairs"]:
            left, right = (voter.get(pair[side]) for side in ("left", "right"))
            assert dict(left.headers, **UNSAID) == dict(right.headers, **UNSAID)
            assert not {"etag", "last-modified"} & set(left.headers)
            said = []
            for answer in (left, right):
                with Pillow.open(BytesIO(answer.content)) as picture:
                    said.append((picture.info.get("exif"), picture.info.get("xmp"), picture.size))
            assert said[0] == said[1]
            assert said[0][0] is None
            assert b"trainedAlgorithmicMedia" in said[0][1]

    def test_a_voter_cannot_reach_the_images_elsewhere(
        self, studio: Studio, admin: Client, voter: Client
    ) -> None:
        comparison = drawn(studio, admin)
        with studio.context.database.read() as session:
            image = session.exec(select(Image)).all()[0]
        for path in (
            f"images/{image.id}",
            f"images/{image.id}/content?variant=clean",
            f"generations/{image.generation_id}",
            f"library/{image.id}",
            f"ballots/{comparison}/pairs/{image.id}/left",
            f"ballots/{comparison}/pairs/{image.generation_id}/left",
        ):
            assert voter.get(f"{API}/{path}").status_code == 404, path
        assert voter.get(f"{API}/comparisons/{comparison}").status_code == 403

    def test_order_and_sides_differ_between_voters_and_stay(
        self, studio: Studio, admin: Client
    ) -> None:
        comparison = drawn(studio, admin, prompts=[f"hat {n}" for n in range(8)])
        with studio.context.database.read() as session:
            row = session.get_one(Comparison, comparison)
            pairs = session.exec(select(ComparisonPair)).all()
        voters = [add_user(studio.context.database).id for _ in range(40)]
        orders = {
            tuple(pair.id for pair in blindness.shuffled(row, voter, pairs)) for voter in voters
        }
        lefts = [blindness.first_is_left(row, voter, pair.id) for voter in voters for pair in pairs]
        assert len(orders) == len(voters)
        assert abs(sum(lefts) - len(lefts) / 2) < 5 * (len(lefts) / 4) ** 0.5
        person = studio.actors.browser()
        assert ballot(person, comparison) == ballot(person, comparison)

    def test_each_side_is_the_image_of_its_model(
        self, studio: Studio, admin: Client, voter: Client
    ) -> None:
        comparison = drawn(studio, admin)
        me = voter.get(f"{API}/me").json()["id"]
        with studio.context.database.read() as session:
            pairs = session.exec(select(ComparisonPair)).all()
            row = session.get_one(Comparison, comparison)
            for pair in pairs:
                for model, generation in (("scripted", pair.first_id), ("vega", pair.second_id)):
                    side = side_of(studio, me, comparison, pair.id, model)
                    found = blindness.generation_on(row, me, pair, Side(side))
                    assert found == generation

    def test_held_images_never_come_up(self, studio: Studio, admin: Client, voter: Client) -> None:
        comparison = drawn(studio, admin, prompts=["a hat", "a dress with motif"])
        [pair] = ballot(voter, comparison)["pairs"]
        assert pair["prompt"] == "a hat"
        with studio.context.database.read() as session:
            rows = session.exec(select(ComparisonPair)).all()
        held = next(row.id for row in rows if row.prompt != "a hat")
        for side in ("left", "right"):
            path = f"{API}/ballots/{comparison}/pairs/{held}/{side}"
            assert voter.get(path).status_code == 404
        assert say(voter, comparison, held, "left") == 404
        told = admin.get(f"{API}/comparisons/{comparison}").json()["pairs"]
        assert (told["ready"], told["held"]) == (1, 1)

    def test_what_is_gone_is_no_pair(self, studio: Studio, admin: Client, voter: Client) -> None:
        comparison = drawn(studio, admin, prompts=["a hat"])
        [pair] = ballot(voter, comparison)["pairs"]
        [one, _] = admin.get(f"{API}/images").json()["items"]
        body = {"image_ids": [one["id"]], "trashed": True}
        admin.post(f"{API}/library/changes", json=body).raise_for_status()
        assert ballot(voter, comparison)["pairs"] == []
        assert voter.get(pair["left"]).status_code == voter.get(pair["right"]).status_code == 404

    def test_whoever_made_it_has_no_vote(self, studio: Studio, admin: Client) -> None:
        comparison = drawn(studio, admin)
        assert admin.get(f"{API}/ballots").json() == []
        assert admin.get(f"{API}/ballots/{comparison}").status_code == 403
        with studio.context.database.read() as session:
            pair = session.exec(select(ComparisonPair.id)).all()[0]
        assert say(admin, comparison, pair, "left") == 403


UNSAID = {"content-length": "", "date": "", "x-request-id": "", "server-timing": ""}


class TestVoting:
    def test_one_vote_a_pair_that_may_be_changed_until_it_is_closed(
        self, studio: Studio, admin: Client, voter: Client
    ) -> None:
        comparison = drawn(studio, admin)
        first, second, _ = ballot(voter, comparison)["pairs"]
        for choice in ("left", "right", "neither", "left"):
            assert say(voter, comparison, first["id"], choice) == 204
        assert say(voter, comparison, second["id"], "neither") == 204
        told = ballot(voter, comparison)
        assert [pair["choice"] for pair in told["pairs"]] == ["left", "neither", None]
        assert (told["ready"], told["voted"], told["drawing"]) == (3, 2, 0)
        assert voter.get(f"{API}/ballots").json()[0]["voted"] == 2
        seen = admin.get(f"{API}/comparisons/{comparison}").json()
        assert (seen["votes"], seen["voters"], seen["outcome"]) == (2, 1, None)
        admin.post(f"{API}/comparisons/{comparison}/close").raise_for_status()
        assert say(voter, comparison, first["id"], "right") == 409
        assert voter.get(first["left"]).status_code == 404
        assert voter.get(f"{API}/ballots").json() == []

    def test_the_same_vote_at_once_is_one(
        self, studio: Studio, admin: Client, voter: Client
    ) -> None:
        comparison = drawn(studio, admin, prompts=["a hat"])
        [pair] = ballot(voter, comparison)["pairs"]
        with ThreadPoolExecutor(4) as threads:
            said = list(
                threads.map(lambda c: say(voter, comparison, pair["id"], c), ["left", "right"] * 4)
            )
        assert set(said) == {204}
        assert admin.get(f"{API}/comparisons/{comparison}").json()["votes"] == 1

    def test_what_it_came_to(self, studio: Studio, admin: Client) -> None:
        comparison = drawn(studio, admin)
        # Vega three times, Scripted once, once neither: by two people of three and two pairs.
        said = {0: ("vega", "vega", "scripted"), 1: ("vega", None)}
        people = [studio.actors.browser() for _ in said]
        for place, person in enumerate(people):
            me = person.get(f"{API}/me").json()["id"]
            pairs = sorted(pair["id"] for pair in ballot(person, comparison)["pairs"])
            for pair, model in zip(pairs, said[place], strict=False):
                side = side_of(studio, me, comparison, pair, model) if model else "neither"
                assert say(person, comparison, pair, side) == 204
        closed = admin.post(f"{API}/comparisons/{comparison}/close").json()
        outcome = closed["outcome"]
        assert (outcome["first"]["model"], outcome["first"]["wins"]) == ("scripted", 1)
        assert (outcome["second"]["model"], outcome["second"]["wins"]) == ("vega", 3)
        assert (outcome["neither"], outcome["voters"], outcome["share"]) == (1, 2, 0.25)
        assert outcome["p_value"] == pytest.approx(10 / 16)
        assert outcome["low"] < 0.25 < outcome["high"]
        assert admin.post(f"{API}/comparisons/{comparison}/close").json() == closed
        told = ballot(people[0], comparison)
        assert (told["pairs"], told["outcome"]) == ([], outcome)
        verbs = [one.verb for one in studio.audited(f"comparison:{comparison}")]
        assert verbs == ["comparison.create", "comparison.close"]

    def test_closing_stops_what_is_not_drawn(self, studio: Studio, admin: Client) -> None:
        admin.post(f"{API}/queue/drain").raise_for_status()
        comparison = make(admin)["id"]
        admin.post(f"{API}/comparisons/{comparison}/close").raise_for_status()
        assert {row.state for row in generations(studio)} == {"canceled"}

    def test_is_for_those_who_generate(self, studio: Studio, admin: Client) -> None:
        comparison = drawn(studio, admin)
        marketing = studio.actors.browser("marketing")
        assert marketing.get(f"{API}/ballots").status_code == 403
        assert marketing.get(f"{API}/ballots/{comparison}").status_code == 403

    def test_other_weights_since_are_told(
        self, studio: Studio, admin: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        comparison = drawn(studio, admin)
        monkeypatch.setattr("backend.catalog.service.FRESH_FOR_S", 0.0)
        studio.inference.cards = [CARD, VEGA.model_copy(update={"weights_sha256": "d" * 64})]
        told = admin.get(f"{API}/comparisons/{comparison}").json()
        assert [told[one]["weights_changed"] for one in ("first", "second")] == [False, True]


def test_an_address_tells_nothing(studio: Studio, admin: Client, voter: Client) -> None:
    comparison = drawn(studio, admin, prompts=["a hat"])
    [pair] = ballot(voter, comparison)["pairs"]
    pattern = rf"/api/v1/ballots/{comparison}/pairs/[0-9a-z]{{26}}/(left|right)"
    assert re.fullmatch(pattern, pair["left"])
    assert re.fullmatch(pattern, pair["right"])
