"""Whom a gallery is open to, and what its images are to them then; on both databases."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from backend.accounts.actor import Actor
from backend.accounts.models import Team, User
from backend.galleries import repository as galleries
from backend.galleries.models import Gallery, GalleryImage, GalleryMember
from backend.galleries.schemas import Visibility
from backend.images import repository as images
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.clock import utc_now
from backend.kit.database import Database
from backend.kit.errors import NotFound
from backend.kit.ids import new_id
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.images import add_image


class Show:
    """An owner with a gallery of one image, in a team with a mate; and somebody else."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.team, other_team = Team(name=new_id()), Team(name=new_id())
        with database.write() as session:
            session.add_all([self.team, other_team])
        self.owner = add_user(database, team_id=self.team.id)
        self.mate = add_user(database, team_id=self.team.id)
        self.other = add_user(database, team_id=other_team.id)
        self.alone = add_user(database)
        self.gallery = Gallery(owner_id=self.owner.id, name="Spring", team_id=self.team.id)
        with database.write() as session:
            self.image = add_image(session, self.owner)
            session.add(self.gallery)
            session.flush()
            placed = GalleryImage(
                gallery_id=self.gallery.id, image_id=self.image.id, added_by=self.owner.id
            )
            session.add(placed)

    def change(self, row: Gallery | Image, **changes: object) -> None:
        with self.database.write() as session:
            kept = session.get_one(type(row), row.id)
            for name, value in changes.items():
                setattr(kept, name, value)

    def invite(self, person: User) -> None:
        with self.database.write() as session:
            session.add(GalleryMember(gallery_id=self.gallery.id, user_id=person.id))

    def open_to(self, *people: User) -> list[bool]:
        """Say of each whether they come across the image, after asking in three ways that must agree."""
        return [self._is_open_to(actor_of(person)) for person in people]

    def _is_open_to(self, actor: Actor) -> bool:
        with self.database.read() as session:
            found = session.exec(select(Image.id).where(images.visible_to(actor))).all()
            assert len(found) == len(set(found))
            seen = self.image.id in found
            try:
                images.get_shown(session, actor, self.image.id)
            except NotFound:
                assert not seen
            else:
                assert seen
            return seen


@pytest.fixture
def show(database: Database) -> Show:
    return Show(database)


class TestWhoComesAcrossAnImage:
    def test_its_owner_alone_while_the_gallery_is_private(self, show: Show) -> None:
        seen = show.open_to(show.owner, show.mate, show.other, show.alone)
        assert seen == [True, False, False, False]

    def test_the_team_of_the_gallery(self, show: Show) -> None:
        show.change(show.gallery, visibility=Visibility.TEAM)
        seen = show.open_to(show.owner, show.mate, show.other, show.alone)
        assert seen == [True, True, False, False]

    def test_nobody_without_a_team_when_the_gallery_has_none_either(self, show: Show) -> None:
        show.change(show.gallery, visibility=Visibility.TEAM, team_id=None)
        assert show.open_to(show.mate, show.alone) == [False, False]

    def test_everyone(self, show: Show) -> None:
        show.change(show.gallery, visibility=Visibility.EVERYONE)
        assert show.open_to(show.owner, show.mate, show.other, show.alone) == [True] * 4

    def test_a_member(self, show: Show) -> None:
        show.invite(show.other)
        seen = show.open_to(show.owner, show.mate, show.other, show.alone)
        assert seen == [True, False, True, False]

    def test_once_when_there_are_many_reasons(self, show: Show) -> None:
        show.change(show.gallery, visibility=Visibility.EVERYONE)
        show.invite(show.owner)
        with show.database.write() as session:
            second = Gallery(owner_id=show.owner.id, name="More", visibility=Visibility.EVERYONE)
            session.add(second)
            session.flush()
            session.add(
                GalleryImage(gallery_id=second.id, image_id=show.image.id, added_by=show.owner.id)
            )
        assert show.open_to(show.owner, show.other) == [True, True]

    def test_no_key_that_may_not_browse(self, show: Show) -> None:
        show.change(show.gallery, visibility=Visibility.EVERYONE)
        key = Actor(
            id=show.other.id,
            email="",
            name="",
            role="designer",
            team_id=None,
            permissions=frozenset({"generate"}),
            via="api_key",
            scopes=frozenset({"generate"}),
        )
        with show.database.read() as session:
            assert session.exec(galleries.openable_by(key)).all() == []
            assert session.exec(select(Image).where(images.visible_to(key))).all() == []

    @pytest.mark.parametrize("state", [s for s in Moderation if s is not Moderation.RELEASED])
    def test_nobody_else_what_is_not_released(self, show: Show, state: Moderation) -> None:
        show.change(show.gallery, visibility=Visibility.EVERYONE)
        show.change(show.image, moderation=state)
        with show.database.read() as session:
            for person, found in ((show.owner, [show.image.id]), (show.mate, [])):
                seen = session.exec(select(Image.id).where(images.visible_to(actor_of(person))))
                assert list(seen) == found


class TestTrash:
    def test_is_come_across_by_nobody_and_can_be_read_by_its_owner(self, show: Show) -> None:
        show.change(show.gallery, visibility=Visibility.EVERYONE)
        show.change(show.image, trashed_at=utc_now())
        owner, mate = actor_of(show.owner), actor_of(show.mate)
        with show.database.read() as session:
            for actor in (owner, mate):
                assert session.exec(select(Image).where(images.visible_to(actor))).all() == []
                assert images.own_page(session, actor, cursor=None, limit=9) == ([], None)
            assert images.get(session, owner, show.image.id).trashed_at
            with pytest.raises(NotFound):
                images.get(session, mate, show.image.id)
            assert images.of_generations(session, [show.image.generation_id]) == []


class TestGoing:
    def test_an_image_or_a_gallery_takes_its_places_with_it(self, show: Show) -> None:
        show.invite(show.other)
        with show.database.write() as session:
            session.delete(session.get_one(Image, show.image.id))
        with show.database.write() as session:
            assert session.exec(select(GalleryImage)).all() == []
            session.delete(session.get_one(Gallery, show.gallery.id))
        with show.database.read() as session:
            members = select(GalleryMember).where(col(GalleryMember.gallery_id) == show.gallery.id)
            assert session.exec(members).all() == []
