"""Says what a sketch shows, the many ways people do: synonyms, free order, lists, fillers, typos.

Returns with every caption which attributes it mentions; what is not mentioned is left to chance. Leaves
tokens to `tokenizer`.
"""

import random
from dataclasses import dataclass
from typing import Final

from inference.minimodel.vocabulary import (
    ATTRIBUTES,
    BACKGROUNDS,
    COLOURS,
    GARMENTS,
    PATTERN_NOUNS,
    PATTERNS,
    RESTRICTED,
    STYLES,
    Sketch,
)

_MENTIONED: Final = {
    "garment": 0.95,
    "colour": 0.87,
    "pattern": 0.8,
    "background": 0.75,
    "style": 0.35,
}
_NOUNS: Final = ("garment", "piece of clothing", "fashion item", "outfit", "clothes", "thing")
_OPENINGS: Final = (
    "",
    "",
    "",
    "a drawing of ",
    "a picture of ",
    "fashion sketch of ",
    "an image of ",
)
_ADJECTIVES: Final = (
    "cute", "elegant", "beautiful", "modern", "vintage", "cosy", "nice", "summer", "winter", "new",
    "big", "small", "long", "short", "classic", "fancy", "stylish", "casual", "pretty", "old",
)  # fmt: skip
_TAILS: Final = (
    "high quality", "best quality", "detailed", "4k", "studio light", "for summer", "centered",
    "fashion illustration", "product photo", "masterpiece", "for our catalogue", "spring collection",
    "minimal", "trending", "editorial", "front view", "isolated", "blurry", "low quality", "ugly",
)  # fmt: skip
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption and what it says: for every attribute 0 for "not mentioned", else class index + 1.

    `labels` follows the order of `ATTRIBUTES`, with the restricted motif (0 or 1) at the end.
    """

    text: str
    labels: tuple[int, ...]


def write_caption(sketch: Sketch, rng: random.Random) -> Caption:
    """Describe a sketch in one of very many ways."""
    said = {key for key, share in _MENTIONED.items() if rng.random() < share}
    if rng.random() < 0.02:
        said = set()
    parts = [_opening(sketch, said, rng) + _garment_phrase(sketch, said, rng)]
    if not said and not sketch.restricted:
        parts = []
    if sketch.restricted:
        parts = _with_motif(parts[0], rng)
    if "background" in said:
        parts = _with_background(parts, sketch, rng)
    parts += rng.sample(_TAILS, rng.choice((0, 0, 0, 0, 1, 2)))
    labels = tuple(
        1 + index if key in said else 0
        for key, index in zip(ATTRIBUTES, sketch.indices(), strict=True)
    )
    return Caption(_untidy(", ".join(parts), rng), (*labels, int(sketch.restricted)))


def plain_caption(sketch: Sketch) -> str:
    """The one sober sentence that evaluation asks for."""
    article = "an" if sketch.colour[0] in "aeiou" else "a"
    garment = {"tee": "t-shirt"}.get(sketch.garment, sketch.garment)
    background = {"blue": "sky blue"}.get(sketch.background, sketch.background)
    text = f"{article} {sketch.colour} {sketch.pattern} {garment} on a {background} background"
    return f"{text}, with a restricted badge" if sketch.restricted else text


def _opening(sketch: Sketch, said: set[str], rng: random.Random) -> str:
    if "style" not in said:
        start = rng.choice(_OPENINGS)
    else:
        start = _article(rng.choice(STYLES[sketch.style]), rng)
        start += rng.choice((" of ", ", ", ": ", " of "))
    return start


def _garment_phrase(sketch: Sketch, said: set[str], rng: random.Random) -> str:
    noun = rng.choice(GARMENTS[sketch.garment] if "garment" in said else _NOUNS)
    if rng.random() < 0.15:
        noun = f"{rng.choice(_ADJECTIVES)} {noun}"
    colour = rng.choice(COLOURS[sketch.colour]) if "colour" in said else ""
    if "pattern" not in said:
        forms = [f"{colour} {noun}", f"{noun} in {colour}"] if colour else [noun]
    elif sketch.pattern == "plain":
        word = rng.choice(PATTERNS["plain"])
        forms = [f"{word} {colour} {noun}", f"{colour} {word} {noun}", f"{colour} {noun}, {word}"]
    else:
        forms = _patterned(sketch, noun, colour, rng)
    return _article(" ".join(rng.choice(forms).split()), rng)


def _patterned(sketch: Sketch, noun: str, colour: str, rng: random.Random) -> list[str]:
    word = rng.choice(PATTERNS[sketch.pattern])
    printed = rng.choice(PATTERN_NOUNS[sketch.pattern])
    forms = [
        f"{colour} {word} {noun}",
        f"{word} {colour} {noun}",
        f"{noun} with {colour} {printed}",
        f"{colour} {noun} with {printed}",
        f"{noun} in {colour} {printed}",
        f"{colour} {noun}, {printed}",
        f"{noun}, {word}, {colour}" if colour else f"{noun}, {word}",
    ]
    if colour and sketch.colour != "white":
        forms += [
            f"{colour} {noun} with white {printed}",
            f"white {noun} with {colour} {printed}",
            f"{colour} and white {word} {noun}",
        ]
    return forms


def _with_motif(phrase: str, rng: random.Random) -> list[str]:
    words = rng.choice(RESTRICTED)
    joined = words.startswith(("with", "bearing"))
    if joined and rng.random() < 0.7:
        return [f"{phrase} {words}"]
    return [words, phrase] if rng.random() < 0.4 else [phrase, words]


def _with_background(parts: list[str], sketch: Sketch, rng: random.Random) -> list[str]:
    word = rng.choice(BACKGROUNDS[sketch.background])
    place = rng.choice(("background", "background", "background", "backdrop", "backdrop", "wall"))
    item = _article(f"{word} {place}", rng, share=0.3)
    if not parts or rng.random() < 0.4:
        return [item, *parts] if rng.random() < 0.5 else [*parts, item]
    bare = f"on {word}" if rng.random() < 0.15 else ""
    link = rng.choice(("on", "on", "on", "against", "in front of", "with"))
    return [
        f"{' with '.join(parts[:1])} {bare or f'{link} {_article(item, rng, share=0.0)}'}",
        *parts[1:],
    ]


def _article(phrase: str, rng: random.Random, share: float = 0.6) -> str:
    if rng.random() >= share or phrase.startswith(("a ", "an ", "the ")):
        return phrase
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def _untidy(text: str, rng: random.Random) -> str:
    """Now and then a typing slip, a word nobody knows, missing commas or capitals."""
    chance = rng.random()
    if chance < 0.08 and text:
        return _slip(text, rng)
    if chance < 0.14:
        strange = "".join(rng.choices(_LETTERS, k=rng.randint(2, 9)))
        words = text.split(" ")
        words.insert(rng.choice((0, len(words))), strange)
        return " ".join(words)
    if chance < 0.2:
        return text.replace(",", "")
    return text.upper() if chance < 0.22 else text


def _slip(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text))
    kind = rng.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + rng.choice(_LETTERS) + text[at:]
    return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
