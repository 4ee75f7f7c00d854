"""Prompts for a comparison for which nobody brings any: varied, and of what a fashion studio draws."""

from __future__ import annotations

from typing import Final

BUNDLED: Final = (
    "a red striped dress on a cream background",
    "a navy coat on a grey background",
    "a green checked shirt on a white background",
    "a yellow skirt with dots on a blue background",
    "a black jacket, ink drawing",
    "a pink sweater on a cream background",
    "brown trousers on a green background",
    "a white dress with dots, watercolour",
    "an orange hat on a grey background",
    "a blue striped sweater, flat illustration",
    "a purple coat with checks on a white background",
    "a cream shirt on a navy background, watercolour",
)
