"""What an image is made of: Python packages by their own metadata, Debian packages by dpkg's list, and the base's Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import HeaderParser
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final

_DPKG: Final = "var/lib/dpkg/status"
_METADATA: Final = ("**/*.dist-info", "**/*.egg-info")
_WORD: Final = 60  # characters: some put the licence's whole text where its name belongs
_CLASSIFIER: Final = "License :: OSI Approved :: "


@dataclass(frozen=True, order=True)
class Part:
    """One package: `kind` is pypi, deb or generic, as in a package URL; `license` as it says itself, "" if it does not."""

    kind: str
    name: str
    version: str
    license: str = ""
    arch: str = ""
    source: str = ""


def parts(root: Path, environment: dict[str, str]) -> list[Part]:
    """Return every part of the image whose files lie in `root`, in order.

    `environment` is what the image sets: a base that compiles Python itself says its version there, as no package holds it.
    """
    found = {*_python(root), *_debian(root)}
    if "PYTHON_VERSION" in environment:
        found.add(Part("generic", "python", environment["PYTHON_VERSION"], "PSF-2.0"))
    return sorted(found)


def sites(root: Path) -> list[Path]:
    """Return each folder of `root` that holds a package's metadata."""
    top = [root / one for one in ("app", "opt", "usr")]
    return sorted({one.parent for place in top for mask in _METADATA for one in place.glob(mask)})


def canonical(name: str) -> str:
    """Return a Python package's name as PyPI writes it in addresses."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _python(root: Path) -> Iterator[Part]:
    for site in sites(root):
        for one in distributions(path=[str(site)]):
            yield Part("pypi", canonical(one.name), one.version, _license(one))


def _license(one: Distribution) -> str:
    """Return its expression, else its classifier, else its own word where that is short."""
    said = one.metadata.get_all("License-Expression", [])
    known = one.metadata.get_all("Classifier", [])
    named = [line.removeprefix(_CLASSIFIER) for line in known if line.startswith(_CLASSIFIER)]
    words = [
        word
        for word in one.metadata.get_all("License", [])
        if len(word) <= _WORD and "\n" not in word
    ]
    return next(iter([*said, *named, *words]), "")


def _debian(root: Path) -> Iterator[Part]:
    listing = root / _DPKG
    for entry in listing.read_text().strip().split("\n\n") if listing.exists() else []:
        about = HeaderParser().parsestr(entry)
        if about["Status"] == "install ok installed":
            source = str(about.get("Source", about["Package"])).split(" ")[0]
            yield Part("deb", about["Package"], about["Version"], "", about["Architecture"], source)
