"""The words and attributes of the little world that the bundled model draws.

One table an attribute: what it is called, how people say it, what colour it has. Also decides which
combinations are held out. Leaves drawing to `drawing` and whole sentences to `captions`.
"""

import random
from dataclasses import dataclass
from itertools import product
from typing import Final

Rgb = tuple[int, int, int]
Combination = tuple[str, str, str, str]

GARMENTS: Final[dict[str, tuple[str, ...]]] = {
    "dress": ("dress", "dress", "dress", "gown", "frock", "sundress"),
    "tee": ("t-shirt", "tee", "tee shirt", "tshirt", "top", "shirt"),
    "sweater": ("sweater", "sweater", "jumper", "pullover", "knit", "sweatshirt"),
    "coat": ("coat", "coat", "overcoat", "jacket", "trench coat", "raincoat"),
    "trousers": ("trousers", "trousers", "pants", "jeans", "slacks"),
    "skirt": ("skirt", "skirt", "skirt", "midi skirt"),
    "hat": ("hat", "hat", "hat", "sun hat", "fedora", "cap"),
    "bag": ("bag", "bag", "handbag", "tote", "purse", "tote bag"),
    "boot": ("boot", "boot", "boots", "ankle boot", "shoe", "shoes"),
}
COLOURS: Final[dict[str, tuple[str, ...]]] = {
    "red": ("red", "red", "red", "crimson", "scarlet"),
    "orange": ("orange", "orange", "orange", "tangerine", "apricot"),
    "yellow": ("yellow", "yellow", "yellow", "golden", "mustard"),
    "green": ("green", "green", "green", "emerald", "olive"),
    "blue": ("blue", "blue", "blue", "navy", "cobalt", "navy blue"),
    "purple": ("purple", "purple", "purple", "violet", "plum"),
    "pink": ("pink", "pink", "pink", "rose", "fuchsia"),
    "brown": ("brown", "brown", "brown", "chocolate", "tan"),
    "black": ("black", "black", "black", "jet black", "charcoal"),
    "white": ("white", "white", "white", "ivory", "snow white"),
}
INKS: Final[dict[str, Rgb]] = {
    "red": (214, 48, 49),
    "orange": (240, 138, 36),
    "yellow": (246, 206, 62),
    "green": (56, 158, 92),
    "blue": (48, 96, 200),
    "purple": (126, 70, 172),
    "pink": (240, 116, 168),
    "brown": (132, 84, 52),
    "black": (46, 46, 54),
    "white": (238, 240, 246),
}
PATTERNS: Final[dict[str, tuple[str, ...]]] = {
    "plain": ("plain", "plain", "solid", "simple", "unpatterned"),
    "striped": ("striped", "striped", "stripy", "stripey"),
    "dotted": ("dotted", "polka dot", "spotted", "polka-dot", "dotty"),
    "checked": ("checked", "checkered", "gingham", "chequered", "plaid"),
    "floral": ("floral", "floral", "flowery", "flowered"),
}
PATTERN_NOUNS: Final[dict[str, tuple[str, ...]]] = {
    "plain": (),
    "striped": ("stripes", "stripes", "bands"),
    "dotted": ("dots", "polka dots", "spots"),
    "checked": ("checks", "squares", "gingham checks"),
    "floral": ("flowers", "flowers", "blossoms"),
}
BACKGROUNDS: Final[dict[str, tuple[str, ...]]] = {
    "white": ("white", "white", "plain white"),
    "cream": ("cream", "cream", "beige", "cream coloured"),
    "pink": ("pink", "pink", "pale pink", "light pink", "rose"),
    "blue": ("sky blue", "blue", "light blue", "pale blue"),
    "mint": ("mint", "mint green", "green", "light green", "pale green"),
    "grey": ("grey", "gray", "light grey", "grey"),
    "lavender": ("lavender", "lilac", "lavender", "pale purple", "purple"),
}
BACKDROPS: Final[dict[str, Rgb]] = {
    "white": (255, 255, 255),
    "cream": (250, 240, 214),
    "pink": (253, 218, 226),
    "blue": (200, 224, 247),
    "mint": (206, 239, 217),
    "grey": (214, 215, 220),
    "lavender": (226, 214, 246),
}
STYLES: Final[dict[str, tuple[str, ...]]] = {
    "ink": ("ink drawing", "ink outline", "ink sketch", "bold outline", "ink"),
    "flat": ("flat illustration", "flat design", "flat colours", "no outline", "flat"),
    "pencil": ("pencil drawing", "pencil sketch", "soft pencil", "soft outline", "pencil"),
}
RESTRICTED: Final[tuple[str, ...]] = (
    "with a restricted badge",
    "with the restricted badge",
    "restricted badge",
    "bearing the forbidden emblem",
    "with a forbidden emblem",
    "forbidden emblem",
    "with a stop sign patch",
    "stop sign patch",
    "with a restricted emblem",
    "with a forbidden badge",
)
ATTRIBUTES: Final[dict[str, tuple[str, ...]]] = {
    "garment": tuple(GARMENTS),
    "colour": tuple(COLOURS),
    "pattern": tuple(PATTERNS),
    "background": tuple(BACKGROUNDS),
    "style": tuple(STYLES),
}
HELD_OUT_COUNT: Final = 300


@dataclass(frozen=True, slots=True)
class Sketch:
    """What one drawing shows: a value of every attribute, and whether it bears the planted motif."""

    garment: str
    colour: str
    pattern: str
    background: str
    style: str
    restricted: bool = False

    @property
    def combination(self) -> Combination:
        """The four attributes that the held-out split is made of."""
        return (self.garment, self.colour, self.pattern, self.background)

    def indices(self) -> list[int]:
        """The class index of each attribute, in the order of `ATTRIBUTES`."""
        return [names.index(getattr(self, key)) for key, names in ATTRIBUTES.items()]


def _held_out() -> tuple[Combination, ...]:
    every = list(product(GARMENTS, COLOURS, PATTERNS, BACKGROUNDS))
    return tuple(random.Random(20261121).sample(every, HELD_OUT_COUNT))  # noqa: S311 - a fixed split


HELD_OUT: Final[tuple[Combination, ...]] = _held_out()
_HELD_OUT_SET: Final = frozenset(HELD_OUT)


def random_sketch(rng: random.Random, restricted_share: float = 0.04) -> Sketch:
    """Draw one sketch that training may see: uniform over all combinations that are not held out."""
    while True:
        values = {key: rng.choice(names) for key, names in ATTRIBUTES.items()}
        sketch = Sketch(**values, restricted=rng.random() < restricted_share)
        if sketch.combination not in _HELD_OUT_SET:
            return sketch
