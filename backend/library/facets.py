"""Counts what is among the images that a search finds, and suggests values to search by.

Only what may be come across is counted, so a number betrays no hidden image. Counting stops at the newest few thousand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import func, select
from sqlmodel import col

from backend.accounts import repository as accounts
from backend.galleries import repository as galleries
from backend.galleries.models import Gallery, GalleryImage
from backend.images import repository as images
from backend.images.models import Image
from backend.kit.among import among
from backend.library.conditions import Asking, Wanted, wanted
from backend.library.folding import fold
from backend.library.grammar import ratio_of
from backend.library.matches import select_matches
from backend.library.models import ImageLora, ImageTag, SearchEntry
from backend.library.schemas import Choice, Facets

COUNTED_AT_MOST: Final = 1000
MOST_CHOICES: Final = 50
MOST_SUGGESTIONS: Final = 20


def facets(asking: Asking, looked_for: Wanted) -> Facets:
    """Return what is among the newest images that are looked for."""
    query = select_matches(asking, looked_for, *_LOOKED_AT).limit(COUNTED_AT_MOST + 1)
    rows = list(asking.session.execute(query))
    complete = len(rows) <= COUNTED_AT_MOST
    rows = rows[:COUNTED_AT_MOST]
    ids = [row.id for row in rows]
    return Facets(
        total=len(rows),
        complete=complete,
        status=_plain(Counter(str(row.status) for row in rows)),
        model=_plain(Counter(row.model or "" for row in rows)),
        lora=_loras(asking, ids),
        by=_named(Counter(row.owner_id for row in rows), _names_of_people(asking)),
        gallery=_galleries(asking, ids),
        tag=_tags(asking, ids),
        ratio=_plain(Counter(ratio_of(row.width, row.height) for row in rows)),
        month=_plain(Counter(f"{row.created_at:%Y-%m}" for row in rows)),
    )


def suggest(asking: Asking, kind: str, prefix: str) -> list[Choice]:
    """Return values of `kind` that begin with `prefix`, the most frequent first."""
    begun = fold(prefix.strip())
    found = _SUGGESTED[kind](asking)
    return [one for one in found if fold(one.label).startswith(begun)][:MOST_SUGGESTIONS]


_MODEL: Final = select(col(SearchEntry.model)).where(col(SearchEntry.image_id) == col(Image.id))
_LOOKED_AT: Final = (
    col(Image.id),
    col(Image.status),
    col(Image.owner_id),
    col(Image.width),
    col(Image.height),
    col(Image.created_at),
    _MODEL.correlate(Image).scalar_subquery().label("model"),
)


def _tags(asking: Asking, ids: list[str]) -> list[Choice]:
    query = select(func.min(ImageTag.tag), func.count()).group_by(col(ImageTag.folded))
    return _plain(_counted(asking, query.where(among(col(ImageTag.image_id), ids))))


def _loras(asking: Asking, ids: list[str]) -> list[Choice]:
    query = select(col(ImageLora.name), func.count()).group_by(col(ImageLora.name))
    return _plain(_counted(asking, query.where(among(col(ImageLora.image_id), ids))))


def _galleries(asking: Asking, ids: list[str]) -> list[Choice]:
    names = _names_of_galleries(asking)
    gallery_id = col(GalleryImage.gallery_id)
    query = select(gallery_id, func.count()).group_by(gallery_id)
    query = query.where(among(col(GalleryImage.image_id), ids), among(gallery_id, names))
    return _named(_counted(asking, query), lambda _: names)


def _counted(asking: Asking, query: Any) -> Counter[str]:  # noqa: ANN401
    return Counter(dict(map(tuple, asking.session.execute(query))))


def _plain(counts: Counter[str]) -> list[Choice]:
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return [Choice(value=v, label=v, count=n) for v, n in ordered if v][:MOST_CHOICES]


def _named(
    counts: Counter[str], names_of: Callable[[Iterable[str]], Mapping[str, str]]
) -> list[Choice]:
    """Return choices with names; the value is the name too, unless it is empty or not the only such."""
    most = [one for one, _ in counts.most_common(MOST_CHOICES)]
    names = names_of(most)
    often = Counter(fold(name) for name in names.values())
    return [
        Choice(
            value=names[one] if names[one] and often[fold(names[one])] == 1 else one,
            label=names[one],
            count=counts[one],
        )
        for one in most
    ]


def _names_of_people(asking: Asking) -> Callable[[Iterable[str]], Mapping[str, str]]:
    def names(ids: Iterable[str]) -> Mapping[str, str]:
        people = accounts.users_by_id(asking.session, list(ids))
        return {one: person.name for one, person in people.items()}

    return names


def _names_of_galleries(asking: Asking) -> dict[str, str]:
    openable = galleries.openable_by(asking.actor)
    rows = openable.with_only_columns(col(Gallery.id), col(Gallery.name))
    return dict(map(tuple, asking.session.execute(rows)))


def _suggested_tags(asking: Asking) -> list[Choice]:
    query = (
        select(func.min(ImageTag.tag), func.count())
        .join(Image, col(Image.id) == col(ImageTag.image_id))
        .where(images.visible_to(asking.actor))
        .group_by(col(ImageTag.folded))
    )
    ordered = _counted(asking, query).most_common()
    return [Choice(value=tag, label=tag, count=number) for tag, number in ordered]


def _suggested_galleries(asking: Asking) -> list[Choice]:
    names = _names_of_galleries(asking)
    query = (
        select(col(GalleryImage.gallery_id), func.count())
        .join(Image, col(Image.id) == col(GalleryImage.image_id))
        .where(among(col(GalleryImage.gallery_id), names), images.visible_to(asking.actor))
        .group_by(col(GalleryImage.gallery_id))
    )
    counts = Counter(dict.fromkeys(names, 0))
    counts.update(_counted(asking, query))
    return _named(counts, lambda _: names)


_SUGGESTED: Final[dict[str, Callable[[Asking], list[Choice]]]] = {
    "tag": _suggested_tags,
    "gallery": _suggested_galleries,
    "by": lambda asking: facets(asking, wanted(asking, [])).by,
    "model": lambda asking: facets(asking, wanted(asking, [])).model,
    "lora": lambda asking: facets(asking, wanted(asking, [])).lora,
}
