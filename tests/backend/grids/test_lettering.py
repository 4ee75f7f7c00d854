"""Type on a contact sheet: it fits where it is put, and European letters are no boxes."""

from __future__ import annotations

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

from backend.grids.lettering import Lettering


def test_a_line_is_cut_where_there_is_no_more_room() -> None:
    type_ = Lettering(16, "#000000")
    lines = type_.fitted("a red striped dress on a cream background " * 9, 200, 2)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert all(type_.width(line) <= 200 for line in lines)


def test_one_long_word_is_cut_too() -> None:
    type_ = Lettering(16, "#000000")
    [line] = type_.fitted("w" * 500, 100, 3)
    assert type_.width(line) <= 100


@pytest.mark.parametrize("letter", ["é", "ñ", "×", "ł", "ş", "€", "–", "…"])
def test_european_letters_are_not_boxes(letter: str) -> None:
    def drawn_as(text: str) -> bytes:
        paper = Pillow.new("L", (40, 40), 255)
        Lettering(24, "#000000").draw(ImageDraw.Draw(paper), (5, 30), text)
        return paper.tobytes()

    assert drawn_as(letter) != drawn_as("\uffff")
