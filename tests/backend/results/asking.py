"""What the tests of the result cache ask, and how they look at the answer."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image as Pillow
from sqlmodel import select

from backend.images import metadata
from backend.images.models import Image
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

API = "/api/v1/generations"
DRESS = {"prompt": "a red dress", "seed": 7}


def ask(person: Client, body: Any = DRESS, *, key: str | None = None, **query: Any) -> Any:
    """Submit and return the answer's body."""
    headers = {"Idempotency-Key": key} if key else {}
    answer = person.post(API, json=body, headers=headers, params=query)
    assert answer.status_code in {200, 202}, answer.text
    return answer.json()


def draw(studio: Studio, person: Client, **parameters: Any) -> Any:
    """Have `person` draw to the end what `DRESS` and `parameters` say."""
    return studio.draw(person, **{**DRESS, **parameters})


def price(person: Client, body: Any = DRESS) -> Any:
    return ask(person, body, dry_run=True)


def row_of(studio: Studio, image_id: str) -> Image:
    with studio.context.database.read() as session:
        return session.exec(select(Image).where(Image.id == image_id)).one()


def change(studio: Studio, image_id: str, **values: Any) -> None:
    """Change columns of an image behind everybody's back."""
    with studio.context.database.write() as session:
        image = session.get_one(Image, image_id)
        for name, value in values.items():
            setattr(image, name, value)
        session.add(image)


def pixels(data: bytes) -> bytes:
    with Pillow.open(BytesIO(data)) as picture:
        return picture.convert("RGBA").tobytes()


def said_in(data: bytes) -> metadata.Provenance:
    """Return what a file says of itself."""
    with Pillow.open(BytesIO(data)) as picture:
        written = metadata.generation_in(picture.info["xmp"])
    assert written
    return metadata.Provenance.model_validate_json(written)


def content(person: Client, image_id: str, variant: str = "full") -> bytes:
    answer = person.get(f"/api/v1/images/{image_id}/content", params={"variant": variant})
    assert answer.status_code == 200, answer.text
    return answer.content


def is_drawn(studio: Studio, person: Client, body: Any = DRESS, **query: Any) -> bool:
    """Ask, and return whether it was priced, charged and drawn as if there were nothing."""
    asked = len(studio.inference.asked)
    told = ask(person, body, dry_run=True, **query)
    done = ask(person, body, **query)
    person.get(f"{API}/{done['id']}/events").raise_for_status()
    drawn = len(studio.inference.asked) > asked
    assert drawn is not done["from_cache"]
    assert drawn is (done["credits"] > 0)
    assert (told["credits"], told["from_cache"]) == (done["credits"], done["from_cache"])
    return drawn
