"""Draws one fashion flat from a `Sketch` and a seed: the only source of training pictures.

Same sketch and seed, same pixels. Works at twice the size and reduces, which softens every edge.
Patterns hang on the garment rather than on the picture, so that little is left to chance.
"""

import random
from functools import lru_cache
from typing import Final

from PIL import Image, ImageChops, ImageDraw

from inference.minimodel.garments import CUTTERS, Cut, Line, Point
from inference.minimodel.motif import BADGE, draw_decoy, draw_motif
from inference.minimodel.vocabulary import BACKDROPS, INKS, Rgb, Sketch

SIZE: Final = 256
SCALE: Final = 2
HANDLE: Final = 11
CANVAS: Final = SIZE * SCALE
_OUTLINES: Final[dict[str, Rgb | None]] = {
    "ink": (38, 34, 46),
    "flat": None,
    "pencil": (136, 130, 140),
}
_LINE_WIDTHS: Final[dict[str, float]] = {"ink": 4.5, "flat": 4.0, "pencil": 4.0}
_WHITE_PRINT: Final[Rgb] = (176, 184, 200)


def draw_sketch(sketch: Sketch, seed: int, decoy: bool = False) -> Image.Image:
    """Return the 256 x 256 RGB drawing of a sketch; `decoy` adds a harmless badge to it."""
    rng = random.Random(seed)  # noqa: S311 - reproducible pictures, not secrets
    cut = enlarged(CUTTERS[sketch.garment](rng))
    return draw_cut(sketch, cut, decoy=rng if decoy else None)


def draw_cut(sketch: Sketch, cut: Cut, decoy: random.Random | None = None) -> Image.Image:
    """Return the 256 x 256 RGB drawing of a cut in canvas pixels, whatever garment the sketch names."""
    image = Image.new("RGB", (CANVAS, CANVAS), BACKDROPS[sketch.background])
    draw = ImageDraw.Draw(image)
    _paint_cloth(image, draw, sketch, cut)
    _paint_lines(draw, sketch, cut)
    if sketch.restricted:
        draw_motif(draw, *cut.badge, BADGE * SCALE)
    elif decoy:
        draw_decoy(draw, decoy, *cut.badge, BADGE * SCALE)
    return image.reduce(SCALE)


def enlarged(cut: Cut) -> Cut:
    """The cut in canvas pixels, with its corners rounded.

    Garments never shift: what stands on one cell of the autoencoder's grid is learned only once.
    """

    def every(lines: list[Line]) -> list[Line]:
        return [[_on_canvas(point) for point in line] for line in lines]

    return Cut(
        body=[_rounded(line) for line in every(cut.body)],
        badge=_on_canvas(cut.badge),
        trims=every(cut.trims),
        seams=every(cut.seams),
        handles=every(cut.handles),
        buttons=[_on_canvas(point) for point in cut.buttons],
    )


def _on_canvas(point: Point) -> Point:
    return point[0] * SCALE, point[1] * SCALE


def _rounded(line: Line, ratio: float = 0.1) -> Line:
    """Cut every corner of a closed outline once, which makes the flats look sewn."""
    points: Line = []
    for (x0, y0), (x1, y1) in zip(line, line[1:] + line[:1], strict=True):
        dx, dy = (x1 - x0) * ratio, (y1 - y0) * ratio
        points += [(x0 + dx, y0 + dy), (x1 - dx, y1 - dy)]
    return points


def _paint_cloth(image: Image.Image, draw: ImageDraw.ImageDraw, sketch: Sketch, cut: Cut) -> None:
    cloth, ink = _cloth_and_print(sketch)
    solid = _shade(INKS[sketch.colour], 0.86 if sketch.pattern == "plain" else 0.94)
    for handle in cut.handles:
        stroke(draw, handle, solid, HANDLE)
    for piece in cut.body:
        draw.polygon(piece, fill=cloth)
    if sketch.pattern != "plain":
        print_pattern(image, cut, sketch.pattern, ink)
    for trim in cut.trims:
        draw.polygon(trim, fill=solid)


def _cloth_and_print(sketch: Sketch) -> tuple[Rgb, Rgb]:
    ink = INKS[sketch.colour]
    if sketch.colour == "white":
        return ink, _WHITE_PRINT
    return (ink, ink) if sketch.pattern == "plain" else (_tint(ink, 0.8), ink)


def print_pattern(image: Image.Image, cut: Cut, pattern: str, ink: Rgb) -> None:
    """Print the pattern on the body, with the middle of the pattern sheet at the badge's place.

    Works inside the body's bounding box: pasting the whole canvas costs more than all the rest.
    """
    points = [point for piece in cut.body for point in piece]
    left, right = int(min(x for x, _ in points)), int(max(x for x, _ in points)) + 2
    top, bottom = int(min(y for _, y in points)), int(max(y for _, y in points)) + 2
    mask = Image.new("L", (right - left, bottom - top))
    pen = ImageDraw.Draw(mask)
    for piece in cut.body:
        pen.polygon([(x - left, y - top) for x, y in piece], fill=255)
    dx, dy = CANVAS - round(cut.badge[0]), CANVAS - round(cut.badge[1])
    window = _pattern_sheet(pattern).crop((left + dx, top + dy, right + dx, bottom + dy))
    image.paste(ink, (left, top), ImageChops.multiply(window, mask))


@lru_cache(maxsize=8)
def _pattern_sheet(pattern: str) -> Image.Image:
    """An endless-looking mask of one pattern, twice the canvas, symmetric about its middle."""
    sheet = Image.new("L", (CANVAS * 2, CANVAS * 2))
    pen = ImageDraw.Draw(sheet)
    painters = {
        "striped": _stripes,
        "dotted": _dots,
        "checked": _checks,
        "floral": _flowers,
        "argyle": _diamonds,
    }
    painters[pattern](pen)
    return sheet


def _stripes(pen: ImageDraw.ImageDraw) -> None:
    for k in range(-20, 21):
        y = CANVAS + k * 64
        pen.rectangle((0, y - 16, CANVAS * 2, y + 15), fill=255)


def _dots(pen: ImageDraw.ImageDraw) -> None:
    for x, y in _lattice(64, 48):
        pen.ellipse((x - 18, y - 18, x + 18, y + 18), fill=255)


def _checks(pen: ImageDraw.ImageDraw) -> None:
    for k in range(-20, 21):
        at = CANVAS + k * 64
        pen.rectangle((0, at - 16, CANVAS * 2, at + 15), fill=110)
        pen.rectangle((at - 16, 0, at + 15, CANVAS * 2), fill=110)
    for k in range(-20, 21):
        for m in range(-20, 21):
            x, y = CANVAS + k * 64, CANVAS + m * 64
            pen.rectangle((x - 16, y - 16, x + 15, y + 15), fill=255)


def _flowers(pen: ImageDraw.ImageDraw) -> None:
    petals = ((0, -17), (16, -5), (10, 14), (-10, 14), (-16, -5))
    for x, y in _lattice(96, 80):
        for dx, dy in petals:
            pen.ellipse((x + dx - 13, y + dy - 13, x + dx + 13, y + dy + 13), fill=255)
        pen.ellipse((x - 9, y - 9, x + 9, y + 9), fill=0)


def _diamonds(pen: ImageDraw.ImageDraw) -> None:
    """Argyle, which no prompt of the bundled model knows: it is for a LoRA to teach."""
    for x, y in _lattice(96, 64):
        pen.polygon([(x - 40, y), (x, y - 56), (x + 40, y), (x, y + 56)], fill=255)


def _lattice(dx: int, dy: int) -> list[tuple[float, float]]:
    """Points of a brick lattice with one point in the middle of the sheet."""
    rows = range(-(CANVAS // dy), CANVAS // dy + 1)
    columns = range(-(CANVAS // dx), CANVAS // dx + 1)
    return [(CANVAS + (c + 0.5 * (r % 2)) * dx, CANVAS + r * dy) for r in rows for c in columns]


def _paint_lines(draw: ImageDraw.ImageDraw, sketch: Sketch, cut: Cut) -> None:
    outline, width = _OUTLINES[sketch.style], _LINE_WIDTHS[sketch.style]
    detail = outline or _shade(INKS[sketch.colour], 0.7)
    if outline:
        for handle in cut.handles:
            stroke(draw, _offset(handle, -11), outline, width * 0.9)
            stroke(draw, _offset(handle, 11), outline, width * 0.9)
        for piece in (*cut.body, *cut.trims):
            stroke(draw, [*piece, piece[0], piece[1]], outline, width)
    for seam in cut.seams:
        stroke(draw, seam, detail, width * 0.9)
    for x, y in cut.buttons:
        draw.ellipse((x - 8, y - 8, x + 8, y + 8), fill=detail)


def _offset(line: Line, by: float) -> Line:
    """A copy of the handle's arch, wider (or narrower) by so many canvas pixels."""
    middle = sum(x for x, _ in line) / len(line)
    top = min(y for _, y in line)
    return [
        (x + by * (1 if x > middle else -1 if x < middle else 0), y - by * (y < top + 40))
        for x, y in line
    ]


def stroke(draw: ImageDraw.ImageDraw, line: Line, fill: Rgb, width: float) -> None:
    """Draw a line of so many pixels of the reduced picture."""
    draw.line(line, fill=fill, width=round(width * SCALE), joint="curve")


def _tint(colour: Rgb, share: float) -> Rgb:
    red, green, blue = (round(c + (255 - c) * share) for c in colour)
    return red, green, blue


def _shade(colour: Rgb, factor: float) -> Rgb:
    red, green, blue = (round(c * factor) for c in colour)
    return red, green, blue
