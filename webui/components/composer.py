"""The form of the Create page, built from Gradio's own fields. What happens with it is elsewhere.

The order of `Composer.fields` is the order in which `static/composer/fields.js` names their values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import gradio as gr

from webui.islands import bound_island, island

RATIOS: Final = ("square", "portrait", "tall", "landscape", "wide")
QUALITIES: Final = ("draft", "standard", "fine")
SCHEDULERS: Final = (
    ("DDIM", "ddim"), ("Euler", "euler"), ("Euler Karras", "euler_karras"), ("Euler a", "euler_a"),
    ("DPM++ 2M", "dpmpp_2m"), ("DPM++ 2M Karras", "dpmpp_2m_karras"),
    ("LCM", "lcm"), ("TCD", "tcd"),
)  # fmt: skip
STANDARD_STEPS: Final = 20
USUAL_GUIDANCE: Final = 4.0


@dataclass(frozen=True)
class Composer:
    """The form's components."""

    prompt: gr.Textbox
    ratio: gr.Radio
    quality: gr.Radio
    num_images: gr.Radio
    negative_prompt: gr.Textbox
    steps: gr.Slider
    guidance: gr.Slider
    seed: gr.Textbox
    scheduler: gr.Dropdown
    random_seed: gr.Button
    last_seed: gr.Button
    generate: gr.Button
    helper: gr.HTML

    @property
    def fields(self) -> list[Any]:
        """Everything a person fills in, in the order the browser's half knows."""
        return [
            self.prompt, self.ratio, self.num_images, self.negative_prompt, self.steps,
            self.guidance, self.seed, self.scheduler,
        ]  # fmt: skip


def composer(words: gr.I18n) -> Composer:
    """Put the form into the column that is open."""
    prompt = gr.Textbox(
        label=words("prompt"),
        placeholder=words("prompt.placeholder"),
        lines=4,
        max_lines=10,
        elem_id="prompt",
    )
    island("counter")
    island("styles")
    island("source")
    island("ways")
    ratio = _chips(words, "ratio", RATIOS, "square")
    quality = _chips(words, "quality", QUALITIES, "standard")
    num_images = gr.Radio(
        [("1", 1), ("2", 2), ("4", 4)], value=1, label=words("images"), elem_id="num_images"
    )
    island("into")
    generate = gr.Button(words("generate"), variant="primary", size="lg", elem_id="generate")
    helper = bound_island("composer")
    island("fold")
    # Not an accordion of Gradio's: its closed content does not exist, and so has no values to send.
    with gr.Column(elem_id="advanced", elem_classes="folded"):
        negative, steps, guidance, seed, random_seed, last_seed, scheduler = _advanced(words)
        island("variation")
        island("compare")
    return Composer(
        prompt, ratio, quality, num_images, negative, steps, guidance, seed, scheduler,
        random_seed, last_seed, generate, helper,
    )  # fmt: skip


def _chips(words: gr.I18n, name: str, values: tuple[str, ...], value: str) -> gr.Radio:
    choices = [(words(f"{name}.{one}"), one) for one in values]
    return gr.Radio(choices, value=value, label=words(name), elem_id=name)


def _advanced(words: gr.I18n) -> tuple[Any, ...]:
    negative = gr.Textbox(
        label=words("negative_prompt"),
        placeholder=words("negative_prompt.placeholder"),
        lines=2,
        max_lines=4,
        elem_id="negative_prompt",
    )
    steps = gr.Slider(
        1, 50, STANDARD_STEPS, step=1, label=words("steps"), buttons=[], elem_id="steps"
    )
    guidance = gr.Slider(
        1, 15, USUAL_GUIDANCE, step=0.5, label=words("guidance"), buttons=[], elem_id="guidance"
    )
    with gr.Row(elem_id="seed_row"):
        seed = gr.Textbox(
            label=words("seed"), placeholder=words("seed.random"), lines=1, elem_id="seed"
        )
        random_seed = gr.Button(words("seed.new"), size="sm", elem_id="random_seed")
        last_seed = gr.Button(words("seed.last"), size="sm", elem_id="last_seed")
    scheduler = gr.Dropdown(
        [(words("scheduler.usual"), ""), *SCHEDULERS],
        value="",
        label=words("scheduler"),
        elem_id="scheduler",
    )
    return negative, steps, guidance, seed, random_seed, last_seed, scheduler
