"""The verb of restorations: read what a file or a text says, fit it to what can be had. Stores and logs nothing."""

from __future__ import annotations

from typing import IO, Final

from anyio import to_thread

from backend.accounts.actor import Actor
from backend.catalog.service import Catalog
from backend.images import repository as images
from backend.kit.context import Context
from backend.kit.errors import FieldProblem, Unprocessable
from backend.kit.places import places
from backend.restorations import dialects
from backend.restorations.files import texts_in
from backend.restorations.fitting import fitted
from backend.restorations.found import Found
from backend.restorations.schemas import Restoration

AT_ONCE: Final = 4
TOOLS: Final = "Atelier, A1111 and its kin, SwarmUI, Fooocus, InvokeAI and ComfyUI"

_places = places("atelier_restorations_read", AT_ONCE)


class NoSettings(Unprocessable):
    """There is a picture or a text, and no settings in it that anybody here can read."""

    code = "no_settings"
    title = "No settings found"


async def read_file(file: IO[bytes]) -> Found:
    """Return the settings that the picture in `file` carries.

    Raises:
        Unprocessable: It is no picture that we take.
        NoSettings: It carries none.
    """
    found = await to_thread.run_sync(_read_file, file, limiter=_places())
    return found or _nothing_in(
        "file",
        "carries no settings; many programs and sites take them out when they save or send a picture. "
        f"Pictures of {TOOLS} carry them as those wrote them",
    )


async def read_text(text: str) -> Found:
    """Return the settings that `text` says.

    Raises:
        NoSettings: It says none.
    """
    found = await to_thread.run_sync(dialects.read_pasted, text, limiter=_places())
    return found or _nothing_in(
        "text", f"holds no settings; send them as pictures of {TOOLS} carry them"
    )


async def restoration_of(
    found: Found, catalog: Catalog, context: Context, actor: Actor
) -> Restoration:
    """Return `found` as far as `actor` can have it, and which image of this studio it is where they may see that.

    Raises:
        NotReady: Nothing has said yet what can be had.
        Forbidden: None of the models that they may draw with is on offer.
    """
    offer = await catalog.offer_for(actor)
    restoration = fitted(found, offer.cards, offer.why_retired)
    if found.place:
        restoration.image_id = await to_thread.run_sync(_image_at, context, actor, found.place)
    return restoration


def _image_at(context: Context, actor: Actor, place: tuple[str, int]) -> str | None:
    with context.database.read() as session:
        image = images.shown_at(session, actor, *place)
        return image.id if image else None


def _read_file(file: IO[bytes]) -> Found | None:
    texts = texts_in(file)
    if texts is None:
        kinds = "a PNG, JPEG or WebP picture"
        problem = FieldProblem(field="file", message=f"is not {kinds}", limit=kinds)
        raise Unprocessable(f"file {problem.message}; drop {kinds}", fields=[problem])
    return dialects.read(texts)


def _nothing_in(field: str, why: str) -> Found:
    problem = FieldProblem(field=field, message=why, limit=f"with settings of {TOOLS}")
    raise NoSettings(f"This {'picture' if field == 'file' else field} {why}.", fields=[problem])
