"""Messages arrive: once the receiver is back, never anywhere inside, under one id, signed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import update

from backend.accounts.models import Standing, User
from backend.dispatch import settlement
from backend.dispatch.outcomes import Failure
from backend.kit import clock
from backend.kit.clock import utc_now
from backend.kit.database import Database
from backend.kit.keyring import KeyRing
from backend.kit.outbound import Answer, Outbound, Rules
from backend.kit.queue import Lease, State
from backend.webhooks import service
from backend.webhooks.models import Delivery, queue
from backend.webhooks.outbox import MOST_BODY_BYTES
from backend.webhooks.sealing import new_sealed_secret
from tests.fixtures.hooks import HookWorkshop, verified
from tests.fixtures.receiver import Received, Receiver, Reply

NEVER_AGAIN = (0.0,)
LATER = (0.0, 3600.0)
PROMPT = "a dress with motif, as nobody has seen it"


async def drawn(hooks: HookWorkshop, **asked: Any) -> str:
    async with hooks.dispatching():
        return (await hooks.ended(hooks.submit(**asked))).id


class TestWhatIsTold:
    def test_a_finished_generation_with_its_images_and_without_its_prompt(
        self, hooks: HookWorkshop
    ) -> None:
        async def scenario(receiver: Receiver) -> None:
            webhook = hooks.hook(receiver.url)
            generation = await drawn(hooks, prompt=PROMPT, num_images=2)
            async with hooks.delivering():
                await hooks.reached_by(State.SUCCEEDED)
            told = [verified(webhook.secret, request) for request in receiver.received]
            assert sorted(message["type"] for message in told) == [
                "generation.succeeded",
                "image.held",
                "image.held",
            ]
            (end,) = [m["data"] for m in told if m["type"] == "generation.succeeded"]
            assert (end["generation_id"], end["state"]) == (generation, "succeeded")
            assert end["url"] == f"http://127.0.0.1:8000/api/v1/generations/{generation}"
            assert [image["moderation"] for image in end["images"]] == ["held", "held"]
            assert {m["data"]["image"]["id"] for m in told if m["type"] == "image.held"} == {
                image["id"] for image in end["images"]
            }
            assert "dress" not in str([request.body for request in receiver.received])

        with Receiver() as receiver:
            asyncio.run(scenario(receiver))

    def test_the_prompt_to_who_asked_for_it(self, hooks: HookWorkshop) -> None:
        webhook = hooks.hook("http://127.0.0.1:9/", include_prompt=True)
        hooks.canceled_generation()
        (row,) = hooks.deliveries()
        assert row.webhook_id == webhook.id
        assert json.loads(row.body)["data"]["prompt"] == "a red dress"

    def test_is_short_however_much_was_drawn(self, hooks: HookWorkshop) -> None:
        hooks.hook("http://127.0.0.1:9/", include_prompt=True)
        asyncio.run(drawn(hooks, prompt="ж" * 2000, num_images=8))
        (row,) = hooks.deliveries()
        assert len(row.body.encode()) < MOST_BODY_BYTES

    def test_a_failed_generation_with_its_reason(self, hooks: HookWorkshop) -> None:
        hooks.hook("http://127.0.0.1:9/")
        asyncio.run(drawn(hooks, prompt="refused"))
        (row,) = hooks.deliveries()
        message = json.loads(row.body)
        assert message["type"] == "generation.failed"
        assert message["data"]["error"]["message"] == "the script refuses this prompt"

    def test_a_generation_canceled_in_the_queue(self, hooks: HookWorkshop) -> None:
        hooks.hook("http://127.0.0.1:9/")
        generation = hooks.canceled_generation()
        (row,) = hooks.deliveries()
        assert (row.kind, row.subject) == ("generation.canceled", f"generation:{generation}")

    def test_nothing_while_it_goes_on(self, hooks: HookWorkshop) -> None:
        hooks.hook("http://127.0.0.1:9/")
        hooks.submit()
        (row,) = hooks.claim()
        away = Failure("unavailable", "away", retryable=True)
        settlement.settle(hooks.context, Lease(row.id, row.fence), away)
        assert hooks.row(row).state is State.QUEUED
        assert hooks.deliveries() == []

    def test_nothing_that_did_not_happen(
        self, hooks: HookWorkshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The transaction that ends the generation breaks: neither its end nor its message is there."""
        hooks.hook("http://127.0.0.1:9/")
        hooks.submit()
        (row,) = hooks.claim()
        broken = Failure("broken", "broken", retryable=False)

        def break_off(*_: Any) -> None:
            raise RuntimeError("the lights went out")

        monkeypatch.setattr(settlement, "call_after_commit", break_off)
        with pytest.raises(RuntimeError):
            settlement.settle(hooks.context, Lease(row.id, row.fence), broken)
        assert hooks.row(row).state is State.RUNNING
        assert hooks.deliveries() == []

    def test_only_what_was_asked_for_and_only_ones_own(self, hooks: HookWorkshop) -> None:
        hooks.hook("http://127.0.0.1:9/", kinds=["generation.succeeded"])
        hooks.hook("http://127.0.0.1:9/", enabled=False)
        hooks.become_somebody_else()
        mine = hooks.hook("http://127.0.0.1:9/")
        hooks.canceled_generation()
        assert [row.webhook_id for row in hooks.deliveries()] == [mine.id]


class TestRetries:
    def test_a_receiver_that_was_down_is_told_once_it_is_back(self, hooks: HookWorkshop) -> None:
        async def scenario(receiver: Receiver) -> None:
            webhook = hooks.hook(receiver.url)
            receiver.down()
            hooks.canceled_generation()
            async with hooks.delivering(schedule=(0.0, *(0.02,) * 50)):
                await hooks.failing(webhook)
                receiver.up()
                (row,) = await hooks.reached_by(State.SUCCEEDED)
            assert row.attempt > 1
            assert len(receiver.received) == 1
            assert verified(webhook.secret, receiver.received[0])
            assert (row.answer_status, row.answer_text, row.error) == (200, "thanks", None)
            assert hooks.hook_now(webhook.id).failing_since is None

        with Receiver() as receiver:
            asyncio.run(scenario(receiver))

    def test_every_attempt_has_the_same_id_and_body(self, hooks: HookWorkshop) -> None:
        async def scenario(receiver: Receiver) -> None:
            webhook = hooks.hook(receiver.url)
            receiver.answers.extend([Reply(500), Reply(404)])
            generation = hooks.canceled_generation()
            async with hooks.delivering():
                (row,) = await hooks.reached_by(State.SUCCEEDED)
            assert [request.headers["webhook-id"] for request in receiver.received] == [row.id] * 3
            assert len({request.body for request in receiver.received}) == 1
            for request in receiver.received:
                assert verified(webhook.secret, request)["data"]["generation_id"] == generation

        with Receiver() as receiver:
            asyncio.run(scenario(receiver))

    def test_a_slow_receiver_is_cut_off_and_tried_again(
        self, database: Database, tmp_path: Path
    ) -> None:
        async def scenario(receiver: Receiver) -> None:
            hooks = HookWorkshop(database, tmp_path, webhook_timeout_seconds=0.3)
            hooks.hook(receiver.url)
            receiver.answers.append(Reply(delay=60))
            hooks.canceled_generation()
            async with hooks.delivering(schedule=LATER):
                row = await hooks.tried(1)
            assert row.error == "no answer within 0.3 seconds"
            assert row.state is State.QUEUED

        with Receiver() as receiver:
            asyncio.run(scenario(receiver))

    @pytest.mark.parametrize("wished", ["7200", "date"])
    def test_retry_after_is_obeyed(self, hooks: HookWorkshop, wished: str) -> None:
        from email.utils import format_datetime

        async def scenario(receiver: Receiver) -> None:
            when = utc_now() + timedelta(hours=2)
            header = format_datetime(when, usegmt=True) if wished == "date" else wished
            hooks.hook(receiver.url)
            receiver.answers.append(Reply(503, {"retry-after": header}))
            hooks.canceled_generation()
            async with hooks.delivering():
                row = await hooks.tried(1)
            assert 7190 < row.run_at - utc_now().timestamp() < 8000

        with Receiver() as receiver:
            asyncio.run(scenario(receiver))

    def test_after_the_last_attempt_it_waits_for_a_hand(self, hooks: HookWorkshop) -> None:
        async def scenario(receiver: Receiver) -> None:
            hooks.hook(receiver.url)
            receiver.answers.extend([Reply(500, body=b"x" * 600)] * 5)
            hooks.canceled_generation()
            async with hooks.delivering():
                (row,) = await hooks.reached_by(State.FAILED)
                assert (row.attempt, row.answer_status, row.answer_text) == (5, 500, "x" * 500)
                with hooks.context.database.write() as session:
                    service.redeliver(session, hooks.context.notifier, hooks.actor, row.id)
                (again,) = await hooks.reached_by(State.SUCCEEDED)
            assert (again.id, again.attempt) == (row.id, 1)
            assert {request.headers["webhook-id"] for request in receiver.received} == {row.id}

        with Receiver() as receiver:
            asyncio.run(scenario(receiver))

    def test_a_mistake_of_ours_counts_as_an_attempt(self, hooks: HookWorkshop) -> None:
        class Broken(Outbound):
            async def post(self, *_: Any, **__: Any) -> Answer:
                raise RuntimeError("a bug")

        async def scenario() -> None:
            hooks.hook("http://127.0.0.1:9/")
            hooks.canceled_generation()
            async with hooks.delivering(Broken(Rules(), timeout=1)):
                (row,) = await hooks.reached_by(State.FAILED)
            assert (row.attempt, row.error) == (5, "something went wrong on our side")

        asyncio.run(scenario())


class TestFairness:
    def test_a_receiver_that_hangs_does_not_hold_up_other_people(
        self, database: Database, tmp_path: Path
    ) -> None:
        async def scenario(hanging: Receiver, receiver: Receiver) -> None:
            hooks = HookWorkshop(
                database, tmp_path, webhook_concurrency=1, webhook_timeout_seconds=0.1
            )
            hanging.answers.extend([Reply(delay=60)] * 500)
            hooks.hook(hanging.url)
            for _ in range(20):
                hooks.canceled_generation()
            async with hooks.delivering(schedule=(0.0,) * 10):
                await asyncio.to_thread(hanging.wait_for, 8)
                hooks.become_somebody_else()
                hooks.hook(receiver.url)
                hooks.canceled_generation()
                before = len(hanging.received)
                await asyncio.to_thread(receiver.wait_for, 1)
                assert len(hanging.received) <= before + 3

        with Receiver() as hanging, Receiver() as receiver:
            asyncio.run(scenario(hanging, receiver))


class TestDisabling:
    def test_gone_is_gone(self, hooks: HookWorkshop) -> None:
        async def scenario(receiver: Receiver) -> None:
            webhook = hooks.hook(receiver.url)
            receiver.answers.append(Reply(410))
            hooks.canceled_generation()
            async with hooks.delivering():
                (row,) = await hooks.reached_by(State.FAILED)
            assert (row.attempt, row.answer_status) == (1, 410)
            now = hooks.hook_now(webhook.id)
            assert not now.enabled
            assert "410 Gone" in str(now.disabled_reason)
            hooks.canceled_generation()
            assert len(hooks.deliveries()) == 1
            entries = hooks.audited(f"webhook:{webhook.id}")
            assert [(entry.verb, entry.actor_id) for entry in entries] == [
                ("webhook.disable", None)
            ]

        with Receiver() as receiver:
            asyncio.run(scenario(receiver))

    def test_what_waits_for_it_is_canceled(self, hooks: HookWorkshop) -> None:
        async def scenario(receiver: Receiver) -> None:
            hooks.hook(receiver.url)
            receiver.answers.append(Reply(500))
            hooks.canceled_generation()
            async with hooks.delivering(schedule=LATER):
                await hooks.tried(1)
                receiver.answers.append(Reply(410))
                hooks.canceled_generation()
                rows = await hooks.reached_by(State.FAILED, State.CANCELED)
            assert [row.state for row in rows] == [State.CANCELED, State.FAILED]

        with Receiver() as receiver:
            asyncio.run(scenario(receiver))

    @pytest.mark.parametrize(("days", "enabled"), [(4.9, True), (5.1, False)])
    def test_five_days_of_failure_are_enough(
        self, hooks: HookWorkshop, days: float, enabled: bool
    ) -> None:
        async def scenario(receiver: Receiver) -> None:
            webhook = hooks.hook(receiver.url, failing_since=utc_now() - timedelta(days=days))
            receiver.answers.append(Reply(500))
            hooks.canceled_generation()
            async with hooks.delivering(schedule=LATER):
                await hooks.tried(1)
            now = hooks.hook_now(webhook.id)
            assert now.enabled is enabled
            assert enabled or "Every attempt of 5 days has failed" in str(now.disabled_reason)
            assert enabled or "answered 500" in str(now.disabled_reason)

        with Receiver() as receiver:
            asyncio.run(scenario(receiver))

    def test_a_person_who_was_shut_out_is_told_nothing(self, hooks: HookWorkshop) -> None:
        async def scenario(receiver: Receiver) -> None:
            hooks.hook(receiver.url)
            hooks.canceled_generation()
            with hooks.context.database.write() as session:
                session.execute(update(User).values(standing=Standing.DEACTIVATED))
            async with hooks.delivering():
                (row,) = await hooks.reached_by(State.CANCELED)
            assert row.error == "Its owner's account is not active."
            assert receiver.connections == 0

        with Receiver() as receiver:
            asyncio.run(scenario(receiver))


class TestSignatures:
    def test_during_a_rotation_either_secret_verifies(self, hooks: HookWorkshop) -> None:
        async def scenario(receiver: Receiver) -> None:
            webhook = hooks.hook(receiver.url)
            with hooks.context.database.write() as session:
                rotated = service.rotate(session, hooks.context.settings, hooks.actor, webhook.id)
            hooks.canceled_generation()
            async with hooks.delivering():
                await hooks.reached_by(State.SUCCEEDED)
            (request,) = receiver.received
            new = service.secret_of(hooks.context.settings, rotated)
            for secret in (webhook.secret, new):
                assert verified(secret, request)
            with pytest.raises(ValueError, match="does not match"):
                verified("whsec_" + "A" * 32, request)
            changed = Received(request.path, request.headers, request.body + b" ")
            with pytest.raises(ValueError, match="does not match"):
                verified(webhook.secret, changed)

        with Receiver() as receiver:
            asyncio.run(scenario(receiver))

    def test_that_no_key_can_make_is_an_attempt_that_failed(self, hooks: HookWorkshop) -> None:
        async def scenario(receiver: Receiver) -> None:
            sealed = new_sealed_secret(KeyRing(["another studio's"]))
            hooks.hook(receiver.url, secret=sealed)
            hooks.canceled_generation()
            async with hooks.delivering():
                await hooks.reached_by(State.FAILED)
            (delivery,) = hooks.deliveries()
            assert delivery.error == (
                "the studio's keys have changed; make a new secret for this webhook"
            )
            assert receiver.received == []

        with Receiver() as receiver:
            asyncio.run(scenario(receiver))

    def test_an_old_message_is_not_taken(
        self, hooks: HookWorkshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def scenario(receiver: Receiver) -> None:
            webhook = hooks.hook(receiver.url)
            hooks.canceled_generation()
            past = utc_now() - timedelta(seconds=400)
            monkeypatch.setattr(clock, "utc_now", lambda: past)
            async with hooks.delivering():
                await hooks.reached_by(State.SUCCEEDED)
            with pytest.raises(ValueError, match="too old"):
                verified(webhook.secret, receiver.received[0])

        with Receiver() as receiver:
            asyncio.run(scenario(receiver))


class TestWhereItMayGo:
    def test_a_redirect_inside_is_not_followed(self, hooks: HookWorkshop) -> None:
        async def scenario(inside: Receiver, receiver: Receiver) -> None:
            hooks.hook(receiver.url)
            receiver.answers.append(Reply(302, {"location": inside.url}))
            hooks.canceled_generation()
            async with hooks.delivering(schedule=NEVER_AGAIN):
                (row,) = await hooks.reached_by(State.FAILED)
            assert "redirects are not followed" in str(row.error)
            assert inside.connections == 0

        with Receiver() as inside, Receiver() as receiver:
            asyncio.run(scenario(inside, receiver))

    def test_a_name_that_leads_inside_is_refused_and_the_owner_reads_why(
        self, hooks: HookWorkshop
    ) -> None:
        async def scenario(inside: Receiver) -> None:
            async def rebound(_host: str, _port: int) -> Sequence[str]:
                return ["127.0.0.1"]

            rules = Rules(ports=frozenset({inside.port}))
            hooks.hook(f"https://hooks.example.com:{inside.port}/")
            hooks.canceled_generation()
            async with hooks.delivering(
                Outbound(rules, timeout=5, resolve=rebound), schedule=NEVER_AGAIN
            ):
                (row,) = await hooks.reached_by(State.FAILED)
            assert "hooks.example.com leads to 127.0.0.1" in str(row.error)
            assert inside.connections == 0

        with Receiver() as inside:
            asyncio.run(scenario(inside))


class TestSeveralWorkers:
    def test_send_everything_once(self, hooks: HookWorkshop) -> None:
        async def scenario(receiver: Receiver) -> None:
            hooks.hook(receiver.url)
            accepted = {hooks.canceled_generation() for _ in range(12)}
            async with hooks.delivering(), hooks.delivering():
                rows = await hooks.reached_by(State.SUCCEEDED)
            assert len(rows) == len(accepted) == len(receiver.received)

        with Receiver() as receiver:
            asyncio.run(scenario(receiver))

    def test_one_that_stops_gives_back_what_it_has_not_sent(
        self, hooks: HookWorkshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from backend.dispatch import deliveries

        async def scenario(receiver: Receiver) -> None:
            monkeypatch.setattr(deliveries, "STOP_WITHIN_S", 0.1)
            hooks.hook(receiver.url)
            receiver.answers.append(Reply(delay=60))
            hooks.canceled_generation()
            async with hooks.delivering():
                await asyncio.to_thread(receiver.wait_for, 1)
            (row,) = hooks.deliveries()
            assert (row.state, row.attempt) == (State.QUEUED, 0)
            async with hooks.delivering():
                await hooks.reached_by(State.SUCCEEDED)

        with Receiver() as receiver:
            asyncio.run(scenario(receiver))

    def test_one_that_lost_its_lease_writes_nothing(self, hooks: HookWorkshop) -> None:
        async def scenario(receiver: Receiver) -> None:
            hooks.hook(receiver.url)
            receiver.answers.append(Reply(500, delay=0.3))
            hooks.canceled_generation()
            async with hooks.delivering():
                await asyncio.to_thread(receiver.wait_for, 1)
                with hooks.context.database.write() as session:
                    session.execute(update(Delivery).values(fence=99))
                await asyncio.sleep(0.6)
            (row,) = hooks.deliveries()
            assert (row.state, row.error) == (State.RUNNING, None)

        with Receiver() as receiver:
            asyncio.run(scenario(receiver))

    def test_what_a_dead_one_held_is_sent(self, hooks: HookWorkshop) -> None:
        async def scenario(receiver: Receiver) -> None:
            hooks.hook(receiver.url)
            hooks.canceled_generation()
            with hooks.context.database.write() as session:
                queue.claim(session, owner="dead", lease_seconds=60, limit=9)
                session.execute(update(Delivery).values(lease_until=queue.now(session) - 1))
            async with hooks.delivering():
                (row,) = await hooks.reached_by(State.SUCCEEDED)
            assert (row.attempt, row.fence) == (1, 2)

        with Receiver() as receiver:
            asyncio.run(scenario(receiver))
