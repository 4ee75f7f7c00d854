"""Credits are charged once, given back for what was not drawn, and no limit is passed by one, on both databases."""

from __future__ import annotations

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select, update

from backend.accounts.models import Team, User
from backend.generations import service as generations
from backend.kit.errors import AtelierError, QuotaExceeded, QuotaTooSmall
from backend.kit.notifier.memory import MemoryNotifier
from backend.kit.queue import State
from backend.queue import service as queue_service
from backend.usage import periods, service
from backend.usage.models import QuotaOf, UsageCharge, UsageTally
from backend.usage.price import MICRO, credits_in, microcredits_of
from backend.usage.schemas import QuotaWrite
from inference.protocol import Broken, GenerationParameters
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.scripted import CARD
from tests.fixtures.workshop import Workshop

EACH = 64 * 64 * 4  # what the scripted model's defaults cost, in millionths
AT_ONCE = 50


def set_quota(workshop: Workshop, of: QuotaOf, subject: str, **limits: float) -> None:
    with workshop.context.database.write() as session:
        service.set_quota(session, "admin", QuotaWrite(of=of, subject=subject, **limits))


def allow(workshop: Workshop, number: int, period: str = "day") -> None:
    """Let the workshop's person draw so many generations, and not quite one more."""
    limit = credits_in(EACH * number + EACH - 1)
    set_quota(workshop, QuotaOf.PERSON, workshop.actor.id, **{f"credits_per_{period}": limit})


def used(workshop: Workshop, who: Any = None) -> tuple[int, int]:
    """Return what was spent today, and this month."""
    with workshop.context.database.read() as session:
        found = service.allowances(session, workshop.context.settings, who or workshop.actor)
        return found[0].used, found[1].used


def remaining(workshop: Workshop) -> int | None:
    with workshop.context.database.read() as session:
        found = service.allowances(session, workshop.context.settings, workshop.actor)
        return found[0].remaining


def check_books(workshop: Workshop) -> None:
    """The tallies are the sums of the ledger."""
    with workshop.context.database.read() as session:
        charges = session.exec(select(UsageCharge)).all()
        tallies = session.exec(select(UsageTally)).all()
    sums: Counter[tuple[str, date]] = Counter()
    for one in charges:
        sums[f"person:{one.user_id}", one.day] += one.microcredits - one.refunded
        sums[f"team:{one.team_id}", one.day] += one.microcredits - one.refunded
    assert {(one.holder, one.day): one.microcredits for one in tallies} == {
        key: amount for key, amount in sums.items() if key[0] != "team:None"
    }


def test_the_price_is_megapixels_steps_images_and_the_models_factor() -> None:
    asked = GenerationParameters(
        prompt="x", width=512, height=256, num_inference_steps=20, num_images=3, guidance_scale=9
    )
    assert microcredits_of(asked, CARD) == 512 * 256 * 20 * 3
    dear = CARD.model_copy(update={"credit_factor": 2.5})
    assert microcredits_of(asked, dear) == 512 * 256 * 20 * 3 * 2.5
    assert credits_in(1_500_000) == 1.5


def test_a_generation_is_charged_once_whatever_is_sent_again(workshop: Workshop) -> None:
    parameters = GenerationParameters(prompt="a red dress")
    for _ in range(3):
        with workshop.context.database.write() as session:
            generations.submit(
                session, workshop.context, workshop.actor, parameters, CARD, idempotency_key="k"
            )
    assert used(workshop) == (EACH, EACH)
    check_books(workshop)


def test_the_line_is_by_the_same_number(workshop: Workshop) -> None:
    assert workshop.submit(num_images=2).cost == credits_in(2 * EACH)


class TestLimits:
    def test_nobody_is_limited_unless_somebody_says_so(self, workshop: Workshop) -> None:
        workshop.submit()
        assert remaining(workshop) is None

    def test_the_last_credit_may_be_spent_and_none_beyond(self, workshop: Workshop) -> None:
        set_quota(workshop, QuotaOf.PERSON, workshop.actor.id, credits_per_day=credits_in(2 * EACH))
        for _ in range(2):
            workshop.submit()
        assert remaining(workshop) == 0
        with pytest.raises(QuotaExceeded, match=r"used 0\.032768 of 0\.032768 this day") as refused:
            workshop.submit()
        [field] = refused.value.fields
        assert (field.field, field.limit, field.nearest) == ("credits", "0.032768 a day", 0.0)
        assert used(workshop) == (2 * EACH, 2 * EACH)

    def test_says_when_to_come_back(self, workshop: Workshop) -> None:
        allow(workshop, 1)
        workshop.submit()
        with pytest.raises(QuotaExceeded) as refused:
            workshop.submit()
        now = datetime.now(UTC)
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        wait = (midnight - now).total_seconds() % 86400
        assert abs((refused.value.retry_after or 0) - wait) < 3

    def test_the_month_is_waited_for_if_it_is_the_month(self, workshop: Workshop) -> None:
        allow(workshop, 1, "month")
        workshop.submit()
        with pytest.raises(
            QuotaExceeded, match=r"this month; it starts anew at ....-..-01 00:00 UTC"
        ):
            workshop.submit()

    def test_what_no_day_could_bear_is_another_error(self, workshop: Workshop) -> None:
        allow(workshop, 1)
        with pytest.raises(QuotaTooSmall) as refused:
            workshop.submit(num_images=8)
        assert refused.value.status == 422

    def test_yesterday_counts_for_the_month_only(self, workshop: Workshop) -> None:
        allow(workshop, 1)
        workshop.submit()
        with workshop.context.database.write() as session:
            day = periods.today(session).day
            before = day - timedelta(days=1)
            session.execute(update(UsageTally).values(day=before))
        same_month = before.month == day.month
        assert used(workshop) == (0, EACH if same_month else 0)
        workshop.submit()

    def test_ones_own_quota_comes_before_the_roles_and_that_before_the_settings(
        self, workshop: Workshop
    ) -> None:
        settings = workshop.context.settings.model_copy(update={"credits_per_day": 7.0})

        def limit() -> float | None:
            with workshop.context.database.read() as session:
                found = service.allowances(session, settings, workshop.actor)[0].limit
            return None if found is None else found / MICRO

        assert limit() == 7
        set_quota(workshop, QuotaOf.ROLE, "designer", credits_per_day=5)
        assert limit() == 5
        set_quota(workshop, QuotaOf.PERSON, workshop.actor.id, credits_per_day=9)
        assert limit() == 9
        set_quota(workshop, QuotaOf.PERSON, workshop.actor.id)
        assert limit() is None

    def test_a_team_shares_its_own(self, workshop: Workshop) -> None:
        database = workshop.context.database
        with database.write() as session:
            team = Team(name="Knitwear")
            session.add(team)
        set_quota(workshop, QuotaOf.TEAM, team.id, credits_per_day=credits_in(3 * EACH))
        dana, erin = (actor_of(add_user(database, team_id=team.id)) for _ in range(2))
        for who in (dana, erin, dana):
            workshop.actor = who
            workshop.submit()
        for who in (dana, erin):
            workshop.actor = who
            with pytest.raises(QuotaExceeded, match="Your team has used"):
                workshop.submit()
        assert (used(workshop, dana)[0], used(workshop, erin)[0]) == (2 * EACH, EACH)
        workshop.become_somebody_else()
        workshop.submit()
        check_books(workshop)

    def test_fifty_at_once_spend_what_there_is_and_not_a_credit_more(
        self, workshop: Workshop
    ) -> None:
        allow(workshop, 20)

        def submit(_: int) -> str:
            try:
                workshop.submit()
            except AtelierError as error:
                return error.code
            return "accepted"

        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = Counter(pool.map(submit, range(AT_ONCE)))
        assert answers == {"accepted": 20, "quota_exceeded": 30}
        assert used(workshop)[0] == 20 * EACH
        check_books(workshop)


class TestRefunds:
    def test_what_was_canceled_in_the_queue_is_given_back(self, workshop: Workshop) -> None:
        row = workshop.submit()
        workshop.submit()
        for _ in range(2):
            workshop.cancel(row)
        assert used(workshop) == (EACH, EACH)
        check_books(workshop)

    def test_it_counts_for_the_day_of_the_charge(self, workshop: Workshop) -> None:
        row = workshop.submit()
        with workshop.context.database.write() as session:
            before = periods.today(session).day - timedelta(days=40)
            session.execute(update(UsageTally).values(day=before))
            session.execute(update(UsageCharge).values(day=before))
        workshop.cancel(row)
        assert used(workshop) == (0, 0)
        check_books(workshop)

    async def _drawn(self, workshop: Workshop, prompt: str) -> State:
        async with workshop.dispatching():
            return (await workshop.ended(workshop.submit(prompt=prompt))).state

    def test_what_failed_is_given_back_and_what_was_drawn_is_not(self, workshop: Workshop) -> None:
        assert asyncio.run(self._drawn(workshop, "broken")) is State.FAILED
        assert used(workshop)[0] == 0
        assert asyncio.run(self._drawn(workshop, "a dress with motif")) is State.SUCCEEDED
        assert used(workshop)[0] == EACH
        check_books(workshop)

    def test_an_attempt_that_is_made_again_costs_nothing(self, workshop: Workshop) -> None:
        workshop.inference.troubles.extend([Broken("out of memory")])
        assert asyncio.run(self._drawn(workshop, "a red dress")) in {State.SUCCEEDED, State.FAILED}
        assert used(workshop)[0] in {0, EACH}
        check_books(workshop)

    def test_what_was_stopped_half_way_costs_what_was_drawn(self, workshop: Workshop) -> None:
        async def stopped() -> State:
            async with workshop.dispatching():
                with workshop.inference.hold():
                    row = workshop.submit(num_inference_steps=4)
                    await workshop.inference.previewed.wait()
                    await asyncio.to_thread(workshop.cancel, row)
                    return (await workshop.ended(row)).state

        assert asyncio.run(stopped()) is State.CANCELED
        spent = used(workshop)[0]
        assert spent in {EACH * step // 4 for step in (1, 2, 3)}
        check_books(workshop)

    def test_a_dead_letter_that_is_retried_is_charged_and_never_refused(
        self, workshop: Workshop
    ) -> None:
        allow(workshop, 1)
        dead = asyncio.run(self._dead(workshop))
        workshop.submit()
        with workshop.context.database.write() as session:
            queue_service.retry(session, MemoryNotifier(), None, dead)
        assert used(workshop)[0] == 2 * EACH
        check_books(workshop)

    async def _dead(self, workshop: Workshop) -> str:
        async with workshop.dispatching():
            return (await workshop.ended(workshop.submit(prompt="broken"))).id


def test_lowering_a_limit_below_what_was_spent_leaves_nothing(workshop: Workshop) -> None:
    for _ in range(3):
        workshop.submit()
    allow(workshop, 1)
    assert remaining(workshop) == 0
    with pytest.raises(QuotaExceeded):
        workshop.submit()
    with workshop.context.database.read() as session:
        assert session.get(User, workshop.actor.id) is not None
