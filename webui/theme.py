"""The look in one table: design tokens, said once, as CSS variables and as a Gradio theme.

Leaves layout to the style sheets in `static/styles`. Contrast of every text colour on its surface is
at least 4.5 : 1 in both modes.
"""

from __future__ import annotations

from typing import Final

import gradio as gr

# What a colour is for → (light, dark).
COLOURS: Final[dict[str, tuple[str, str]]] = {
    "bg": ("#fbfbfd", "#0d1015"),
    "surface": ("#ffffff", "#14181f"),
    "raised": ("#ffffff", "#1a1f28"),
    "hover": ("#f1f3f7", "#1b202a"),
    "line": ("#e3e6ec", "#262c38"),
    "line-strong": ("#c5cbd6", "#38404f"),
    "text": ("#14181f", "#eceef3"),
    "muted": ("#5b6375", "#9aa3b4"),
    "primary": ("#5058d8", "#8b96ff"),
    "primary-hover": ("#4247b0", "#a0adff"),
    "on-primary": ("#ffffff", "#0d1015"),
    "ok": ("#0f7b4f", "#4cc38a"),
    "bad": ("#b42318", "#ff8b7e"),
    "warn": ("#8a5a00", "#f0b45b"),
    "warn-soft": ("#fff5e0", "#2a2013"),
    "bad-soft": ("#fdecea", "#331c1c"),
}
MEASURES: Final[dict[str, str]] = {
    "rail": "224px",
    "s1": "4px",
    "s2": "8px",
    "s3": "12px",
    "s4": "16px",
    "s6": "24px",
    "s8": "32px",
    "radius": "12px",
    "radius-control": "10px",
    "font": '"Inter Variable",ui-sans-serif,system-ui,sans-serif',
}
FONT: Final = ["Inter Variable", "ui-sans-serif", "system-ui", "sans-serif"]


def css_variables() -> str:
    """Return the tokens as one style sheet: `--at-…` on the root, dark values under `.dark`."""
    light = "".join(f"--at-{name}:{pair[0]};" for name, pair in COLOURS.items())
    dark = "".join(f"--at-{name}:{pair[1]};" for name, pair in COLOURS.items())
    sizes = "".join(f"--at-{name}:{value};" for name, value in MEASURES.items())
    return f":root{{color-scheme:light;{light}{sizes}}}.dark{{color-scheme:dark;{dark}}}"


def _iris() -> gr.themes.Color:
    return gr.themes.Color(
        name="iris", c50="#eef1ff", c100="#dfe4ff", c200="#c3ccff", c300="#a0adff", c400="#7f8dfb",
        c500="#6370f0", c600="#5058d8", c700="#4247b0", c800="#373c8b", c900="#31366f",
        c950="#1d1f42",
    )  # fmt: skip


def _ink() -> gr.themes.Color:
    return gr.themes.Color(
        name="ink", c50="#f7f8fa", c100="#eef0f4", c200="#dfe3ea", c300="#c5cbd6", c400="#98a1b2",
        c500="#6b7487", c600="#4b5365", c700="#343b4a", c800="#1d222c", c900="#14181f",
        c950="#0d1015",
    )  # fmt: skip


def _both(target: str, token: str) -> dict[str, str]:
    light, dark = COLOURS[token]
    return {target: light, f"{target}_dark": dark}


def gradio_theme() -> gr.themes.Base:
    """Return the tokens as a Gradio theme without the boxes Gradio draws around everything."""
    theme = gr.themes.Base(
        primary_hue=_iris(),
        secondary_hue=_iris(),
        neutral_hue=_ink(),
        text_size=gr.themes.sizes.text_sm,
        font=FONT,
        font_mono=["ui-monospace", "SFMono-Regular", "Menlo", "monospace"],
    )
    return theme.set(**_surfaces(), **_blocks(), **_inputs(), **_buttons())


def _surfaces() -> dict[str, str]:
    return {
        **_both("body_background_fill", "bg"),
        **_both("background_fill_primary", "surface"),
        **_both("background_fill_secondary", "bg"),
        **_both("body_text_color", "text"),
        **_both("body_text_color_subdued", "muted"),
        **_both("border_color_primary", "line"),
        "layout_gap": "16px",
        "form_gap_width": "0px",
        "panel_border_width": "0px",
        "shadow_drop": "none",
    }


def _blocks() -> dict[str, str]:
    return {
        "block_background_fill": "transparent",
        "block_background_fill_dark": "transparent",
        "block_border_width": "0px",
        "block_border_width_dark": "0px",
        "block_padding": "0px",
        "block_shadow": "none",
        "block_radius": "10px",
        "block_label_background_fill": "transparent",
        "block_label_background_fill_dark": "transparent",
        "block_title_text_weight": "560",
        "block_title_text_size": "13px",
        **_both("block_title_text_color", "text"),
        **_both("block_info_text_color", "muted"),
    }


def _inputs() -> dict[str, str]:
    return {
        **_both("input_background_fill", "surface"),
        "input_border_width": "1px",
        **_both("input_border_color", "line-strong"),
        **_both("input_border_color_focus", "primary"),
        **_both("input_placeholder_color", "muted"),
        "input_shadow_focus": "0 0 0 3px rgb(99 112 240 / .20)",
        "input_shadow_focus_dark": "0 0 0 3px rgb(139 150 255 / .22)",
        "input_radius": "10px",
        "input_padding": "10px 12px",
        "slider_color": "*primary_500",
        **_both("checkbox_label_background_fill", "surface"),
        **_both("checkbox_label_background_fill_hover", "hover"),
        "checkbox_label_background_fill_selected": "*primary_50",
        "checkbox_label_background_fill_selected_dark": "#23284a",
        "checkbox_label_border_width": "1px",
        **_both("checkbox_label_border_color", "line-strong"),
    }


def _buttons() -> dict[str, str]:
    return {
        "button_large_radius": "10px",
        "button_small_radius": "8px",
        "button_large_text_weight": "620",
        "button_border_width": "1px",
        "button_primary_background_fill": "*primary_600",
        "button_primary_background_fill_hover": "*primary_700",
        "button_primary_background_fill_dark": "*primary_600",
        "button_primary_background_fill_hover_dark": "*primary_500",
        "button_primary_text_color": "white",
        **_both("button_secondary_background_fill", "surface"),
        **_both("button_secondary_background_fill_hover", "hover"),
        **_both("button_secondary_border_color", "line"),
        **_both("button_secondary_text_color", "muted"),
    }
