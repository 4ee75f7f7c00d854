"""Turns terms into SQL, the same for both databases but for how words are matched.

Every filter is a condition on the row of an image, so any of them can be turned around. Words that are wanted are not
among them: a database finds those first, in its own way (`matches`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, or_
from sqlmodel import Session, col, select

from backend.accounts.actor import Actor
from backend.accounts.models import User
from backend.galleries import repository as galleries
from backend.galleries.models import Gallery, GalleryImage
from backend.images import repository as images
from backend.images.models import Image
from backend.images.schemas import Moderation, Status
from backend.library.dates import moment_of
from backend.library.folding import fold, template_words_of, words_of
from backend.library.grammar import Is, Kind, Shape, Term, sides_of
from backend.library.models import ImageLora, ImageStar, ImageTag, SearchEntry
from backend.library.words import Phrase, has
from backend.likeness import repository as looks
from backend.likeness import service as likeness

Condition = ColumnElement[bool]
MOST_ALIKE: Final = 200

# Of these an image has one each: two of them ask for either.
_EITHER: Final = frozenset({Kind.MODEL, Kind.BY, Kind.STATUS, Kind.SEED, Kind.RATIO, Kind.STACK})


@dataclass(frozen=True)
class Wanted:
    """What is looked for: the conditions, and the words apart from them."""

    conditions: list[Condition]
    phrases: list[Phrase] = field(default_factory=list)


@dataclass(frozen=True)
class Asking:
    """Somebody who asks at a moment."""

    session: Session
    actor: Actor
    now: datetime

    def mine(self) -> Condition:
        """Return the condition that an image is this person's own."""
        return col(Image.owner_id) == self.actor.id


def wanted(asking: Asking, terms: Iterable[Term]) -> Wanted:
    """Return what these terms look for among the images that this person may come across."""
    counting = [term for term in terms if term.counts]
    found = Wanted([_come_across(asking, counting)])
    either: dict[Kind, list[Condition]] = {}
    for term in counting:
        if term.kind in (Kind.WORD, Kind.PHRASE):
            _add_words(asking, found, term)
            continue
        condition = _FILTERS[term.kind](asking, term.value)
        if term.negated:
            found.conditions.append(~condition)
        else:
            either.setdefault(term.kind, []).append(condition)
    for kind, some in either.items():
        found.conditions.append(or_(*some) if kind in _EITHER else and_(*some))
    return found


def _come_across(asking: Asking, terms: list[Term]) -> Condition:
    """The trash is looked into only when it is asked for, and is one's own."""
    in_trash = any(
        (term.kind, term.value, term.negated) == (Kind.IS, Is.TRASHED, False) for term in terms
    )
    if in_trash:
        return and_(asking.mine(), col(Image.trashed_at).is_not(None))
    return images.visible_to(asking.actor)


def _add_words(asking: Asking, found: Wanted, term: Term) -> None:
    begun = term.kind is Kind.WORD and term.value.endswith("*")
    phrase = Phrase(tuple(words_of(term.value)), begun)
    if term.negated:
        found.conditions.append(~has(asking.session, [phrase], col(Image.id)))
    else:
        found.phrases.append(phrase)


def _of_model(_asking: Asking, value: str) -> Condition:
    return _entered(col(SearchEntry.model) == value)


def _of_template(asking: Asking, value: str) -> Condition:
    phrase = Phrase(tuple(template_words_of(value)), begun=value.endswith("*"))
    return has(asking.session, [phrase], col(Image.id))


def _with_lora(_asking: Asking, value: str) -> Condition:
    drawn = select(ImageLora.image_id).where(ImageLora.name == value)
    return col(Image.id).in_(drawn)


def _of_seed(_asking: Asking, value: str) -> Condition:
    return _entered(col(SearchEntry.seed) == int(value))


def _entered(condition: Condition) -> Condition:
    return col(Image.id).in_(select(SearchEntry.image_id).where(condition).correlate(None))


def _by(asking: Asking, value: str) -> Condition:
    if fold(value) == "me":
        return asking.mine()
    people = asking.session.exec(select(User.id, User.name))
    return col(Image.owner_id).in_(_named(people, value))


def _in_gallery(asking: Asking, value: str) -> Condition:
    openable = galleries.openable_by(asking.actor).with_only_columns(
        col(Gallery.id), col(Gallery.name)
    )
    ids = _named(asking.session.execute(openable), value)
    placed = select(GalleryImage.image_id).where(col(GalleryImage.gallery_id).in_(ids))
    return col(Image.id).in_(placed)


def _named(rows: Iterable[Any], value: str) -> list[str]:
    """Return the ids of the rows of that name, or of that id."""
    asked = fold(value)
    return [each_id for each_id, name in rows if value == each_id or fold(name) == asked]


def _tagged(_asking: Asking, value: str) -> Condition:
    tagged = select(ImageTag.image_id).where(ImageTag.folded == " ".join(words_of(value)))
    return col(Image.id).in_(tagged)


def _of_status(_asking: Asking, value: str) -> Condition:
    return col(Image.status) == Status(value)


def _of_ratio(_asking: Asking, value: str) -> Condition:
    width, height = col(Image.width), col(Image.height)
    match value:
        case Shape.PORTRAIT:
            return width < height
        case Shape.LANDSCAPE:
            return width > height
        case Shape.SQUARE:
            return width == height
    wide, high = sides_of(value)
    return width * high == height * wide


def _before(asking: Asking, value: str) -> Condition:
    return col(Image.created_at) < moment_of(value, asking.now)


def _after(asking: Asking, value: str) -> Condition:
    return col(Image.created_at) >= moment_of(value, asking.now)


def _is(asking: Asking, value: str) -> Condition:
    match Is(value):
        case Is.STARRED:
            starred = select(ImageStar.image_id).where(ImageStar.user_id == asking.actor.id)
            return col(Image.id).in_(starred)
        case Is.HELD:
            return col(Image.moderation) == Moderation.HELD
        case Is.TRASHED:
            return col(Image.trashed_at).is_not(None)
        case Is.MINE:
            return asking.mine()
        case Is.DUPLICATE:
            return looks.has_a_twin(asking.actor)


def _stacked_with(asking: Asking, value: str) -> Condition:
    """Those of the stack of an image that this person may read about."""
    one = images.readable_by(asking.actor).where(Image.id == value).subquery()
    return col(Image.stack).in_(select(one.c.stack).where(one.c.stack != ""))


def _alike(asking: Asking, value: str) -> Condition:
    """Those that look like an image that this person may read about, and the image itself."""
    one = asking.session.exec(
        images.readable_by(asking.actor).where(Image.id == value)
    ).one_or_none()
    if one is None:
        return false()
    found = likeness.alike(asking.session, asking.actor, one, limit=MOST_ALIKE)
    return col(Image.id).in_([one.id, *(each.image_id for each in found)])


_FILTERS: Final[dict[Kind, Callable[[Asking, str], Condition]]] = {
    Kind.MODEL: _of_model,
    Kind.LORA: _with_lora,
    Kind.BY: _by,
    Kind.GALLERY: _in_gallery,
    Kind.TAG: _tagged,
    Kind.STATUS: _of_status,
    Kind.SEED: _of_seed,
    Kind.RATIO: _of_ratio,
    Kind.BEFORE: _before,
    Kind.AFTER: _after,
    Kind.IS: _is,
    Kind.STACK: _stacked_with,
    Kind.LIKE: _alike,
    Kind.TEMPLATE: _of_template,
}
