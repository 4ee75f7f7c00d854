"""The presets that come with the studio, for the model that does: in words that it was trained on.

Constants, not rows: nobody can change or lose them, and a new version of the studio brings its own. Their ids are
the names of their words on pages.
"""

from __future__ import annotations

from typing import Final

from backend.presets.schemas import BuiltInPreset, PresetParameters


def _style(identity: str, name: str, template: str) -> BuiltInPreset:
    return BuiltInPreset(id=identity, name=name, parameters=PresetParameters(template=template))


BUILT_IN: Final = (
    _style("ink", "Ink drawing", "an ink drawing of {prompt}"),
    _style("flat", "Flat illustration", "flat illustration of {prompt}"),
    _style("pencil", "Pencil sketch", "pencil sketch of {prompt}"),
    _style("catalogue", "Catalogue", "flat colours, {prompt} on a white background, front view"),
    _style("spring", "Spring", "soft pencil, {prompt} on a pale pink background, spring collection"),
    _style("editorial", "Editorial", "bold outline, {prompt} against a light grey wall, editorial"),
)  # fmt: skip
