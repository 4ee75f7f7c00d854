"""The images that `make images` left in build/images, unpacked once for all tests; each of them bears the mark `images`."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from containers.layout import Layout
from tests.deploy.images.running import Pod, Unpacked
from tests.deploy.needs import ROOT
from tests.fixtures.tools import missing

OUT = ROOT / "build" / "images"
BUILT = ("backend", "inference")


def unpacked(name: str, folder: Path) -> Unpacked:
    """Return an image with its files in `folder`; without it, or without the right to give files away, skip."""
    built = OUT / name
    if not built.is_dir():
        missing(f"no image of {name}: make images")
    if os.geteuid():
        missing("only root unpacks an image as it is and starts it: sudo make check-images")
    layout = Layout(built / "oci")
    layout.unpack(folder)
    # Another user looks in: every folder above may be passed through.
    for above in (folder, *folder.parents[:3]):
        above.chmod(above.stat().st_mode | 0o011)
    return Unpacked(layout, folder, json.loads((built / "sbom.cdx.json").read_text()))


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Unpacked]]:
    """Give an image by its name, unpacked when it is first asked for and removed in the end."""
    known: dict[str, Unpacked] = {}

    def find(name: str) -> Unpacked:
        if name not in known:
            known[name] = unpacked(name, tmp_path_factory.mktemp(name))
        return known[name]

    yield find
    for one in known.values():
        shutil.rmtree(one.root)


@pytest.fixture(params=BUILT)
def image(request: pytest.FixtureRequest, images: Callable[[str], Unpacked]) -> Unpacked:
    """Each image in turn."""
    return images(request.param)


@pytest.fixture
def backend(images: Callable[[str], Unpacked], tmp_path: Path) -> Pod:
    """A pod of the backend's image, with nothing written yet."""
    return Pod(images("backend"), _open(tmp_path) / "backend")


@pytest.fixture
def inference(images: Callable[[str], Unpacked], tmp_path: Path) -> Pod:
    """A pod of the image that draws."""
    return Pod(images("inference"), _open(tmp_path) / "inference")


def _open(folder: Path) -> Path:
    for above in (folder, *folder.parents[:2]):
        above.chmod(above.stat().st_mode | 0o011)
    return folder
