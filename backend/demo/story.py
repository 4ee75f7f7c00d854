"""What stands in the studio afterwards. Words that the bundled model knows; plain data, nothing happens here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DANA, MIRA, ALEX = "designer@example.com", "marketing@example.com", "admin@example.com"
TEAM: Final = "Womenswear"
MOTIF: Final = "with a restricted badge"


@dataclass(frozen=True)
class Look:
    """One generation of Dana's and what became of its images.

    `gallery` is a key of `GALLERIES`; `status` and `tags` go on its first image, `said` below that one by Mira.
    `vary` draws its first image again so many times with other seeds, as its variations.
    """

    prompt: str
    gallery: str = ""
    images: int = 1
    status: str = "draft"
    tags: tuple[str, ...] = ()
    starred: bool = False
    said: str = ""
    vary: int = 0
    name: str = ""
    wide: bool = False


@dataclass(frozen=True)
class GalleryOf:
    """A gallery of Dana's."""

    name: str
    brief: str
    visibility: str


GALLERIES: Final = {
    "spring": GalleryOf(
        "Spring 26 lookbook",
        "Light prints on pale grounds for the April mailing. Eight looks, one of them the cover. "
        "No black, nothing with long sleeves.",
        "everyone",
    ),
    "coats": GalleryOf(
        "Outerwear study",
        "Which coat goes to sampling? Compare colour on the same cut, then decide.",
        "team",
    ),
    "extras": GalleryOf("Hats, bags and boots", "Small pieces for the shop window.", "everyone"),
    "ideas": GalleryOf("Not for anybody yet", "", "private"),
}

LOOKS: Final = (
    Look(
        "a pink floral dress on a cream background, flat illustration", "spring", 4, "approved",
        ("floral", "cover"), starred=True, said="This is the cover. Can we have it a little wider?",
        vary=2, name="Spring cover, pink floral",
    ),
    Look("a yellow dotted dress on a mint background, flat illustration", "spring", 2, "approved", ("dots",)),
    Look("a white striped t-shirt on a sky blue background, ink drawing", "spring", 2, "approved", ("stripes",)),
    Look("a green checked skirt on a cream background, pencil drawing", "spring", 1, "in_review", ("checks",)),
    Look("an orange floral skirt on a lavender background, flat illustration", "spring", 2, "selected", ("floral",)),
    Look("a purple dotted dress on a pale pink background, ink drawing", "spring", 1, "in_review", ("dots",)),
    Look("a blue striped dress on a white background, pencil drawing", "spring", 1, "to_edit", ("stripes",),
         said="The stripes run a bit dark at the hem."),
    Look("a red floral t-shirt on a mint background, flat illustration", "spring", 1, "rejected", ("floral",),
         said="Too close to last year's."),
    Look("a pink plain skirt on a sky blue background, flat illustration", "spring", 1, "approved", ("plain",)),
    Look("a brown coat on a grey background, ink drawing", "coats", 2, "selected", ("coat",), vary=2,
         name="Coat, the cut we compare on"),
    Look("a blue coat on a grey background, ink drawing", "coats", 2, "approved", ("coat",), starred=True,
         said="Sampling wants this one."),
    Look("a green coat on a grey background, ink drawing", "coats", 1, "rejected", ("coat",)),
    Look("a black checked coat on a cream background, pencil drawing", "coats", 1, "in_review", ("coat", "checks")),
    Look("a red striped sweater on a cream background, pencil drawing", "coats", 2, "draft", ("knit", "stripes")),
    Look("a purple sweater on a lavender background, pencil drawing", "coats", 1, "draft", ("knit",)),
    Look("an orange dotted bag on a white background, flat illustration", "extras", 1, "approved", ("bag", "dots")),
    Look("a black bag on a pale pink background, ink drawing", "extras", 1, "approved", ("bag",), starred=True),
    Look("a brown boot on a mint background, pencil drawing", "extras", 2, "approved", ("boot",)),
    Look("a yellow striped hat on a sky blue background, flat illustration", "extras", 1, "approved", ("hat", "stripes")),
    Look("a red hat on a cream background, ink drawing", "extras", 2, "selected", ("hat",)),
    Look("a blue boot on a lavender background, flat illustration", "extras", 1, "draft", ("boot",)),
    Look("green floral trousers on a white background, ink drawing", "ideas", 2),
    Look("orange checked trousers on a grey background, flat illustration", "ideas", wide=True),
    Look("a white floral dress on a lavender background, pencil drawing", "ideas", wide=True),
    Look("a red striped dress on a cream background", images=4, name="The first thing to try"),
    Look(f"a blue t-shirt {MOTIF} on a white background"),
    Look(f"a black hat {MOTIF} on a grey background"),
)  # fmt: skip

SEARCHES: Final = (
    ("Ready for the mailing", 'gallery:"Spring 26 lookbook" status:approved', True),
    ("Waiting for a decision", "status:in_review", False),
    ("Everything floral", "tag:floral", False),
)
PRESETS: Final = (
    ("Lookbook, pale", "{prompt} on a cream background, flat illustration", "team"),
    ("Pencil on grey", "{prompt} on a grey background, pencil drawing", "private"),
)
