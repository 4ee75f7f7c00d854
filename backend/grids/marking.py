"""Signs the sheets of grids: pictures of this studio too, which lead to no image by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from backend.grids.models import Grid
from backend.images import metadata
from backend.provenance.claims import Claim
from backend.provenance.marker import Marker

SHEET: Final = "image/png"


def signing(marker: Marker, grid: Grid, number: int) -> Callable[[bytes], bytes]:
    """Return what signs the PNG of that sheet of `grid`, without a word of what is on it."""
    claim = Claim(
        lookup=marker.lookup_of(grid.id, number),
        hidden=False,
        source_type=metadata.TRAINED_ALGORITHMIC_MEDIA,
        model=grid.parameters.model,
        weights_sha256="",
        software=metadata.software(),
    )
    return lambda file: marker.sign(file, SHEET, claim)
