"""The study's random prompts: eight words of a fixed list and an id, so that no two are ever the same.

A seed decides the words, so that every arm of a round is asked for the same pictures; the id comes from
the system. The longest is far below what the API takes. Knows nothing of HTTP.
"""

from __future__ import annotations

from random import Random
from typing import Final
from uuid import uuid4

WORDS_A_PROMPT: Final = 8
_TEXT: Final = """
dress coat tee shirt skirt hat scarf jacket trousers shorts vest blouse gown cardigan hoodie
jumper kimono poncho apron belt boots sandals gloves socks tie cape robe suit overalls sweater
red blue green yellow purple orange pink brown black white grey teal mint cream navy olive
maroon coral lilac amber ivory scarlet indigo turquoise crimson ochre plum mustard silver golden
striped checked dotted plain floral paisley tartan herringbone quilted pleated knitted woven
embroidered printed faded glossy matte sheer ribbed tufted dyed bleached marbled speckled
cotton linen wool silk denim velvet leather lace corduroy flannel tweed satin canvas felt mesh
jersey fleece suede chiffon organza hemp cashmere nylon mohair
studio street garden beach forest desert market harbour rooftop station library kitchen museum
courtyard meadow canyon bridge theatre gallery workshop balcony orchard lighthouse arcade
morning evening midnight noon dawn dusk autumn winter spring summer fog rain snow sunlight
moonlight candlelight neon shadow haze storm breeze
bold quiet gentle bright dark soft sharp warm cold bare rich light heavy loose tight long short
wide narrow round square tall tiny huge slim simple ornate rough smooth clean dusty wild calm
sketch photograph poster painting collage drawing etching mosaic stencil watercolour pastel
charcoal ink crayon gouache print catalogue cover portrait still study close-up panorama
wooden marble paper concrete brick glass copper ceramic wicker sand grass stone tile
background backdrop table chair shelf window door mirror lamp vase basket ladder bench stool
minimal vintage modern classic retro elegant playful serious festive formal casual sporty urban
rustic nautical tropical alpine nordic romantic graphic abstract geometric natural
"""
WORDS: Final = tuple(_TEXT.split())


def seeded(seed: int) -> Random:
    """Return a generator that draws the same every time for the same `seed`."""
    return Random(seed)  # noqa: S311 - to be repeated, not to be secret


def random_prompt(random: Random) -> str:
    """Return eight words and an id that no cache has seen."""
    return " ".join([*random.sample(WORDS, WORDS_A_PROMPT), uuid4().hex])
