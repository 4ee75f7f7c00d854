"""A studio that page_rate looks at: the real backend and pages, one designer, and a gallery of very many images.

Pictures are drawn by a script, and so are free; the thumbnails of the gallery are as large as those of real pictures.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import httpx2
import numpy as np
from fastapi import FastAPI
from PIL import Image as Picture
from sqlalchemy import insert
from sqlmodel import col, select

from backend.accounts.cookies import session_cookie_name
from backend.accounts.models import User
from backend.galleries.models import Gallery, GalleryImage
from backend.images.models import Image
from backend.kit.context import Context
from backend.kit.settings import Settings
from inference.protocol import GenerationEvent, GenerationRequest, Preview
from tests.fixtures.actors import FROM_A_PAGE, add_session, add_user
from tests.fixtures.app import QUIET, UNLIMITED, serve
from tests.fixtures.crowded import crowd
from tests.fixtures.scripted import ScriptedInference
from webui.server import create_studio

THUMB_PX: Final = 320
THUMBNAILS: Final = 120
_AT_ONCE: Final = 5_000


class TimedInference(ScriptedInference):
    """Draws by the script and writes down, by the clock on the wall, when it was asked and when it first showed something."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_at: dict[str, float] = {}
        self.shown_at: dict[str, float] = {}

    async def generate(self, request: GenerationRequest) -> AsyncIterator[GenerationEvent]:
        """Draw, or attach to the drawing of that id."""
        self.asked_at.setdefault(request.id, time.time())
        async for event in super().generate(request):
            if isinstance(event, Preview):
                self.shown_at.setdefault(request.id, time.time())
            yield event


@dataclass(frozen=True)
class CrowdedStudio:
    """A running studio, the cookie of its designer, and the id of the gallery."""

    url: str
    cookie: Any
    inference: TimedInference
    gallery: str


@contextmanager
def crowded_studio(folder: Path, images: int) -> Iterator[CrowdedStudio]:
    """Serve a studio with its data in `folder` and a gallery of `images` images."""
    inference, apps = TimedInference(), []

    def build(port: int) -> FastAPI:
        settings = Settings(data_dir=folder, port=port, **QUIET, **UNLIMITED)
        apps.append(create_studio(settings, inference=inference))
        return apps[0]

    with serve(build) as url:
        context: Context = apps[0].state.context
        person = add_user(context.database, "designer")
        cookie = {
            "name": session_cookie_name(context.settings),
            "value": add_session(context.database, person),
            "url": url,
        }
        _draw_one(url, cookie)
        gallery = _fill(context, person, images)
        yield CrowdedStudio(url, cookie, inference, gallery)


def _draw_one(url: str, cookie: Any) -> None:  # noqa: ANN401
    cookies = {cookie["name"]: cookie["value"]}
    with httpx2.Client(base_url=url, cookies=cookies, headers=FROM_A_PAGE) as client:
        asked = {"prompt": "a red dress with a very long train, before a grey wall"}
        answer = client.post("/api/v1/generations", json=asked)
        answer.raise_for_status()
        client.get(answer.json()["urls"]["events"]).raise_for_status()  # ends with the drawing


def _fill(context: Context, person: User, images: int) -> str:
    """Make copies of the one image, give them thumbnails, place them all in a new gallery; return its id."""
    with context.database.read() as session:
        first = session.exec(select(Image.id).where(Image.owner_id == person.id)).one()
    crowd(context, first, images - 1)
    thumbs = [
        context.storage.put(_thumbnail(number), suffix=".webp") for number in range(THUMBNAILS)
    ]
    with context.database.write() as session:
        rows = session.exec(
            select(Image).where(Image.owner_id == person.id).order_by(col(Image.id))
        )
        ids = []
        for place, image in enumerate(rows):
            image.thumb_key = thumbs[place % THUMBNAILS]
            image.width, image.height = ((768, 512), (512, 768), (640, 640))[place % 3]
            ids.append(image.id)
        gallery = Gallery(owner_id=person.id, name="All of it")
        session.add(gallery)
        session.flush()
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            placed = [
                {"gallery_id": gallery.id, "image_id": one, "added_by": person.id} for one in some
            ]
            session.execute(insert(GalleryImage), placed)
    return gallery.id


def _thumbnail(number: int) -> bytes:
    """Return a WebP with as much in it as a photograph has: soft shapes, and grain over them."""
    chance = np.random.default_rng(number)
    shapes = Picture.fromarray(chance.integers(0, 255, (9, 9, 3), np.uint8))
    soft = np.asarray(shapes.resize((THUMB_PX, THUMB_PX), Picture.Resampling.BICUBIC), float)
    grain = chance.normal(0, 6, soft.shape)
    out = BytesIO()
    Picture.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8)).save(out, "WEBP", quality=80)
    return out.getvalue()
