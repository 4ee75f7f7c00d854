"""Create: the form, and beside it everything that is being drawn or was drawn lately.

The page asks for a generation and forgets it: progress, previews and results reach the browser from
the API (`static/feed.js`). Each event here is `queue=False`, so that no replica remembers anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import gradio as gr
from pydantic import BaseModel, Field

from backend.kit.errors import FieldProblem
from webui import answers
from webui.client import CallFailed, Client
from webui.components.composer import Composer, composer
from webui.islands import island
from webui.sizes import size_for

_ANYTHING: Final = "anything"  # a price does not depend on the prompt
# What the browser's half says of the picture that is drawn over, and of drafts; the API knows what each of them may be.
_OVER: Final = frozenset(
    {
        "init_image", "strength", "fit", "mask", "invert_mask", "mask_blur", "masked_area",
        "outpaint", "upscale", "control", "variation_seed", "variation_strength", "width", "height",
        "decoder",
    }
)  # fmt: skip


def build(words: gr.I18n, client: Client) -> None:
    """Put the page's parts into the Blocks that is open, and connect them."""
    island("rail", page="create")
    with gr.Row(elem_id="create", equal_height=False):
        with gr.Column(scale=0, min_width=320, elem_id="composer"):
            form = composer(words)
        with gr.Column(scale=1, elem_id="feed"):
            island("feed")
    _connect(form, Submission(client))


class Press(BaseModel):
    """What the browser's half sends beside the fields: the mark of the call, where its images go, what it stems from and is drawn over."""

    ticket: str = Field(default="-", min_length=1, max_length=255)
    gallery: str | None = Field(default=None, max_length=26)
    parent: str | None = Field(default=None, max_length=26)
    edit: dict[str, object] = Field(default_factory=dict, max_length=len(_OVER))

    @property
    def origin(self) -> dict[str, str]:
        """Return the part of it that the API takes in its address."""
        named = {"gallery": self.gallery, "parent": self.parent}
        return {name: value for name, value in named.items() if value}

    @property
    def over(self) -> dict[str, object]:
        """Return the parameters that it adds to the form's."""
        return {name: value for name, value in self.edit.items() if name in _OVER}


class Submission:
    """What the Generate button does."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def press(  # noqa: PLR0913, PLR0917 - Gradio hands over one argument a field, by position
        self,
        press: dict[str, object],
        prompt: str | None,
        ratio: str,
        num_images: int,
        negative_prompt: str | None,
        steps: float,
        guidance: float,
        seed: str | None,
        scheduler: str,
        request: gr.Request,
    ) -> dict[str, Any]:
        """Hand the form to the API as the person at the browser, and say how it went."""
        fields: dict[str, object] = {
            "prompt": prompt or "",
            "negative_prompt": negative_prompt or "",
            "num_inference_steps": steps,
            "guidance_scale": guidance,
            "num_images": num_images,
        }
        if scheduler:
            fields["scheduler"] = scheduler
        pressed = Press.model_validate(press)
        headers = dict(request.headers)
        answer = await self._answer(headers, pressed, fields, ratio=ratio, seed=_seed(seed))
        return answer.model_dump(mode="json")

    async def price(
        self,
        press: dict[str, object],
        ratio: str,
        num_images: int,
        steps: float,
        request: gr.Request,
    ) -> dict[str, Any]:
        """Say what Generate would cost as the form stands."""
        headers = dict(request.headers)
        fields = {"prompt": _ANYTHING, "num_inference_steps": steps, "num_images": num_images}
        try:
            fields |= await self._drawn_by(headers, ratio) | Press.model_validate(press).over
            fields = _made_larger(fields) if fields.get("upscale") else fields
            answer = answers.priced(await self._client.price(headers, fields))
        except CallFailed:
            answer = answers.priced(None)
        return answer.model_dump(mode="json")

    async def _drawn_by(self, headers: Mapping[str, str], ratio: str) -> dict[str, object]:
        """Return the size that the model draws which draws for this very person when none is named.

        It is not named: that a studio tries a new model with some people is told only of what named none. With no model
        that they may use: nothing, and the API says so better than we could.
        """
        for model in (await self._client.models(headers))[:1]:
            width, height = size_for(ratio, model)
            return {"width": width, "height": height}
        return {}

    async def _answer(
        self,
        headers: Mapping[str, str],
        press: Press,
        fields: dict[str, object],
        *,
        ratio: str,
        seed: int | FieldProblem | None,
    ) -> answers.Answer:
        if isinstance(seed, FieldProblem):
            return answers.wrong_field(press.ticket, seed)
        if seed is not None:
            fields["seed"] = seed
        try:
            fields |= await self._drawn_by(headers, ratio) | press.over
            fields = _made_larger(fields) if fields.get("upscale") else fields
            found = await self._client.submit(
                headers, fields, key=press.ticket, origin=press.origin
            )
        except CallFailed as failure:
            return answers.failed(press.ticket, failure)
        return answers.accepted(press.ticket, found)


def _made_larger(fields: dict[str, object]) -> dict[str, object]:
    """Return what is asked when one picture is made larger: one image, and guidance as is usual for that."""
    one = {**fields, "num_images": 1}
    return {name: value for name, value in one.items() if name != "guidance_scale"}


def _seed(written: str | None) -> int | FieldProblem | None:
    """Return the seed that was written, None for a random one, or what is wrong with it."""
    text = (written or "").strip()
    if not text or text == "-1":
        return None
    if text.isascii() and text.isdigit():
        return int(text[:20])
    return FieldProblem(
        field="seed",
        message="must be a whole number; leave it empty for a random one",
        limit="0 to 4294967295",
        nearest="",
    )


def _connect(form: Composer, submission: Submission) -> None:
    """Connect the fields with each other, with the browser's half and with the API."""
    quiet: dict[str, Any] = {"queue": False, "show_progress": "hidden"}
    form.generate.click(
        submission.press,
        inputs=[form.helper, *form.fields],
        outputs=form.helper,
        js="(...values) => window.Atelier.send(...values)",
        api_visibility="private",
        **quiet,
    )
    context = gr.context.Context.root_block
    restored = context.load(None, None, form.fields, js="() => window.Atelier.restore()", **quiet)
    priced: dict[str, Any] = {
        "fn": submission.price,
        "inputs": [form.helper, form.ratio, form.num_images, form.steps],
        "outputs": form.helper,
        "js": "(...values) => window.Atelier.priced(...values)",
        "api_visibility": "private",
        "trigger_mode": "always_last",  # a slider that moves asks for one price at a time
        **quiet,
    }
    restored.then(**priced)
    gr.on(
        [form.ratio.change, form.num_images.change, form.steps.change, form.helper.edit], **priced
    )
    form.helper.apply(None, None, form.fields, js="() => window.Atelier.take()", **quiet)
    gr.on(
        [field.change for field in form.fields],
        None,
        form.fields,
        None,
        js="(...values) => window.Atelier.changed(...values)",
        **quiet,
    )
    look = [form.steps, form.guidance, form.scheduler]
    form.quality.input(
        None, form.quality, look, js="(name) => window.Atelier.chosen(name)", **quiet
    )
    gr.on(
        [field.change for field in look],
        None,
        look,
        form.quality,
        js="(...look) => window.Atelier.qualityOf(...look)",
        **quiet,
    )
    form.random_seed.click(None, None, form.seed, js="() => ''", **quiet)
    form.last_seed.click(None, None, form.seed, js="() => window.Atelier.lastSeed()", **quiet)
