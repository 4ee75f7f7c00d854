"""A studio of each database in turn with a library: people, their images with any look, and galleries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.accounts.models import User
from backend.galleries.models import Gallery, GalleryImage, GalleryMember
from backend.galleries.schemas import MemberRole, Visibility
from backend.kit.settings import Settings
from backend.library import index
from backend.library.models import ImageTag
from backend.library.service import folded_tag
from backend.likeness import service as likeness
from tests.backend.likeness.test_service import seen
from tests.fixtures.actors import Client, add_user
from tests.fixtures.app import QUIET, UNLIMITED, Studio, open_studio
from tests.fixtures.images import add_image
from tests.fixtures.scripted import ScriptedInference

API = "/api/v1/library"


class Library:
    """What the tests do and see."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.database = studio.context.database
        self.dana = self.person("Dana")
        self.eli = self.person("Eli")

    def person(self, name: str, role: str = "designer", **values: Any) -> User:
        return add_user(self.database, role, name=name, **values)

    def browser(self, user: User) -> Client:
        return self.studio.actors.browser(user=user)

    def image(self, prompt: str = "a red dress", owner: User | None = None, **values: Any) -> str:
        """Add a finished image that can be found, and return its id; `tags` and `look` are its own.

        `seen_at` is the direction in which a checker saw it.
        """
        tags, look = values.pop("tags", ()), values.pop("look", {})
        seen_at = values.pop("seen_at", None)
        with self.database.write() as session:
            image = add_image(session, owner or self.dana, prompt, look, **values)
            for tag in tags:
                row = ImageTag(
                    image_id=image.id, tag=tag, folded=folded_tag(tag), added_by=image.owner_id
                )
                session.add(row)
            session.flush()
            index.enter(session, [image])
            if seen_at:
                likeness.place(session, image, seen(*seen_at))
        return image.id

    def gallery(
        self,
        *image_ids: str,
        owner: User | None = None,
        name: str = "Spring 26",
        visibility: Visibility = Visibility.EVERYONE,
        members: dict[str, MemberRole] | None = None,
    ) -> str:
        owner = owner or self.dana
        gallery = Gallery(owner_id=owner.id, name=name, visibility=visibility)
        with self.database.write() as session:
            session.add(gallery)
            session.flush()
            for image_id in image_ids:
                session.add(
                    GalleryImage(gallery_id=gallery.id, image_id=image_id, added_by=owner.id)
                )
            for user_id, role in (members or {}).items():
                session.add(GalleryMember(gallery_id=gallery.id, user_id=user_id, role=role))
        return gallery.id

    def find(self, query: str = "", user: User | None = None, **asked: Any) -> list[str]:
        """Return the ids of the first page."""
        return [image["id"] for image in self.page(query, user, **asked)["items"]]

    def page(self, query: str = "", user: User | None = None, **asked: Any) -> Any:
        return self.get("", user, q=query, **asked)

    def get(self, path: str, user: User | None = None, **asked: Any) -> Any:
        answer = self.browser(user or self.dana).get(f"{API}{path}", params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def change(self, *image_ids: str, user: User | None = None, **changes: Any) -> Any:
        body = {"image_ids": list(image_ids), **changes}
        answer = self.browser(user or self.dana).post(f"{API}/changes", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def library(database_url: str, tmp_path: Path) -> Iterator[Library]:
    """A library on each database in turn."""
    settings = Settings(data_dir=tmp_path / "var", database_url=database_url, **QUIET, **UNLIMITED)
    with open_studio(settings, ScriptedInference()) as studio:
        yield Library(studio)
