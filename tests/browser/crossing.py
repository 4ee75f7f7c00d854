"""What one person keeps to themselves, and every way by which another might come to it; read by `test_cross_user.py`.

`{image}` and its like are filled in with the owner's. A row without `known` is answered 404, as if there were nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from backend.images.schemas import Format, Variant

WORD: Final = "zyxquartz"
"""Stands in whatever the owner wrote, so that it is recognised wherever it comes up."""


@dataclass(frozen=True)
class Way:
    """A request by which a stranger might reach it."""

    name: str
    path: str
    method: str = "GET"
    body: Any = None


CLOSED: Final = [
    Way("the image by its id", "/images/{image}"),
    Way("the image of the library by its id", "/library/{image}"),
    *(
        Way(f"its bytes as {variant} {kind}", f"/images/{{image}}/content?variant={variant}&format={kind}")
        for variant in Variant
        for kind in Format
    ),
    Way("what it was made from and what of it", "/library/{image}/lineage"),
    Way("what looks like it", "/library/{image}/similar"),
    Way("how it came about", "/images/{image}/steps"),
    Way("what is said about it", "/images/{image}/comments"),
    Way("a word about it", "/images/{image}/comments", "POST", {"text": "mine now"}),
    Way("a comment by its id", "/comments/{comment}", "DELETE"),
    Way("its generation", "/generations/{generation}"),
    Way("the stream of its generation", "/generations/{generation}/events"),
    Way("a name for its generation", "/generations/{generation}", "PATCH", {"name": "mine"}),
    Way("something made from it", "/generations?parent={image}", "POST", {"prompt": "a hat"}),
    Way("something put into its gallery", "/generations?gallery={gallery}", "POST", {"prompt": "a hat"}),
    Way("its recipe", "/recipes/{recipe}"),
    Way("a title for its recipe", "/recipes/{recipe}", "PATCH", {"title": "mine"}),
    Way("its recipe run", "/recipes/{recipe}/runs", "POST", {}),
    Way("a run of its recipe", "/runs/{run}"),
    Way("the end of that run", "/runs/{run}/cancel", "POST", {}),
    Way("its gallery", "/galleries/{gallery}"),
    Way("the images of its gallery", "/galleries/{gallery}/images"),
    Way("the members of its gallery", "/galleries/{gallery}/members"),
    Way("the links of its gallery", "/galleries/{gallery}/links"),
    Way("a kept search", "/library/searches/{search}", "DELETE"),
    Way("what was brought to draw from", "/uploads/{upload}"),
    Way("the bytes that were brought", "/uploads/{upload}/content"),
]  # fmt: skip

EMPTY: Final = [
    Way("everything", "/library"),
    Way("everything, stacked", "/library?stacked=true"),
    Way("a word of its prompt", f"/library?q={WORD}"),
    Way("its tag", f"/library?q=tag:{WORD}"),
    Way("its maker", "/library?q=by:%22{owner}%22"),
    Way("its gallery by name", f"/library?q=gallery:{WORD}"),
    Way("its gallery by id", "/library?q=gallery:{gallery}"),
    Way("its stack", "/library?q=stack:{image}"),
    Way("what looks like it", "/library?q=like:{image}"),
    Way("the trash", "/library?q=is:trashed"),
    Way("what is held", "/library?q=is:held"),
    Way("own images", "/images"),
    Way("own history", "/generations"),
    Way("own history by a word", f"/generations?q={WORD}"),
    Way("galleries", "/galleries"),
    Way("presets", "/presets"),
    Way("presets by a word", f"/presets?q={WORD}"),
    Way("recipes", "/recipes"),
    Way("recipes by a word", f"/recipes?q={WORD}"),
    Way("own runs", "/runs"),
    Way("own uploads", "/uploads"),
]
"""Lists that have nothing for a stranger in them."""

UNNAMED: Final = [
    Way("facets", "/library/facets"),
    Way("facets of a word", f"/library/facets?q={WORD}"),
    *(
        Way(f"{kind}s that begin so", f"/library/suggestions?kind={kind}&prefix=zyx")
        for kind in ("tag", "by", "gallery")
    ),
    Way("every tag there is", "/library/suggestions?kind=tag"),
    Way("everybody who drew", "/library/suggestions?kind=by"),
    Way("kept searches", "/library/searches"),
    Way("the table of everything", "/library/export.csv"),
    Way("the table of a maker", "/library/export.csv?q=by:%22{owner}%22"),
    Way("own webhooks", "/webhooks"),
    Way("own usage", "/me/usage"),
]
"""Answers that say nothing of it."""

PAGES: Final = [
    ("/library?image={image}", "That image is not here, or not open to you."),
    ("/history?image={image}", "That image is not here, or not open to you."),
    ("/i/{image}", "That image is not here, or not open to you."),
    ("/galleries?id={gallery}", "This gallery is not here"),
    ("/?recall={image}", "Those settings could not be found."),
    ("/?reuse={generation}", "Those settings could not be found."),
]
"""Addresses that a stranger may have been sent, and what they read there."""
