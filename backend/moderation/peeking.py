"""What is shown of a held image before anybody reveals it: to a reviewer colours in soft spots, to its author sixteen colours.

Both are made from the thumb when they are asked for, and kept nowhere. Of a severe image there is neither, and its author
gets none of one that was not measured: nobody knows what that is.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

from PIL import Image as Pillow

from backend.images import handing
from backend.images.schemas import Moderation, Variant
from backend.kit.errors import NotFound
from backend.kit.storage import Storage
from backend.moderation.repository import Case
from backend.moderation.standing import is_sealed
from backend.policies.schemas import PolicyDocument, PreviewRule
from backend.policies.verdict import UNCHECKED

SPOTS: Final = 12
"""As many colours as there are along the longer side of what reviewers see; shapes are below that."""
SHOWN_PX: Final = 120
ACROSS: Final = 4


def blurred(storage: Storage, case: Case) -> bytes:
    """Return the colours of a held image as a small soft WebP, for reviewers.

    Raises:
        NotFound: It is sealed, or its files are gone.
    """
    if is_sealed(case) or case.image.purged_at is not None:
        raise NotFound("Nothing is shown of this image before somebody reveals it.")
    with _thumb(storage, case) as thumb:
        scale = SPOTS / max(thumb.size)
        spots = tuple(max(1, round(side * scale)) for side in thumb.size)
        longest = SHOWN_PX // max(spots)
        shown = (spots[0] * longest, spots[1] * longest)
        soft = thumb.resize((spots[0], spots[1]), Pillow.Resampling.BOX)
        out = BytesIO()
        soft.resize(shown, Pillow.Resampling.BICUBIC).save(out, "WEBP", quality=60, method=2)
    return out.getvalue()


def colours(storage: Storage, case: Case, policy: PolicyDocument) -> list[str]:
    """Return 16 colours of a held image for its author, row by row; none where not even these are shown."""
    flag, image = case.flag, case.image
    hidden = is_sealed(case) or flag.category == UNCHECKED or policy.previews is PreviewRule.OFF
    if hidden or image.moderation is not Moderation.HELD:
        return []
    try:
        with _thumb(storage, case) as thumb:
            few = thumb.resize((ACROSS, ACROSS), Pillow.Resampling.BOX).tobytes()
    except FileNotFoundError:
        return []
    return [f"#{few[at : at + 3].hex()}" for at in range(0, len(few), 3)]


def _thumb(storage: Storage, case: Case) -> Pillow.Image:
    data = handing.read_content(storage, case.image, Variant.THUMB)
    with Pillow.open(BytesIO(data), formats=["WEBP"]) as picture:
        return picture.convert("RGB")
