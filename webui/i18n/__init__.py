"""What the pages say, in English and in Spanish: one dictionary for Gradio's fields and our elements.

Both read the same JSON files. Gradio hands them to the browser in its page configuration, where
`static/core/i18n.js` finds them too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import gradio as gr

LANGUAGES: Final = ("en", "es")


def dictionaries() -> dict[str, dict[str, str]]:
    """Return language → (key → sentence)."""
    folder = Path(__file__).parent
    return {name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in LANGUAGES}


def translations() -> gr.I18n:
    """Return the dictionaries as Gradio takes them; calling the result with a key marks a text."""
    return gr.I18n(**dictionaries())
