"""Shows what the scribble ControlNet does: scribbles, and the same prompts and seeds with it and without.

Draws labels and pictures; makes no judgement.
"""

from pathlib import Path

from PIL import Image

from inference.minimodel.control import load_base, load_control
from inference.minimodel.control_drawing import draw
from inference.minimodel.control_evaluate import SHIPPED_CONTROL, Asked, asked
from inference.minimodel.sheet import contact_sheet
from inference.minimodel.vocabulary import GARMENTS


def shown() -> list[Asked]:
    """One held-out drawing of every garment, of seeds that neither training nor measuring uses."""
    rows = asked(60, "control-shown")
    return [next(one for one in rows if one.sketch.garment == garment) for garment in GARMENTS]


def write_control_sheet(to: Path, folder: Path = SHIPPED_CONTROL) -> Path:
    """Draw three rows: the scribbles, with the ControlNet, without it; return where the sheet lies."""
    rows, base = shown(), load_base()
    orders = [one.order for one in rows]
    pictures: list[Image.Image] = [order.scribble.convert("RGB") for order in orders]
    labels = [f"scribble {k + 1}" for k in range(len(orders))]
    for case, control in (("with", load_control(folder)), ("without", None)):
        pictures += draw(base, orders, control)
        labels += [f"{case}: {order.prompt.removeprefix('ink drawing of ')}" for order in orders]
    to.parent.mkdir(parents=True, exist_ok=True)
    contact_sheet(pictures, labels, columns=len(orders)).save(
        to, quality=85, subsampling=0, optimize=True
    )
    return to
