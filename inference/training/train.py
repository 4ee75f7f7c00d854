"""`atelier train-lora` from its first check to its last sentence; what is shown meanwhile is its caller's.

The order: read and check, draw class pictures, encode, train, draw samples, write. Each part can be broken off and
taken up again with `resume`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from PIL import Image

from inference.devices import place
from inference.minimodel.sheet import contact_sheet
from inference.training.base import Base, load_base
from inference.training.drawing import draw, draw_class
from inference.training.files import no_room, table_of, tensors_of, write_lora
from inference.training.lora import set_strength
from inference.training.pictures import Picture, read_folder, without_trigger
from inference.training.plan import AUTO, Request, TrainingRefused
from inference.training.session import Learned, Session, encoded, pace_of

CHECKPOINT = "lora.pt"
SETTINGS = "settings.json"
SHEET = "samples.jpg"
ROOM_BYTES = 200_000_000
_SAMPLES = 4


class Teller(Protocol):
    """Who shows what happens: a terminal, or a test."""

    def begin(self, what: str, total: int) -> None:
        """Say what comes, in so many parts."""

    def advance(self, count: int = 1, loss: float | None = None) -> None:
        """Say that parts are done, and the loss where there is one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left behind."""

    file: Path
    sheet: Path | None
    table: str
    steps: int
    whole: bool


def train(request: Request, model: str, teller: Teller, base: Base | None = None) -> Outcome:
    """Train as asked; Ctrl-C while training keeps what was learned until then.

    Raises:
        TrainingRefused: It cannot be as it was asked for.
    """
    request.require_sound()
    base = base or load_base(model, place())
    pace = pace_of(request, base)
    pictures = read_folder(request.pictures, request.trigger, request.class_words, pace.resolution)
    _require_room(request)
    _require_same(request, base, pictures)
    try:
        return _train(request, base, pictures, teller)
    except (OSError, RuntimeError) as error:
        if no_room(error):
            raise TrainingRefused("out", f"no room on the disk of {request.workshop}") from error
        raise


def _train(request: Request, base: Base, pictures: list[Picture], teller: Teller) -> Outcome:
    pace = pace_of(request, base)
    prior = _class_pictures(request, base, pictures, teller)
    teller.begin("reading pictures", 1)
    own = encoded(base, pictures, pace.resolution)
    kept = encoded(base, prior, pace.resolution) if prior else None
    teller.advance()
    session = Session(request, base, own, kept)
    session.loop.resume()
    before = _samples(session, own, teller, "samples before", strength=0.0)
    whole = _take_steps(session, teller)
    session.loop.apply_average()
    base.unet.eval()
    sha256 = write_lora(
        request,
        base,
        tensors_of(session.loras, request.alpha),
        {"ss_steps": str(session.loop.step)},
    )
    sheet = None
    if whole:
        after = _samples(session, own, teller, "samples after", strength=1.0)
        sheet = _write_sheet(request, before, after, _prompts(own))
    return Outcome(request.out, sheet, table_of(request, base, sha256), session.loop.step, whole)


def _take_steps(session: Session, teller: Teller) -> bool:
    """Take the steps; return whether all were taken, and keep the checkpoint either way."""
    loop = session.loop
    teller.begin("training", loop.plan.steps)
    teller.advance(loop.step)
    try:
        for loss in session.steps():
            teller.advance(1, loss)
    except KeyboardInterrupt:
        loop.save()
        return False
    return True


def _class_pictures(
    request: Request, base: Base, pictures: list[Picture], teller: Teller
) -> list[Picture]:
    """Return what the model is to go on drawing as it did: drawn by itself, or from a folder; none at weight 0."""
    if not request.prior_weight:
        return []
    pace = pace_of(request, base)
    if request.prior != AUTO:
        return read_folder(Path(request.prior), "", request.class_words, pace.resolution)
    count = request.prior_count or min(24, max(8, len(pictures)))
    bare = [without_trigger(picture.caption, request.trigger) for picture in pictures]
    prompts = [bare[k % len(bare)] or request.class_words for k in range(count)]
    folder = request.workshop / "prior"
    teller.begin("drawing class pictures", count)
    for count in draw_class(base, prompts, folder, pace.resolution, request.seed):
        teller.advance(count)
    return [Picture(folder / f"{k:04}.png", prompt) for k, prompt in enumerate(prompts)]


def _prompts(own: Learned) -> list[str]:
    return list(dict.fromkeys(own.captions))[:_SAMPLES]


def _samples(
    session: Session, own: Learned, teller: Teller, what: str, *, strength: float
) -> list[Image.Image]:
    """Draw the first captions at fixed seeds, with the LoRA or without."""
    prompts = _prompts(own)
    teller.begin(what, len(prompts))
    set_strength(session.every_layer(), strength)
    made = []
    seeds = list(range(len(prompts)))
    for picture in draw(session.base, prompts, seeds, session.pace.resolution):
        made.append(picture)
        teller.advance()
    set_strength(session.every_layer(), 1.0)
    return made


def _write_sheet(
    request: Request, before: list[Image.Image], after: list[Image.Image], prompts: list[str]
) -> Path:
    labels = [f"{when}: {prompt}" for when in ("before", "after") for prompt in prompts]
    path = request.workshop / SHEET
    contact_sheet([*before, *after], labels, columns=len(prompts)).save(path, quality=90)
    return path


def _require_room(request: Request) -> None:
    request.workshop.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(request.workshop).free
    if free < ROOM_BYTES:
        raise TrainingRefused(
            "out",
            f"{free // 10**6} MB are free at {request.workshop}; {ROOM_BYTES // 10**6} MB are needed",
        )


def _require_same(request: Request, base: Base, pictures: list[Picture]) -> None:
    """Hold a resumed run to what it began as; only more steps are no other run."""
    path = request.workshop / SETTINGS
    free = {"resume", "out", "steps", "licence"}
    asked = {key: str(value) for key, value in asdict(request).items() if key not in free}
    told = "".join(picture.caption for picture in pictures).encode()
    asked |= {"base_sha256": base.sha256, "captions": hashlib.sha256(told).hexdigest()}
    if request.resume and path.exists():
        begun = json.loads(path.read_text("utf-8"))
        if other := sorted(key for key in asked if begun.get(key) != asked[key]):
            raise TrainingRefused(
                "resume",
                f"{', '.join(other)} differ from those of the run in {request.workshop}; give the same, or another --out",
            )
    path.write_text(json.dumps(asked, indent=2) + "\n", "utf-8")
