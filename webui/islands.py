"""Places in a Gradio page where our own custom elements live.

Gradio compiles a component's HTML template twice, as Handlebars and as a JavaScript template literal,
so anything a person wrote that came near one would run. Every template here is therefore a constant
made of letters: data reaches an element by the API or by `props`, and the page by `textContent`.
"""

from __future__ import annotations

import re
from typing import Final

import gradio as gr

_NAME: Final = re.compile(r"[a-z]+(-[a-z]+)*\Z")


def island(element: str, **attributes: str) -> gr.HTML:
    """Put the custom element `at-{element}` into the page; it needs nothing from Gradio.

    Raises:
        ValueError: A name or an attribute is more than lowercase letters and hyphens.
    """
    return gr.HTML(html_template=_template(element, attributes), js_on_load=None, **_PLAIN)


def bound_island(element: str) -> gr.HTML:
    """Put `at-{element}` into the page and hand it Gradio's `props`, `watch`, an `apply` and an `edit` event."""
    return gr.HTML(html_template=_template(element, {}), js_on_load=_BIND, **_PLAIN)


_PLAIN: Final = {"apply_default_css": False, "container": False, "padding": False}
# Our modules may finish loading before or after Gradio has drawn the component.
_BIND: Final = (
    "window.Atelier.bind(element.firstElementChild, "
    "{ props, watch, apply: () => trigger('apply'), edited: () => trigger('edit') })"
)


def _template(element: str, attributes: dict[str, str]) -> str:
    for word in (element, *attributes, *attributes.values()):
        if not _NAME.match(word):
            raise ValueError(f"{word!r} may not stand in a template: lowercase letters only")
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<at-{element}{written}></at-{element}>"
