"""What is in the images, and what is not: nothing that builds, nothing secret, nothing that whoever runs it may change."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from containers import contents, sbom
from tests.deploy.images.running import USER, Unpacked

pytestmark = [pytest.mark.images, pytest.mark.timeout(900)]
COMPILERS = {"gcc", "cc", "g++", "c++", "ld", "as", "make", "cargo", "rustc", "nvcc"}
ELSEWHERE = {"torch", "ray", "diffusers", "transformers", "safetensors"}
MOUNTED = ("/proc", "/dev", "/sys", "/tmp", "/var/tmp", "/run", "/var/lock")


def named(image: Unpacked, kind: str) -> set[tuple[str, str]]:
    """Return (name, version) of each part of one kind, as the bill of materials says."""
    return {
        (one["name"], one["version"])
        for one in image.sbom["components"]
        if one["purl"].startswith(f"pkg:{kind}/")
    }


def test_nobody_runs_it(image: Unpacked) -> None:
    assert image.layout.config["config"]["User"] == f"{USER}:{USER}"


def test_nothing_in_it_builds_or_installs(image: Unpacked) -> None:
    programs = {one.name for one in image.files() if one.parent.name in {"bin", "sbin"}}
    assert not programs & COMPILERS
    assert not {one for one in programs if one.startswith("pip")}
    assert not [one for one in image.files() if one.match("site-packages/pip")]


def test_nothing_is_left_of_its_making(image: Unpacked) -> None:
    assert image.folders(".git", ".cache", "node_modules", ".pytest_cache") == set()
    assert {one for one in image.folders("tests") if one.startswith(("/app", "/opt"))} == set()
    assert list((image.root / "var/lib/apt/lists").glob("*Packages*")) == []


def test_no_key_is_in_it(image: Unpacked) -> None:
    assert image.folders(".env", "id_rsa", "credentials.json", "terraform.tfvars") == set()
    small = (
        image.root / one.relative_to("/")
        for one in image.files()
        if one.suffix not in {".py", ".pyc", ".pyi"}
    )
    holding = [
        one
        for one in small
        if one.is_file()
        and not one.is_symlink()
        and one.stat().st_size < 2**16
        and b"PRIVATE KEY-----\n" in one.read_bytes()
    ]
    assert holding == []
    said = image.layout.config["config"]["Env"]
    assert not [one for one in said if any(word in one for word in ("TOKEN", "SECRET", "PASSWORD"))]


def test_who_runs_it_can_change_nothing_in_it(image: Unpacked) -> None:
    data = image.layout.environment().get("ATELIER_DATA_DIR", "/tmp")
    found = []
    for one in image.files():
        about = (image.root / one.relative_to("/")).lstat()
        theirs = about.st_uid == USER or about.st_mode & stat.S_IWOTH
        if theirs and not stat.S_ISLNK(about.st_mode) and not str(one).startswith((data, *MOUNTED)):
            found.append(str(one))
    assert found == []


def test_nothing_in_it_lends_roots_rights(image: Unpacked) -> None:
    modes = ((one, (image.root / one.relative_to("/")).lstat().st_mode) for one in image.files())
    lent = [
        str(one) for one, mode in modes if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID)
    ]  # fmt: skip
    assert lent == []


def test_all_of_ours_is_compiled(image: Unpacked) -> None:
    app = image.root / "app"
    sources = [one for one in app.rglob("*.py") if one.parent.name != "bin"]
    assert len(sources) > 100
    assert [one for one in sources if not compiled(one).exists()] == []


def compiled(source: Path) -> Path:
    """Return where Python 3.11 looks for its bytecode."""
    return source.parent / "__pycache__" / f"{source.stem}.cpython-311.pyc"


def test_the_backend_draws_nothing(images: Callable[[str], Unpacked]) -> None:
    assert not {name for name, _ in named(images("backend"), "pypi")} & ELSEWHERE


def test_what_draws_has_no_pages_and_no_database(images: Callable[[str], Unpacked]) -> None:
    image = images("inference")
    assert not {name for name, _ in named(image, "pypi")} & {"gradio", "sqlmodel", "alembic"}
    assert not (image.root / "app/backend").exists()


def test_the_bill_names_every_python_package_and_no_other(image: Unpacked) -> None:
    there = (one.stem.split("-")[:2] for one in image.files() if one.suffix == ".dist-info")
    wanted = {(contents.canonical(name), version) for name, version in there}
    assert named(image, "pypi") == wanted
    assert {"atelier", "fastapi", "pillow"} <= {name for name, _ in wanted}


def test_the_bill_names_every_debian_package_and_no_other(image: Unpacked) -> None:
    lists = (image.root / "var/lib/dpkg/info").glob("*.list")
    there = {one.name.removesuffix(".list").partition(":")[0] for one in lists}
    assert {name for name, _ in named(image, "deb")} == there
    assert {"libc6", "ca-certificates"} <= there


def test_the_bill_is_of_this_image_and_as_cyclonedx_wants_it(image: Unpacked) -> None:
    assert image.sbom["metadata"]["component"]["bom-ref"] == image.layout.digest
    sbom.check(json.dumps(image.sbom))
    with pytest.raises(ValueError, match="refuses it"):
        sbom.check('{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": 1}]}')
