"""What is older than it is kept goes, class by class, and nothing else does; by default nothing at all."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image as Pillow
from sqlalchemy import update
from sqlmodel import Session, SQLModel, col, select

from backend.accounts.models import UserSession
from backend.audit import service as audit
from backend.audit.models import AuditDetail
from backend.audit.schemas import AuditFilter
from backend.dispatch import ageing, forgetting
from backend.generations.models import Generation
from backend.images.models import Image
from backend.images.schemas import Moderation, Prompts
from backend.kit.clock import utc_now
from backend.kit.database import Database
from backend.kit.queue import State
from backend.leaving import retention
from backend.leaving.prompts import FORGOTTEN
from backend.leaving.retention import Finding
from backend.moderation import repository as moderation
from backend.moderation.models import Appeal, Flag
from backend.webhooks.models import Delivery, Webhook
from tests.fixtures.actors import add_session
from tests.fixtures.estate import LABEL, PROMPT, Estate

DAYS = 10.0
FOR_EVER = {"delivery_days": 0.0, "trash_days": 0.0, "session_max_days": 3650.0}

TABLES: dict[str, type[SQLModel]] = {
    "generations": Generation,
    "images": Image,
    "flags": Flag,
    "sessions": UserSession,
    "deliveries": Delivery,
    "webhooks": Webhook,
}


def old_estate(database: Database, folder: Path, **settings: float) -> Estate:
    """An estate in which everything is twenty days old."""
    estate = Estate(database, folder, **{**FOR_EVER, **settings})
    asyncio.run(estate.fill())
    then = utc_now() - timedelta(days=2 * DAYS)
    moments: dict[type[SQLModel], tuple[str, ...]] = {
        Generation: ("created_at", "ended_at"),
        Image: ("created_at",),
        Flag: ("decided_at",),
        Delivery: ("ended_at",),
        UserSession: ("created_at",),
    }
    with database.write() as session:
        for table, columns in moments.items():
            session.execute(update(table).values(dict.fromkeys(columns, then)))
    return estate


def run(estate: Estate) -> Counter[str]:
    removed: Counter[str] = Counter()
    context = estate.context
    for name, number in retention.removing(context.database, context.storage, context.settings):
        removed[name] += number
    return removed


def survey(estate: Estate) -> dict[str, Finding]:
    context = estate.context
    found = retention.survey(context.database, context.storage, context.settings)
    return {one.name: one for one in found}


def count(session: Session, table: type[SQLModel]) -> int:
    return len(session.exec(select(table)).all())


class TestRules:
    def test_keep_everything_by_default_but_what_was_forgotten_before(
        self, database: Database, tmp_path: Path
    ) -> None:
        estate = old_estate(database, tmp_path)
        with database.read() as session:
            before = {name: count(session, table) for name, table in TABLES.items()}
        assert run(estate) == {}
        with database.read() as session:
            assert {name: count(session, table) for name, table in TABLES.items()} == before
        assert {one.rows for one in survey(estate).values()} == {0}
        assert {one.days for one in survey(estate).values()} == {0, 3650}

    def test_finished_generations_go_with_images_and_files(
        self, database: Database, tmp_path: Path
    ) -> None:
        estate = old_estate(database, tmp_path, generation_days=DAYS)
        images = [*estate.images_of(estate.person), *estate.images_of(estate.other)]
        foretold = survey(estate)["generations"]
        sizes = [
            sum(estate.context.storage.size(key) for key in keys)
            for keys in [
                {k for i in images for k in (i.storage_key, i.preview_key, i.thumb_key)},
            ]
        ]
        assert run(estate) == {"generations": foretold.rows} == {"generations": 4}
        assert foretold.bytes == sizes[0]
        assert foretold.oldest
        assert [row.state for row in estate.generations_of(estate.person)] == [State.FAILED]
        assert estate.images_of(estate.person) == estate.images_of(estate.other) == []
        assert not any(estate.context.storage.exists(image.storage_key) for image in images)
        assert estate.found_in_files() == set()

    def test_failed_and_canceled_ones_go_by_their_own_days(
        self, database: Database, tmp_path: Path
    ) -> None:
        estate = old_estate(database, tmp_path, failed_days=DAYS)
        assert run(estate) == {"failed": 1}
        assert len(estate.images_of(estate.person)) == 2

    def test_images_go_when_they_were_in_the_trash_for_long(
        self, database: Database, tmp_path: Path
    ) -> None:
        estate = old_estate(database, tmp_path, trash_days=DAYS)
        (old, held), (new, *_) = estate.images_of(estate.person), estate.images_of(estate.other)
        with database.write() as session:
            for image, days in ((old, 11), (held, 11), (new, 9)):
                thrown = utc_now() - timedelta(days=days)
                session.execute(
                    update(Image).where(col(Image.id) == image.id).values(trashed_at=thrown)
                )
        hold = estate.hold_legally(f"image:{held.id}")
        assert survey(estate)["trash"].rows == 1
        assert run(estate) == {"trash": 1}
        assert [one.id for one in estate.images_of(estate.person)] == [held.id]
        assert not estate.context.storage.exists(old.storage_key)
        assert estate.keeps_files_of(estate.other)
        assert len(estate.generations_of(estate.person)) == 3
        estate.lift(hold)
        assert run(estate) == {"trash": 1}

    def test_withheld_images_go_after_the_decision(
        self, database: Database, tmp_path: Path
    ) -> None:
        estate = old_estate(database, tmp_path, withheld_days=DAYS)
        rejected = estate.images_of(estate.person)[1]
        with database.write() as session:  # drawn long ago, decided today
            mine = update(Flag).where(col(Flag.image_id) == rejected.id)
            session.execute(mine.values(decided_at=utc_now()))
        assert run(estate) == {"withheld": 1}
        assert [one.moderation for one in estate.images_of(estate.person)] == [
            Moderation.RELEASED, Moderation.REJECTED,
        ]  # fmt: skip
        assert len(estate.images_of(estate.other)) == 1
        assert len(estate.generations_of(estate.other)) == 2

    def test_nothing_goes_whose_author_waits_for_an_answer(
        self, database: Database, tmp_path: Path
    ) -> None:
        estate = old_estate(database, tmp_path, withheld_days=DAYS)
        rejected = estate.images_of(estate.person)[1]
        with database.write() as session:
            session.execute(update(Appeal).values(answered_at=None))
        assert run(estate) == {"withheld": 1}
        assert rejected.id in {one.id for one in estate.images_of(estate.person)}

    def test_prompts_are_blanked_in_rows_and_files(
        self, database: Database, tmp_path: Path
    ) -> None:
        estate = old_estate(database, tmp_path, prompt_days=DAYS)
        released = estate.images_of(estate.person)[0]
        with database.write() as session:
            template = {"template": Prompts(prompt="a {secret|plain} dress")}
            kept = session.get_one(Image, released.id)
            kept.parameters = kept.parameters.model_copy(update=template)
        assert PROMPT in estate.found_in_files()
        assert LABEL in {row.name for row in estate.generations_of(estate.person)}
        assert run(estate) == {"prompts": 5}
        assert estate.found_in_files() == set()
        assert {row.name for row in estate.generations_of(estate.person)} == {None}
        blank = estate.images_of(estate.person)[0]
        assert blank.parameters.prompt == FORGOTTEN
        assert blank.parameters.negative_prompt == ""
        assert blank.template is None
        assert blank.seed == released.seed
        assert not estate.context.storage.exists(released.storage_key)
        with Pillow.open(BytesIO(estate.context.storage.get(blank.storage_key))) as picture:
            assert picture.size == (blank.width, blank.height)
            assert b"trainedAlgorithmicMedia" in picture.info["xmp"]
        assert {row.parameters.prompt for row in estate.generations_of(estate.other)} == {FORGOTTEN}
        assert run(estate) == {}

    def test_deliveries_and_sessions_go_as_they_did(
        self, database: Database, tmp_path: Path
    ) -> None:
        estate = old_estate(database, tmp_path, delivery_days=DAYS, session_max_days=DAYS)
        young = add_session(database, estate.other)
        with database.write() as session:
            session.execute(update(Delivery).values(state=State.FAILED))
            number = count(session, Delivery)
        assert run(estate) == {"deliveries": number, "sessions": 1}
        with database.read() as session:
            assert (count(session, UserSession), bool(young)) == (1, True)

    def test_details_of_the_audit_go_and_its_chain_holds(
        self, database: Database, tmp_path: Path
    ) -> None:
        estate = Estate(database, tmp_path, **FOR_EVER, audit_detail_days=1e-9)
        estate.canceled_generation()
        assert survey(estate)["audit_details"].rows == 2
        assert run(estate) == {"audit_details": 2}
        with database.read() as session:
            assert all(one.body is None for one in session.exec(select(AuditDetail)))
            *_, verdict = audit.verify(session)
        assert verdict.breaks == []

    def test_young_things_stay(self, database: Database, tmp_path: Path) -> None:
        every = dict.fromkeys(
            ("generation_days", "failed_days", "withheld_days", "prompt_days"), 30.0
        )
        estate = old_estate(database, tmp_path, **every, audit_detail_days=30.0)
        assert run(estate) == {}

    def test_what_was_removed_is_written_down(self, database: Database, tmp_path: Path) -> None:
        estate = old_estate(database, tmp_path, failed_days=DAYS)
        run(estate)
        with database.read() as session:
            [entry] = audit.find(session, AuditFilter(subject="retention:failed"), limit=9)
        assert (entry.verb, entry.actor_id, entry.detail) == (
            "retention.remove", None, {"rows": "1"},
        )  # fmt: skip


class TestLegalHold:
    @pytest.mark.parametrize("kind", ["person", "generation", "image"])
    def test_beats_every_rule(self, database: Database, tmp_path: Path, kind: str) -> None:
        every = ("generation_days", "failed_days", "withheld_days", "prompt_days", "delivery_days")
        estate = old_estate(
            database, tmp_path, **dict.fromkeys(every, DAYS), audit_detail_days=1e-9
        )
        released = estate.images_of(estate.person)[0]
        subject = {
            "person": estate.person.id,
            "generation": released.generation_id,
            "image": released.id,
        }
        hold = estate.hold_legally(f"{kind}:{subject[kind]}")
        with database.write() as session:
            session.execute(update(Delivery).values(state=State.FAILED))
            told = count(session, Delivery)
        removed = run(estate)
        assert "audit_details" not in removed
        kept = {image.id: image for image in estate.images_of(estate.person)}
        assert kept[released.id].parameters.prompt == PROMPT
        assert estate.keeps_files_of(estate.person)
        assert len(estate.generations_of(estate.person)) == (3 if kind == "person" else 1)
        with database.read() as session:
            assert count(session, Delivery) == (told if kind == "person" else 0)
        assert estate.generations_of(estate.other) == []
        estate.lift(hold)
        assert run(estate)["generations"] >= 1
        assert estate.images_of(estate.person) == []

    def test_beats_the_deliveries_own_loop_too(self, database: Database, tmp_path: Path) -> None:
        estate = old_estate(database, tmp_path, delivery_days=DAYS)
        with database.write() as session:
            session.execute(update(Delivery).values(state=State.FAILED))
        hold = estate.hold_legally(f"person:{estate.person.id}")
        assert forgetting.forget(estate.context) == 0
        estate.lift(hold)
        assert forgetting.forget(estate.context) > 0


class TestReviewers:
    def test_are_awaited_and_not_stuck_with(self, database: Database, tmp_path: Path) -> None:
        estate = old_estate(database, tmp_path, withheld_days=DAYS)
        removed: list[Counter[str]] = []
        removing = threading.Thread(target=lambda: removed.append(run(estate)))
        with database.write() as session:
            flag_id = session.exec(select(Flag.id).limit(1)).one()
            case = moderation.get(session, flag_id, to_decide=True)
            removing.start()
            removing.join(0.2)
            case.image.reason = "looked at again"
            session.add(case.image)
            session.flush()
        removing.join()
        assert removed == [{"withheld": 2}]


class TestLoop:
    def test_runs_beside_the_dispatcher(
        self, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ageing, "FIRST_WITHIN_S", 0.0)
        estate = old_estate(database, tmp_path, generation_days=DAYS, failed_days=DAYS)

        async def scenario() -> None:
            async with estate.dispatching(), asyncio.timeout(20):
                while await asyncio.to_thread(estate.generations_of, estate.person):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)

        asyncio.run(scenario())
