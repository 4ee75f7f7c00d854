"""The contact sheet of a grid: what is on it, which is decided here, and the answer that draws it.

Only what is released and not thrown away is ever read from storage; anything else is a grey tile with a word on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Final, NamedTuple

from anyio import to_thread
from fastapi import Response
from PIL.PngImagePlugin import PngInfo
from sqlmodel import Session
from starlette.types import Receive, Scope, Send

from backend.generations.models import Generation
from backend.grids import repository
from backend.grids.drawing import Edge, Plan, Tile, draw
from backend.grids.models import Grid
from backend.grids.schemas import Axis, Setting, SheetVariant, Value
from backend.images import metadata
from backend.images import repository as images
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.images.service import is_shown
from backend.kit.errors import NotFound
from backend.kit.places import places
from backend.kit.queue import State
from backend.kit.storage import Storage
from inference.protocol import GenerationParameters

# A sheet takes a second of a core: whoever wants one waits for each other, not everybody for them.
AT_ONCE: Final = 1
LONGEST: Final = {SheetVariant.FULL: 512, SheetVariant.THUMB: 192}
NAMES: Final = {
    Setting.MODEL: "Model",
    Setting.STEPS: "Steps",
    Setting.GUIDANCE: "Guidance",
    Setting.SCHEDULER: "Sampler",
    Setting.SEED: "Seed",
    Setting.NEGATIVE_PROMPT: "Avoid",
    Setting.SIZE: "Size",
    Setting.PROMPT: "Prompt",
    Setting.STRENGTH: "Strength",
    Setting.VARIATION_STRENGTH: "Variation",
}
_STATES: Final = {
    State.QUEUED: "Waiting",
    State.RUNNING: "Being drawn",
    State.FAILED: "Failed",
    State.CANCELED: "Canceled",
}
_WITHHELD: Final = {
    Moderation.PENDING: "Being checked",
    Moderation.HELD: "Held for review",
    Moderation.REJECTED: "Rejected",
}
_GONE: Final = "Deleted"
_places = places("atelier_sheets", AT_ONCE)


@dataclass(frozen=True)
class SheetPlan:
    """A sheet before it is drawn: its tag, and the headers that go with it."""

    plan: Plan
    tag: str
    headers: dict[str, str]


class Sheet(Response):
    """An answer whose body is drawn once the request's session is closed, when it is this one's turn.

    `look` says what is on the sheet by then: whoever waited for their turn is handed nothing that was taken down meanwhile.
    """

    def __init__(
        self, look: Callable[[], SheetPlan], storage: Storage, signed: Callable[[bytes], bytes]
    ) -> None:
        super().__init__()
        self._look = look
        self._storage = storage
        self._signed = signed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Draw and sign, then answer."""
        made = await to_thread.run_sync(self._made, limiter=_places())
        answer = Response(made.body, media_type="image/png", headers=made.sheet.headers)
        await answer(scope, receive, send)

    def _made(self) -> Made:
        made = handed_out(self._look, self._storage)
        return made._replace(body=self._signed(made.body))


class Made(NamedTuple):
    """A sheet, and its PNG."""

    sheet: SheetPlan
    body: bytes


def handed_out(look: Callable[[], SheetPlan], storage: Storage) -> Made:
    """Return the sheet as it may be seen once it is drawn: what was taken down or thrown away while it was is not on it.

    Raises:
        NotFound: The grid is gone by now.
    """
    sheet = look()
    while True:
        body = drawn(sheet.plan, storage)
        now = look()
        if not _shows_more(sheet.plan, now.plan):
            return Made(sheet, body)
        sheet = now


def _shows_more(drawn: Plan, now: Plan) -> bool:
    """Say whether a picture was drawn that may be seen no more."""
    return any(
        one.key is not None and one.key != other.key
        for one, other in zip(drawn.tiles, now.tiles, strict=True)
    )


def drawn(plan: Plan, storage: Storage) -> bytes:
    """Return the PNG of `plan`; it says, as every image does, that a model made it."""
    told = PngInfo()
    told.add_itxt("XML:com.adobe.xmp", metadata.ai_mark().decode())
    out = BytesIO()
    draw(plan, storage.get).save(out, "PNG", pnginfo=told)
    return out.getvalue()


def sheet_of(session: Session, grid: Grid, variant: SheetVariant, number: int = 0) -> SheetPlan:
    """Return what is on that sheet of `grid`, which the caller was allowed to read.

    Raises:
        NotFound: It has fewer sheets.
    """
    axes = grid.axes
    if number >= axes.sheets:
        sheets = "one sheet" if axes.sheets == 1 else f"{axes.sheets} sheets"
        raise NotFound(f"The grid {grid.id!r} has {sheets}, and so none of the number {number}.")
    rows = repository.generations_by_place(session, grid)
    found = {
        one.generation_id: one
        for one in images.of_generations(session, [r.id for r in rows.values()])
    }
    each = axes.columns * axes.rows
    cells = [rows.get(place) for place in range(number * each, (number + 1) * each)]
    tiles = [_tile(grid, row, found.get(row.id) if row else None) for row in cells]
    plan = Plan(
        title=grid.parameters.prompt,
        facts=_facts(grid, number),
        across=_edge(axes.x),
        down=_edge(axes.y) if axes.y else None,
        tiles=tiles,
        longest=LONGEST[variant],
    )
    # Nothing that may change by itself is kept: a preview's file is named by what is in it, so the key is a digest.
    whole = all(row is not None and row.state.ended for row in cells)
    tag = f'W/"{sha256(repr(plan).encode()).hexdigest()[:32]}"'
    keep = {"Cache-Control": "private, no-cache", "ETag": tag}
    headers = {
        **(keep if whole else {"Cache-Control": "private, no-store"}),
        "Content-Disposition": f'inline; filename="{_name(grid, number)}"',
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Vary": "Cookie, Authorization",
        "X-Content-Type-Options": "nosniff",
    }
    return SheetPlan(plan, tag, headers)


def _name(grid: Grid, number: int) -> str:
    return f"atelier-grid-{grid.id}{f'-{number + 1}' if grid.axes.z else ''}.png"


def _tile(grid: Grid, row: Generation | None, image: Image | None) -> Tile:
    size = row.parameters if row else grid.parameters
    if row is not None and row.state in _STATES:
        return Tile(size.width, size.height, None, _STATES[row.state])
    if image is None:
        return Tile(size.width, size.height, None, _GONE)
    if not is_shown(image):
        return Tile(size.width, size.height, None, _WITHHELD[image.moderation])
    return Tile(size.width, size.height, image.preview_key)


def _edge(axis: Axis) -> Edge:
    return Edge(NAMES[axis.setting], [_written(value) for value in axis.values])


def _written(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).strip() or "–"


def _facts(grid: Grid, number: int) -> str:
    """Return in a line what all cells of a sheet share, what this one of several has first."""
    varied = {axis.setting for axis in grid.axes.all}
    told = _shared(grid.parameters)
    facts = [text for setting, text in told.items() if setting not in varied]
    if z := grid.axes.z:
        facts.insert(0, f"{NAMES[z.setting]}: {_written(z.values[number])}")
    return "  ·  ".join([*facts, f"{grid.created_at:%Y-%m-%d}"])


def _shared(parameters: GenerationParameters) -> dict[Setting, str]:
    told = {
        Setting.MODEL: parameters.model,
        Setting.SIZE: f"{parameters.width} × {parameters.height}",
        Setting.STEPS: f"{parameters.num_inference_steps} steps",
        Setting.GUIDANCE: f"guidance {parameters.guidance_scale:g}",
        Setting.SCHEDULER: parameters.scheduler.value,
        Setting.SEED: f"seed {parameters.seed}",
    }
    if parameters.init_image:
        told[Setting.STRENGTH] = f"strength {parameters.strength:g}"
    if parameters.variation_strength:
        told[Setting.VARIATION_STRENGTH] = f"variation {parameters.variation_strength:g}"
    return told
