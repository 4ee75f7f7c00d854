"""Draws a grid of three settings in a studio of its own and keeps its contact sheets: `python -m loadtests.grid_sheet docs/grid.jpg`."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import httpx2
from PIL import Image

from loadtests.studio import running_studio

GRIDS: Final = "/api/v1/grids"
ASKED: Final[dict[str, Any]] = {
    "base": {"prompt": "a red striped dress on a cream background", "seed": 11},
    "x": {"setting": "num_inference_steps", "values": [2, 4, 12]},
    "y": {"setting": "prompt", "values": ["dress", "coat"]},
    "z": {"setting": "guidance_scale", "values": [1, 2.5]},
}


def drawn(client: httpx2.Client) -> dict[str, Any]:
    """Return the grid once all of it is drawn."""
    grid = client.post(GRIDS, json=ASKED).raise_for_status().json()
    for cell in grid["cells"]:
        # The stream ends with the generation, so reading it is waiting for it.
        client.get(cell["generation"]["urls"]["events"]).raise_for_status()
    told: dict[str, Any] = client.get(f"{GRIDS}/{grid['id']}").raise_for_status().json()
    return told


def sheets_of(client: httpx2.Client, grid: dict[str, Any]) -> list[Image.Image]:
    """Return the contact sheets of a grid, one for each value of its third axis."""
    asked = {"variant": "thumb"}
    return [
        Image.open(
            BytesIO(
                client.get(f"{GRIDS}/{grid['id']}/sheet", params={**asked, "z": number})
                .raise_for_status()
                .content
            )
        )
        for number in range(grid["sheets"])
    ]


def main() -> None:
    """Write the sheets, side by side, to the path that was given."""
    with (
        TemporaryDirectory() as folder,
        running_studio(Path(folder)) as studio,
        studio.client() as client,
    ):
        sheets = sheets_of(client, drawn(client))
    both = Image.new(
        "RGB", (sum(one.width for one in sheets), max(one.height for one in sheets)), "white"
    )
    left = 0
    for one in sheets:
        both.paste(one, (left, 0))
        left += one.width
    both.save(Path(sys.argv[1]), quality=90, subsampling=0, optimize=True)


if __name__ == "__main__":
    main()
