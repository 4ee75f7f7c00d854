"""What people see of an image while it is drawn, by the policy: no preview leaves here that a finished image could not.

`checked` hands on what the safety checker looked at and saw nothing in; once it saw something, only colours are shown
of that image, and then nothing more. `blurred` hands on colours, `off` nothing. Whatever is heard, remembered or told to
other processes comes from here, so there is one place to look at. Fails closed: a preview that nobody measured, or a
policy that cannot be read, is not shown.
"""

from __future__ import annotations

import asyncio
import logging
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image as Pillow
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError

from backend.images.schemas import Moderation
from backend.kit.context import Context
from backend.kit.telemetry import REGISTRY
from backend.moderation import stopped
from backend.policies import service as policies
from backend.policies.schemas import PolicyDocument, PreviewRule, Severity
from backend.policies.verdict import NOT_CHECKED, Verdict
from backend.screening import service as screening
from backend.stops import service as stops
from backend.stops.service import Stops
from inference.protocol import GenerationParameters, MeasuredPreview, Preview, PreviewsWanted

READ_EVERY_S: Final = 2.0
CELLS: Final = 8
"""Colours along the longer side of what is blurred: shapes are gone, what is warm and where is left."""
_QUALITY: Final = 60
_WANTED: Final = {
    PreviewRule.CHECKED: PreviewsWanted.MEASURED,
    PreviewRule.BLURRED: PreviewsWanted.PLAIN,
    PreviewRule.OFF: PreviewsWanted.NONE,
}
SHOWN: Final = Counter(
    "atelier_previews_total",
    "Previews heard of, by what became of them.",
    ["outcome"],
    registry=REGISTRY,
)

_log = logging.getLogger("atelier.dispatch")


@dataclass(frozen=True)
class Rules:
    """What holds now."""

    document: PolicyDocument
    stops: Stops


class Showing:
    """The previews of one generation."""

    def __init__(self, context: Context, parameters: GenerationParameters) -> None:
        self._context, self._parameters = context, parameters
        self._rules: Rules | None = None
        self._read_at = float("-inf")
        self._closed: set[int] = set()

    async def wanted(self) -> PreviewsWanted:
        """Return which previews inference is asked for."""
        rules = await self._now()
        return _WANTED[self._rule(rules)] if rules else PreviewsWanted.NONE

    def close(self, index: int) -> None:
        """Show nothing more of image `index`: it is finished, and moderation has the word."""
        self._closed.add(index)

    async def look_at(self, preview: Preview) -> Preview | None:
        """Return what may be seen of `preview`, or None."""
        rules = await self._now()
        seen, outcome = self.judged(preview, rules) if rules else (None, "unread")
        SHOWN.labels(outcome).inc()
        return seen

    def judged(self, preview: Preview, rules: Rules) -> tuple[Preview | None, str]:
        """Return what may be seen of `preview` by those rules, and in a word what became of it."""
        rule = self._rule(rules)
        if preview.index in self._closed or rule is PreviewRule.OFF:
            return None, "closed"
        if rule is PreviewRule.BLURRED:
            return blurred(preview), "blurred"
        if not isinstance(preview, MeasuredPreview):
            return None, "unmeasured"
        verdict = stopped.verdict_on(preview.scores, rules.document, rules.stops)
        if verdict.moderation is Moderation.RELEASED:
            return preview.picture(), "shown"
        if verdict.reason == NOT_CHECKED:
            return None, "unmeasured"
        self._closed.add(preview.index)
        return _veiled(preview, verdict), "veiled"

    def _rule(self, rules: Rules) -> PreviewRule:
        """Return what holds for this generation: nothing is shown of what waits for a person for its words alone."""
        if screening.verdict_on_words(self._parameters, rules.document):
            return PreviewRule.OFF
        return rules.document.previews

    async def _now(self) -> Rules | None:
        if time.monotonic() - self._read_at < READ_EVERY_S:
            return self._rules
        try:
            self._rules = await asyncio.to_thread(self._read)
        except SQLAlchemyError as error:
            _log.warning("no previews, for the policy cannot be read: %s", type(error).__name__)
            self._rules = None
        self._read_at = time.monotonic()
        return self._rules

    def _read(self) -> Rules:
        with self._context.database.read() as session:
            return Rules(policies.active(session).document, stops.now(session))


def blurred(preview: Preview, cells: int = CELLS) -> Preview:
    """Return `preview` as colours: at most `cells` along its longer side, enlarged to the size that it had."""
    with Pillow.open(BytesIO(b64decode(preview.webp_base64))) as picture:
        size, long = picture.size, max(picture.size)
        few = (max(1, round(side * cells / long)) for side in size)
        coarse = picture.convert("RGB").resize(tuple(few), Pillow.Resampling.BOX)
    buffer = BytesIO()
    coarse.resize(size, Pillow.Resampling.BICUBIC).save(buffer, "WEBP", quality=_QUALITY, method=2)
    return Preview(
        index=preview.index,
        step=preview.step,
        width=preview.width,
        height=preview.height,
        webp_base64=b64encode(buffer.getvalue()).decode("ascii"),
    )


def _veiled(preview: Preview, verdict: Verdict) -> Preview:
    """Return what takes the place of what was shown before: colours; of what is severe, one colour."""
    return blurred(preview, 1 if verdict.severity is Severity.SEVERE else CELLS)
