"""Who is shown which look-alikes; on both databases."""

from __future__ import annotations

from base64 import b64encode

import numpy as np
import pytest
from sqlmodel import Session, col, select

from backend.accounts.models import User
from backend.galleries.models import Gallery, GalleryImage
from backend.galleries.schemas import Visibility
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.clock import utc_now
from backend.kit.database import Database
from backend.likeness import repository, service
from backend.likeness.models import ImageLikeness
from backend.moderation import service as moderation
from backend.moderation.models import Flag, SafetyCheck
from inference.protocol import SafetyScores
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.images import add_image

WEIGHTS = "ab" * 32


def seen(*vector: float, weights: str = WEIGHTS) -> SafetyScores:
    written = b64encode(np.array(vector, "<f2").tobytes()).decode()
    return SafetyScores(
        checker="test", weights_sha256=weights, concepts={"none": -0.5}, embedding=written
    )


class Wall:
    """Pictures of two people, each at a direction."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.dana, self.eve = add_user(database), add_user(database)

    def hang(self, owner: User, scores: SafetyScores | None) -> str:
        with self.database.write() as session:
            image = add_image(session, owner)
            moderation.judge(session, image, scores)
            image.moderation = Moderation.RELEASED
            return image.id

    def alike(self, person: User, image_id: str, limit: int = 10) -> list[tuple[str, float]]:
        with self.database.read() as session:
            image = session.get_one(Image, image_id)
            found = service.alike(session, actor_of(person), image, limit=limit)
            return [(one.image_id, one.score) for one in found]

    def twins(self, person: User) -> set[str]:
        with self.database.read() as session:
            rows = select(Image.id).where(
                Image.owner_id == person.id, repository.has_a_twin(actor_of(person))
            )
            return set(session.exec(rows))

    def show_everyone(self, image_id: str, owner: User) -> None:
        with self.database.write() as session:
            gallery = Gallery(owner_id=owner.id, name="All", visibility=Visibility.EVERYONE)
            session.add(gallery)
            session.flush()
            session.add(GalleryImage(gallery_id=gallery.id, image_id=image_id, added_by=owner.id))


@pytest.fixture
def wall(database: Database) -> Wall:
    return Wall(database)


class TestAlike:
    def test_puts_the_most_alike_first_and_leaves_out_what_is_not(self, wall: Wall) -> None:
        asked = wall.hang(wall.dana, seen(1, 0, 0))
        far = wall.hang(wall.dana, seen(0.8, 0.6, 0))
        near = wall.hang(wall.dana, seen(1, 0.1, 0))
        wall.hang(wall.dana, seen(-1, 0, 0))
        assert [image_id for image_id, _ in wall.alike(wall.dana, asked)] == [near, far]
        assert wall.alike(wall.dana, asked, limit=1)[0][1] == pytest.approx(0.995, abs=0.001)

    def test_compares_nothing_of_other_weights(self, wall: Wall) -> None:
        asked = wall.hang(wall.dana, seen(1, 0, 0))
        wall.hang(wall.dana, seen(1, 0, 0, weights="cd" * 32))
        assert wall.alike(wall.dana, asked) == []

    def test_knows_nothing_of_what_nobody_looked_at(self, wall: Wall) -> None:
        blank = seen(1, 0, 0).model_copy(update={"embedding": None})
        for scores in (None, blank):
            assert wall.alike(wall.dana, wall.hang(wall.dana, scores)) == []

    def test_shows_others_only_what_they_come_across(self, wall: Wall) -> None:
        asked = wall.hang(wall.eve, seen(1, 0, 0))
        hers = wall.hang(wall.dana, seen(1, 0.1, 0))
        trashed = wall.hang(wall.eve, seen(1, 0.1, 0))
        with wall.database.write() as session:
            session.get_one(Image, trashed).trashed_at = utc_now()
        assert wall.alike(wall.eve, asked) == []
        wall.show_everyone(hers, wall.dana)
        assert [image_id for image_id, _ in wall.alike(wall.eve, asked)] == [hers]

    def test_finds_what_is_alike_behind_a_thousand_newer_ones(self, wall: Wall) -> None:
        near = wall.hang(wall.dana, seen(1, 0.02, 0))
        with wall.database.write() as session:
            source = np.random.default_rng(5)
            for _ in range(repository.NEWEST + 1):
                side = source.standard_normal(3)
                _place(session, wall.dana, seen(-1, float(side[1]), float(side[2])))
        asked = wall.hang(wall.dana, seen(1, 0, 0))
        assert [image_id for image_id, _ in wall.alike(wall.dana, asked)] == [near]


class TestTwins:
    def test_are_pictures_that_are_the_same(self, wall: Wall) -> None:
        twins = {wall.hang(wall.dana, seen(1, 0, 0)) for _ in range(2)}
        wall.hang(wall.dana, seen(1, 0.1, 0))
        assert wall.twins(wall.dana) == twins

    def test_of_others_are_nobodys_business(self, wall: Wall) -> None:
        wall.hang(wall.eve, seen(1, 0, 0))
        hers = wall.hang(wall.dana, seen(1, 0, 0))
        assert wall.twins(wall.dana) == set()
        wall.hang(wall.dana, seen(1, 0, 0))
        assert hers in wall.twins(wall.dana)


class TestPlace:
    def test_is_kept_once_and_not_beside_the_scores_too(self, wall: Wall) -> None:
        image_id = wall.hang(wall.dana, seen(0, 3, 4))
        with wall.database.read() as session:
            row = session.get_one(ImageLikeness, image_id)
            check = session.get_one(SafetyCheck, image_id)
        assert np.frombuffer(row.direction, "<f2") == pytest.approx([0, 0.6, 0.8], abs=1e-3)
        assert check.scores
        assert check.scores.embedding is None
        assert check.scores.concepts == {"none": -0.5}

    def test_goes_with_its_image(self, wall: Wall) -> None:
        image_id = wall.hang(wall.dana, None)
        with wall.database.write() as session:
            service.place(session, session.get_one(Image, image_id), seen(1, 0))
        with wall.database.write() as session:
            session.delete(session.get_one(SafetyCheck, image_id))
            for flag in _flags(session, image_id):
                session.delete(flag)
            session.flush()
            session.delete(session.get_one(Image, image_id))
        with wall.database.read() as session:
            assert session.get(ImageLikeness, image_id) is None


def _place(session: Session, owner: User, scores: SafetyScores) -> None:
    service.place(session, add_image(session, owner), scores)


def _flags(session: Session, image_id: str) -> list[Flag]:
    return list(session.exec(select(Flag).where(col(Flag.image_id) == image_id)))
