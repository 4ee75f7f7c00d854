"""Letters that look like Latin ones and that no normalisation of Unicode brings together.

Fullwidth, mathematical, circled and squared letters are not here: NFKC knows those. Each line of the table is a Latin
letter and what is read as it, in small letters; the rows were chosen by looking, from Unicode's charts of Cyrillic, Greek,
Armenian, Cherokee, IPA and the small capitals.
"""

from __future__ import annotations

from itertools import chain
from typing import Final

_ROWS: Final = (
    "a аαɑᴀɐꭺ",
    "b вβʙьƅꮟ",
    "c сϲᴄƈⅽꮯ",
    "d ԁɗᴅđꭰ",
    "e еεҽєᴇǝəɛꭼ",
    "f ғϝꜰƒ",
    "g ɡɢցɠԍ",
    "h нһηʜհħ",
    "i іιɪıɩӏ\u0269ꭵ",
    "j јϳᴊյꭻ",
    "k кκᴋƙꮶ",
    "l ⅼʟɭłꮮ",
    "m мᴍϻꮇ",
    "n пոɴνŋƞɲ",
    "o оοσօᴏøɵ",
    "p рρᴘƿꮲ",
    "q ԛգʠ",
    "r гʀɾɼꭱ",
    "s ѕꜱʂꮪ",
    "t тτᴛŧƭꭲ",
    "u υᴜսʊцμ",
    "v ѵᴠʋꮩ",
    "w ԝωᴡɯѡꮃ",
    "x хχ×ҳ",
    "y уγʏүýყ",
    "z ᴢʐƶꮓ",
)
_PAIRS: Final = {"æ": "ae", "œ": "oe", "ß": "ss", "þ": "th", "ð": "d"}
_RINGED: Final = (0x1F150, 0x1F170, 0x1F1E6)  # negative circled, negative squared, flags

LATIN: Final = {
    **{ord(like): row[0] for row in _ROWS for like in row[2:]},
    **{ord(like): letters for like, letters in _PAIRS.items()},
    **dict(chain.from_iterable(((first + n, chr(97 + n)) for n in range(26)) for first in _RINGED)),
}
"""For `str.translate` of what is NFKC and casefolded already."""

LEET: Final = {
    "0": "o",
    "1": "il",
    "2": "z",
    "3": "e",
    "4": "a",
    "5": "s",
    "6": "g",
    "7": "t",
    "8": "b",
    "9": "g",
    "@": "a",
    "$": "s",
    "!": "i",
    "€": "e",
    "£": "l",
    "ñ": "ñn",
}
"""What stands for a letter inside a word, and for which."""
