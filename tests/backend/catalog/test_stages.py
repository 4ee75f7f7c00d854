"""The stages of models: every move, the default, the canary's lot and rollback, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from math import sqrt

import pytest
from sqlmodel import col, select

from backend.accounts.actor import Actor
from backend.catalog import choosing, management
from backend.catalog.choosing import Choices
from backend.catalog.models import ModelChoice
from backend.catalog.moving import LastModel, NoRollback, Registry
from backend.catalog.schemas import DefaultBefore, ManagedModel, ModelChange, MovePublic
from backend.catalog.stages import MOVES, Stage, is_drawn_by_canary
from backend.kit.database import Database
from backend.kit.errors import Conflict, NotFound, Unprocessable
from backend.kit.ids import new_id
from inference.protocol import ModelCard
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.scripted import CARD
from tests.fixtures.workshop import audited

VEGA, LYRA = (CARD.model_copy(update={"name": name}) for name in ("vega", "lyra"))
CARDS = [CARD, VEGA, LYRA]
WHY = "Draws hands badly; use scripted"
PEOPLE = 10_000


@pytest.fixture
def boss(database: Database) -> Actor:
    return actor_of(add_user(database, "admin", name="Ada"))


@pytest.fixture
def designer(database: Database) -> Actor:
    return actor_of(add_user(database, "designer"))


def move(  # noqa: PLR0913
    database: Database,
    boss: Actor,
    name: str,
    stage: Stage,
    *,
    share: int | None = None,
    reason: str = "",
    cards: list[ModelCard] = CARDS,
) -> ManagedModel:
    """Move a model; a canary and a retired one get what they need where nothing is said."""
    share = 5 if stage is Stage.CANARY and share is None else share
    reason = WHY if stage is Stage.RETIRED and not reason else reason
    with database.write() as session:
        wanted = ModelChange(stage=stage, share=share, reason=reason)
        Registry(session, boss, cards).move(name, wanted)
        return management.managed_one(session, cards, name)


def roll_back(database: Database, boss: Actor, cards: list[ModelCard] = CARDS) -> str:
    with database.write() as session:
        return Registry(session, boss, cards).roll_back("Hands")


def offered(database: Database, actor: Actor, cards: list[ModelCard] = CARDS) -> list[str]:
    return [card.name for card in choosing.choices_in(database).offered_to(actor, cards).cards]


def stages(database: Database, cards: list[ModelCard] = CARDS) -> dict[str, Stage]:
    with database.read() as session:
        return {one.name: one.stage for one in management.managed(session, cards)}


def history(database: Database, name: str) -> list[MovePublic]:
    with database.read() as session:
        return management.history(session, CARDS, name)


def before(database: Database, cards: list[ModelCard] = CARDS) -> DefaultBefore | None:
    with database.read() as session:
        return management.before(session, cards)


def put(database: Database, name: str, stage: Stage) -> None:
    with database.write() as session:
        share = 5 if stage is Stage.CANARY else None
        session.add(ModelChoice(model=name, stage=stage, share=share, reason=WHY))


class TestMoves:
    @pytest.mark.parametrize(("before", "after"), list(product(Stage, Stage)))
    def test_every_one_is_done_or_refused(
        self, database: Database, boss: Actor, before: Stage, after: Stage
    ) -> None:
        put(database, "vega", before)
        if before is after or after in MOVES[before]:
            assert move(database, boss, "vega", after).stage is after
            assert [(one.before, one.after) for one in history(database, "vega")] == [
                (before, after)
            ]
        else:
            with pytest.raises(Conflict):
                move(database, boss, "vega", after)
            assert (stages(database)["vega"], history(database, "vega")) == (before, [])

    def test_only_these_are_refused(self) -> None:
        refused = {
            (before, after)
            for before, after in product(Stage, Stage)
            if before is not after and after not in MOVES[before]
        }
        assert refused == {
            (Stage.STAGING, Stage.DEFAULT),
            (Stage.DEFAULT, Stage.STAGING),
            (Stage.DEFAULT, Stage.CANARY),
            (Stage.DEFAULT, Stage.AVAILABLE),
            (Stage.DEFAULT, Stage.RETIRED),
            (Stage.RETIRED, Stage.CANARY),
            (Stage.RETIRED, Stage.DEFAULT),
        }

    def test_say_who_may_ask_for_what(
        self, database: Database, boss: Actor, designer: Actor
    ) -> None:
        move(database, boss, "vega", Stage.STAGING)
        assert offered(database, boss) == ["scripted", "lyra", "vega"]
        assert offered(database, designer) == ["scripted", "lyra"]
        told = move(database, boss, "vega", Stage.RETIRED)
        assert (told.stage, told.reason, told.changed_by) == (Stage.RETIRED, WHY, "Ada")
        assert offered(database, boss) == ["scripted", "lyra"]
        assert move(database, boss, "vega", Stage.AVAILABLE).reason == ""
        assert offered(database, designer) == ["scripted", "vega", "lyra"]

    def test_each_is_kept_and_written_down(self, database: Database, boss: Actor) -> None:
        move(database, boss, "vega", Stage.STAGING, reason="look at it")
        move(database, boss, "vega", Stage.CANARY, share=10)
        newest, oldest = history(database, "vega")
        assert (newest.before, newest.after, newest.share) == (Stage.STAGING, Stage.CANARY, 10)
        assert (oldest.by, oldest.reason) == ("Ada", "look at it")
        assert oldest.weights_sha256 == VEGA.weights_sha256
        first, second = audited(database, "model:vega")
        weights = {"weights_sha256": VEGA.weights_sha256}
        assert first.verb == second.verb == "model.stage"
        assert first.detail == {
            "from": "available",
            "to": "staging",
            "reason": "look at it",
            **weights,
        }
        assert second.detail == {"from": "staging", "to": "canary", "share": "10", **weights}

    def test_nothing_changed_is_no_move(self, database: Database, boss: Actor) -> None:
        move(database, boss, "vega", Stage.CANARY, share=7)
        move(database, boss, "vega", Stage.CANARY, share=7)
        assert len(history(database, "vega")) == 1
        move(database, boss, "vega", Stage.CANARY, share=9)
        assert len(history(database, "vega")) == 2

    @pytest.mark.parametrize(
        ("stage", "share", "field"),
        [
            (Stage.RETIRED, None, "reason"),
            (Stage.CANARY, None, "share"),
            (Stage.AVAILABLE, 5, "share"),
        ],
    )
    def test_refuse_what_lacks_a_word(
        self, database: Database, boss: Actor, stage: Stage, share: int | None, field: str
    ) -> None:
        with pytest.raises(Unprocessable) as caught, database.write() as session:
            Registry(session, boss, CARDS).move("vega", ModelChange(stage=stage, share=share))
        assert caught.value.fields[0].field == field

    def test_refuse_what_is_not_there(self, database: Database, boss: Actor) -> None:
        with pytest.raises(NotFound):
            move(database, boss, "altair", Stage.AVAILABLE)
        move(database, boss, "vega", Stage.STAGING)
        for stage, name in ((Stage.CANARY, "vega"), (Stage.DEFAULT, "lyra")):
            put_back = [card for card in CARDS if card.name != name]
            if name == "lyra":
                move(database, boss, "lyra", Stage.CANARY)
            with pytest.raises(Conflict, match="not offered now"):
                move(database, boss, name, stage, cards=put_back)

    def test_one_canary_at_a_time(self, database: Database, boss: Actor) -> None:
        move(database, boss, "vega", Stage.CANARY)
        with pytest.raises(Conflict, match="vega is the canary"):
            move(database, boss, "lyra", Stage.CANARY)

    @pytest.mark.parametrize("stage", [Stage.STAGING, Stage.CANARY, Stage.RETIRED])
    def test_the_last_that_draws_for_everybody_stays(
        self, database: Database, boss: Actor, stage: Stage
    ) -> None:
        move(database, boss, "scripted", Stage.RETIRED)
        move(database, boss, "vega", Stage.STAGING)
        with pytest.raises(LastModel, match="lyra is the only model"):
            move(database, boss, "lyra", stage)

    def test_a_model_that_is_gone_is_still_told(self, database: Database, boss: Actor) -> None:
        move(database, boss, "vega", Stage.RETIRED)
        assert stages(database, [CARD]) == {
            "scripted": Stage.AVAILABLE,
            "vega": Stage.RETIRED,
        }


class TestDefault:
    def test_there_is_one_and_it_comes_first(
        self, database: Database, boss: Actor, designer: Actor
    ) -> None:
        for name in ("vega", "lyra", "vega", "lyra"):
            assert move(database, boss, name, Stage.DEFAULT).is_default
            assert offered(database, designer)[0] == name
        assert stages(database) == {
            "scripted": Stage.AVAILABLE,
            "vega": Stage.AVAILABLE,
            "lyra": Stage.DEFAULT,
        }

    def test_another_stands_in_while_it_is_not_offered(
        self, database: Database, boss: Actor, designer: Actor
    ) -> None:
        move(database, boss, "lyra", Stage.DEFAULT)
        assert offered(database, designer, CARDS[:2]) == ["scripted", "vega"]
        assert offered(database, designer) == ["lyra", "scripted", "vega"]

    def test_two_administrators_at_once_make_one(self, database: Database, boss: Actor) -> None:
        def prefer(name: str) -> None:
            move(database, boss, name, Stage.DEFAULT)

        for _ in range(3):
            with ThreadPoolExecutor(3) as threads:
                list(threads.map(prefer, ("scripted", "vega", "lyra")))
            with database.read() as session:
                rows = select(ModelChoice).where(col(ModelChoice.stage) == Stage.DEFAULT)
                assert len(session.exec(rows).all()) == 1

    def test_two_administrators_cannot_retire_the_last_two_at_once(
        self, database: Database, boss: Actor
    ) -> None:
        def retire(name: str) -> bool:
            try:
                move(database, boss, name, Stage.RETIRED, cards=CARDS[:2])
            except LastModel:
                return False
            return True

        with ThreadPoolExecutor(2) as threads:
            done = list(threads.map(retire, ("scripted", "vega")))
        assert sorted(done) == [False, True]


class TestRollback:
    def test_puts_back_one_default_after_another(self, database: Database, boss: Actor) -> None:
        move(database, boss, "vega", Stage.DEFAULT)
        move(database, boss, "lyra", Stage.DEFAULT)
        assert before(database) == DefaultBefore(model="vega", hindrance="")
        assert roll_back(database, boss) == "vega"
        assert roll_back(database, boss) == "scripted"
        assert stages(database) == {
            "scripted": Stage.DEFAULT,
            "vega": Stage.AVAILABLE,
            "lyra": Stage.AVAILABLE,
        }
        assert before(database) is None
        with pytest.raises(NoRollback, match="no other default"):
            roll_back(database, boss)
        newest = history(database, "scripted")[0]
        assert (newest.after, newest.rolled_back, newest.reason) == (Stage.DEFAULT, True, "Hands")
        assert [one.verb for one in audited(database, "model:scripted")] == ["model.rollback"]

    def test_sends_what_was_a_canary_to_staging(self, database: Database, boss: Actor) -> None:
        move(database, boss, "vega", Stage.CANARY)
        move(database, boss, "vega", Stage.DEFAULT)
        roll_back(database, boss)
        assert stages(database)["vega"] is Stage.STAGING

    def test_brings_back_what_was_retired_since(self, database: Database, boss: Actor) -> None:
        move(database, boss, "vega", Stage.DEFAULT)
        move(database, boss, "scripted", Stage.RETIRED)
        assert roll_back(database, boss) == "scripted"
        assert stages(database)["scripted"] is Stage.DEFAULT

    def test_refuses_what_is_gone(self, database: Database, boss: Actor) -> None:
        move(database, boss, "vega", Stage.DEFAULT)
        told = before(database, [VEGA, LYRA])
        assert told
        assert "not offered any more" in told.hindrance
        with pytest.raises(NoRollback, match="not offered any more"):
            roll_back(database, boss, [VEGA, LYRA])
        assert stages(database)["vega"] is Stage.DEFAULT

    def test_refuses_other_weights(self, database: Database, boss: Actor) -> None:
        move(database, boss, "vega", Stage.DEFAULT)
        other = CARD.model_copy(update={"weights_sha256": "f" * 64})
        with pytest.raises(NoRollback, match="other weights"):
            roll_back(database, boss, [other, VEGA, LYRA])


class TestWeights:
    def test_others_than_were_approved_are_marked_until_they_are(
        self, database: Database, boss: Actor
    ) -> None:
        move(database, boss, "vega", Stage.DEFAULT)
        changed = [CARD, VEGA.model_copy(update={"weights_sha256": "f" * 64}), LYRA]
        with database.read() as session:
            assert management.changed_weights(session, CARDS) == []
            [told] = management.changed_weights(session, changed)
        assert (told.name, told.approved_sha256) == ("vega", VEGA.weights_sha256)
        assert not move(database, boss, "vega", Stage.DEFAULT, cards=changed).weights_changed
        assert history(database, "vega")[0].weights_sha256 == "f" * 64

    def test_approving_keeps_the_way_back(self, database: Database, boss: Actor) -> None:
        move(database, boss, "vega", Stage.DEFAULT)
        changed = [CARD, VEGA.model_copy(update={"weights_sha256": "f" * 64}), LYRA]
        move(database, boss, "vega", Stage.DEFAULT, cards=changed)
        assert roll_back(database, boss, changed) == "scripted"


class TestCanary:
    @pytest.mark.parametrize("share", [1, 5, 25, 50])
    def test_draws_for_its_share_of_people(self, share: int) -> None:
        people = [new_id() for _ in range(PEOPLE)]
        drawn = sum(is_drawn_by_canary(person, "vega", share) for person in people)
        p = share / 100
        assert abs(drawn - PEOPLE * p) < 5 * sqrt(PEOPLE * p * (1 - p))

    def test_a_person_stays_and_a_larger_share_sends_nobody_back(self) -> None:
        people = [new_id() for _ in range(500)]
        before: set[str] = set()
        for share in range(1, 51):
            now = {one for one in people if is_drawn_by_canary(one, "vega", share)}
            assert now >= before
            assert now == {one for one in people if is_drawn_by_canary(one, "vega", share)}
            before = now

    def test_two_canaries_are_two_lots(self) -> None:
        people = [new_id() for _ in range(PEOPLE)]
        both = sum(
            is_drawn_by_canary(one, "vega", 50) and is_drawn_by_canary(one, "lyra", 50)
            for one in people
        )
        assert abs(both - PEOPLE / 4) < 5 * sqrt(PEOPLE * 3 / 16)

    def test_is_first_for_whom_it_draws_alone(self, database: Database, boss: Actor) -> None:
        move(database, boss, "vega", Stage.CANARY, share=50)
        choices = choosing.choices_in(database)
        person = actor_of(add_user(database, "designer"))
        for _ in range(64):
            offer = choices.offered_to(person, CARDS)
            lot = is_drawn_by_canary(person.id, "vega", 50)
            assert (offer.by_canary, offer.cards[0].name == "vega") == (lot, lot)
            assert {card.name for card in offer.cards} == {"scripted", "vega", "lyra"}
            person = Actor(**{**vars(person), "id": new_id()})

    def test_never_draws_for_a_role_that_may_not(self, designer: Actor) -> None:
        row = ModelChoice(model="vega", stage=Stage.CANARY, share=50)
        choices = Choices.of([row])
        for _ in range(64):
            limited = {"id": new_id(), "models": frozenset({"scripted"})}
            offer = choices.offered_to(Actor(**{**vars(designer), **limited}), CARDS)
            assert ([card.name for card in offer.cards], offer.by_canary) == (["scripted"], False)
