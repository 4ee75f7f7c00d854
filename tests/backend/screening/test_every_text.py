"""Every text that the API takes in a body is screened, or stands here with the reason why it is not."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from fastapi.routing import iter_route_contexts
from pydantic import BaseModel

from backend.kit.wording import Wording
from tests.fixtures.app import Studio

DRAWN = "what is drawn is screened where it is accepted"
A_NAME = "it names something that there is already"
THEIR_OWN = "only whoever wrote it reads it"
ADMINISTERED = "an administrator or a reviewer writes it"
UNREAD = "nobody reads it"
UNSCREENED = {
    "loras.name": DRAWN,
    "control.name": A_NAME,
    "control.image": A_NAME,
    "POST /generations": DRAWN,
    "POST /grids": DRAWN,
    "POST /comparisons": DRAWN,
    "POST /prompts/reading": "it is screened to say so",
    "POST /moderation/screen": "it is screened to say so",
    "POST /generations/{generation_id}/move": A_NAME,
    "model": A_NAME,
    "over": A_NAME,
    "mask": A_NAME,
    "image_ids": A_NAME,
    "cover_id": A_NAME,
    "owner_id": A_NAME,
    "team_id": A_NAME,
    "to": A_NAME,
    "remove_tags": "what is there already comes off",
    "q": THEIR_OWN,
    "query": THEIR_OWN,
    "POST /webhooks": THEIR_OWN,
    "PATCH /webhooks/{webhook_id}": THEIR_OWN,
    "POST /me/api-keys": THEIR_OWN,
    "password": UNREAD,
    "confirm": UNREAD,
    "POST /moderation/flags/{flag_id}/review": ADMINISTERED,
    "POST /models/rollback": ADMINISTERED,
    "PATCH /models/{model}": ADMINISTERED,
    "POST /invites": ADMINISTERED,
    "PUT /quotas": ADMINISTERED,
    "POST /legal-holds": ADMINISTERED,
    "PATCH /people/{person_id}": ADMINISTERED,
    "POST /teams": ADMINISTERED,
    "PATCH /teams/{team_id}": ADMINISTERED,
    "POST /roles": ADMINISTERED,
    "PATCH /roles/{name}": ADMINISTERED,
    "PUT /notice": ADMINISTERED,
    "POST /emergency/stops": ADMINISTERED,
    "POST /emergency/sweep": ADMINISTERED,
    "POST /images/{image_id}/takedown": ADMINISTERED,
    "POST /moderation/flags/reviews": ADMINISTERED,
    "POST /moderation/flags/{flag_id}/purge": ADMINISTERED,
    "POST /moderation/flags/{flag_id}/escalate": ADMINISTERED,
    "POST /policies": ADMINISTERED,
    "PUT /policies/{number}": ADMINISTERED,
    "POST /policies/{number}/activate": ADMINISTERED,
    "POST /policies/{number}/rollback": ADMINISTERED,
    "POST /policies/{number}/trial": ADMINISTERED,
    "POST /policies/{number}/hold": ADMINISTERED,
    "POST /images/{image_id}/appeal": "only reviewers read it, and it may name what was held",
}
"""By the field, or by the route where it is so for all of its fields."""


def texts_in(shape: Any, path: str, *, marked: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield where `shape` has a text, and whether it is marked."""
    if get_origin(shape) is Annotated:
        inner, *marks = get_args(shape)
        yield from texts_in(inner, path, marked=marked or _has_mark(marks))
    elif shape is str:
        yield path, marked
    elif get_args(shape):
        passed = marked if get_origin(shape) in {Union, UnionType} else False
        for one in get_args(shape):
            yield from texts_in(one, path, marked=passed)
    elif isinstance(shape, type) and issubclass(shape, BaseModel):
        for name, field in shape.model_fields.items():
            below = f"{path}.{name}" if path else name
            yield from texts_in(field.annotation, below, marked=_has_mark(field.metadata))


def _has_mark(marks: list[Any]) -> bool:
    return any(isinstance(one, Wording) for one in marks)


def test_every_text_is_screened_or_there_is_a_reason(shared_studio: Studio) -> None:
    used, unknown = set(), []
    for context in iter_route_contexts(shared_studio.app.routes):
        field: Any = getattr(context, "body_field", None)
        path = str(context.path).removeprefix("/api/v1")
        for method in (context.methods or set()) if field else ():
            for name, marked in texts_in(field.field_info.annotation, ""):
                ends = {".".join(name.split(".")[-n:]) for n in (1, 2)}
                why = {f"{method} {path}", *ends} & UNSCREENED.keys()
                used |= why
                if not (marked or why):
                    unknown.append(f"{method} {path}: {name}")
    assert unknown == []
    assert UNSCREENED.keys() - used == set(), "no route has these any more"
