"""Comments, over HTTP and on each kind of database: who reads, writes and removes them, and who is told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlmodel import select

from backend.accounts.models import Team
from backend.comments import service
from backend.comments.models import Comment
from backend.generations.events import person_channel
from backend.images.models import Image
from backend.kit.ids import new_id
from backend.leaving import removal
from backend.leaving.belongings import COMMENTS
from tests.fixtures.actors import Client, add_user
from tests.fixtures.app import Studio

API = "/api/v1"


class Talk:
    """An image of `owner` in a gallery of `keeper`, in which the owner is an editor."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        team = Team(name=new_id())
        with studio.context.database.write() as session:
            session.add(team)
        self.mate = studio.actors.browser(user=add_user(studio.context.database, team_id=team.id))
        self.keeper = studio.actors.browser(user=add_user(studio.context.database, team_id=team.id))
        self.owner = studio.actors.browser("designer")
        self.image = str(studio.image(self.owner)["id"])
        made = self.keeper.post(f"{API}/galleries", json={"name": "Spring"}).json()
        self.gallery = f"{API}/galleries/{made['id']}"
        self.let_in(self.owner, "editor")
        self.owner.post(
            f"{self.gallery}/images", json={"image_ids": [self.image]}
        ).raise_for_status()
        self.path = f"{API}/images/{self.image}/comments"

    def let_in(self, person: Client, role: str) -> None:
        answer = self.keeper.put(f"{self.gallery}/members/{person.user_id}", json={"role": role})
        assert answer.status_code == 200, answer.text

    def say(self, person: Client, text: str = "wider") -> Any:
        answer = person.post(self.path, json={"text": text})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def heard(self, person: Client) -> list[str]:
        answer = person.get(self.path)
        assert answer.status_code == 200, answer.text
        return [one["text"] for one in answer.json()["items"]]

    def may_say(self, person: Client) -> tuple[int, bool | None]:
        """Return what writing is answered, and what reading says about it; the two must agree."""
        can = person.get(self.path).json().get("can_comment")
        return person.post(self.path, json={"text": "narrower"}).status_code, can


@pytest.fixture
def talk(studio: Studio) -> Talk:
    return Talk(studio)


@pytest.fixture
def eli(studio: Studio) -> Client:
    return studio.actors.browser("designer")


class TestWriting:
    def test_says_who_and_what(self, talk: Talk) -> None:
        made = talk.say(talk.owner, "  The collar\n<b>is</b> too wide. ")
        assert made["text"] == "The collar\n<b>is</b> too wide."
        assert made["author"]["id"] == talk.owner.user_id
        assert (made["image_id"], made["mine"], made["can_remove"]) == (talk.image, True, True)
        (read,) = talk.keeper.get(talk.path).json()["items"]
        assert read == {**made, "mine": False}

    @pytest.mark.parametrize(
        ("role", "expected"),
        [
            (None, (404, None)),
            ("viewer", (403, False)),
            ("commenter", (201, True)),
            ("editor", (201, True)),
        ],
    )
    def test_takes_a_role_in_a_gallery(
        self, talk: Talk, eli: Client, role: str | None, expected: tuple[int, bool | None]
    ) -> None:
        if role:
            talk.let_in(eli, role)
        assert talk.may_say(eli) == expected

    def test_is_open_to_the_team_of_a_gallery_and_not_to_everyone(
        self, talk: Talk, eli: Client
    ) -> None:
        talk.keeper.patch(talk.gallery, json={"visibility": "team"}).raise_for_status()
        assert talk.may_say(talk.mate) == (201, True)
        assert talk.may_say(eli) == (404, None)
        talk.keeper.patch(talk.gallery, json={"visibility": "everyone"}).raise_for_status()
        assert talk.may_say(talk.mate) == talk.may_say(eli) == (403, False)
        assert talk.heard(eli) == ["narrower"]

    def test_is_not_possible_on_what_one_does_not_see(self, talk: Talk, eli: Client) -> None:
        talk.let_in(eli, "commenter")
        with talk.studio.context.database.write() as session:
            session.get_one(Image, talk.image).moderation = "held"  # type: ignore[assignment]
        assert talk.may_say(eli) == (404, None)

    @pytest.mark.parametrize("text", ["", "  ", "a" * 2001, "a\x00", 3, None])
    def test_is_bounded(self, talk: Talk, text: Any) -> None:
        assert talk.owner.post(talk.path, json={"text": text}).status_code == 422

    def test_ends_at_some_number(self, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service, "MOST_COMMENTS", 1)
        talk.say(talk.owner)
        assert talk.owner.post(talk.path, json={"text": "more"}).status_code == 409

    def test_takes_a_key_that_may_change_things(self, talk: Talk) -> None:
        person = add_user(talk.studio.context.database)
        key = talk.studio.actors.program(user=person, scopes=["browse"])
        talk.let_in(key, "commenter")
        assert key.post(talk.path, json={"text": "a"}).status_code == 403


class TestReading:
    def test_comes_in_pages_newest_first(self, talk: Talk) -> None:
        for number in range(3):
            talk.say(talk.owner, str(number))
        page = talk.keeper.get(talk.path, params={"limit": 2}).json()
        assert [one["text"] for one in page["items"]] == ["2", "1"]
        rest = talk.keeper.get(talk.path, params={"cursor": page["next_cursor"]}).json()
        assert [one["text"] for one in rest["items"]] == ["0"]


class TestRemoving:
    def test_is_for_its_author_the_images_owner_and_the_gallerys(
        self, talk: Talk, eli: Client
    ) -> None:
        talk.let_in(eli, "commenter")
        other = talk.studio.actors.browser("designer")
        talk.let_in(other, "editor")
        for person, status in (
            (eli, 204),
            (talk.owner, 204),
            (talk.keeper, 204),
            (other, 403),
            (talk.mate, 404),
        ):
            made = talk.say(eli)
            listed = person.get(talk.path).json().get("items", [])
            assert [one["can_remove"] for one in listed if one["id"] == made["id"]] == (
                [] if status == 404 else [status == 204]
            )
            answer = person.delete(f"{API}/comments/{made['id']}")
            assert answer.status_code == status
            told = [entry.verb for entry in talk.studio.audited(f"comment:{made['id']}")]
            by_another = status == 204 and person is not eli
            assert told == (["comment.remove"] if by_another else [])

    def test_of_ones_own_stays_possible_when_one_may_not_look_any_more(
        self, talk: Talk, eli: Client
    ) -> None:
        talk.let_in(eli, "commenter")
        made = talk.say(eli)
        talk.keeper.delete(f"{talk.gallery}/members/{eli.user_id}").raise_for_status()
        assert eli.get(talk.path).status_code == 404
        assert eli.delete(f"{API}/comments/{made['id']}").status_code == 204
        assert eli.delete(f"{API}/comments/{made['id']}").status_code == 404


class TestTelling:
    def test_reaches_the_images_owner_and_those_who_have_commented(
        self, talk: Talk, eli: Client
    ) -> None:
        talk.let_in(eli, "commenter")
        talk.say(eli)
        people = {"owner": talk.owner, "eli": eli, "mate": talk.mate}
        said: list[tuple[str, Any]] = []

        async def listen() -> None:
            notifier = talk.studio.context.notifier
            channels = {person_channel(one.user_id): name for name, one in people.items()}
            async with notifier.subscribe(*channels) as ear:
                made = await asyncio.to_thread(talk.say, talk.keeper, "longer")
                while len(said) < 2:
                    heard = await ear.get(within=20)
                    assert heard, "nobody was told"
                    said.append((channels[heard[0]], heard[1]))
                assert await ear.get(within=0.2) is None
            for _, message in said:
                assert message == {
                    "event": "comment",
                    "data": {"id": made["id"], "image_id": talk.image},
                }

        asyncio.run(listen())
        assert {name for name, _ in said} == {"owner", "eli"}


def test_comments_go_with_their_author_and_with_the_image(talk: Talk, eli: Client) -> None:
    talk.let_in(eli, "commenter")
    theirs, own = talk.say(eli)["id"], talk.say(talk.owner)["id"]
    database = talk.studio.context.database
    with database.read() as session:
        for person, found in (
            (eli, {theirs}),
            (talk.owner, {theirs, own}),
            (talk.mate, set[str]()),
        ):
            rows = session.exec(select(Comment.id).where(COMMENTS.of(person.user_id)))
            assert set(rows) == found
    with database.write() as session:
        removal.remove_images(session, talk.studio.context.storage, [talk.image])
    with database.read() as session:
        assert session.exec(select(Comment)).all() == []
