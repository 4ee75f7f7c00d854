"""What `make images` does around the builder: which base it takes, how it reads layers, what it writes of their parts."""

from __future__ import annotations

import io
import json
import tarfile
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from containers import build, contents, sbom, slim
from containers.contents import Part
from containers.layout import Layout

pytestmark = pytest.mark.deploy
PINNED = "python:3.11-slim-bookworm@sha256:" + "a" * 64
MADE = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize("base", ["", "python:3.11-slim-bookworm", PINNED[:-1], f"{PINNED};x"])
def test_a_base_that_may_change_is_refused(base: str) -> None:
    assert "name it by digest" in build.unfit(base, release=False)


def test_a_stand_in_is_for_trying_only() -> None:
    assert build.unfit("localhost/atelier-base:bookworm", release=False) == ""
    assert "no release takes" in build.unfit("localhost/atelier-base:bookworm", release=True)
    assert build.unfit(PINNED, release=True) == ""


def test_nothing_is_built_from_what_is_refused() -> None:
    with pytest.raises(SystemExit, match="BASE: nothing"):
        build.main(["backend"])


def written(folder: Path, *layers: dict[str, bytes | None]) -> Path:
    """Write an OCI layout; a layer is files by name, or None for a folder."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)

    def blob(content: bytes) -> dict[str, object]:
        name = sha256(content).hexdigest()
        (blobs / name).write_bytes(content)
        return {"digest": f"sha256:{name}", "size": len(content)}

    config = {"config": {"Env": ["PATH=/bin", "PYTHON_VERSION=3.11.9"]}}
    manifest = {
        "config": blob(json.dumps(config).encode()),
        "layers": [blob(packed(one)) for one in layers],
    }
    index = {"manifests": [blob(json.dumps(manifest).encode())]}
    (folder / "index.json").write_text(json.dumps(index))
    return folder


def packed(files: dict[str, bytes | None]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.mode = 0o4755 if content is not None else 0o755
            member.type = tarfile.REGTYPE if content is not None else tarfile.DIRTYPE
            member.size = len(content or b"")
            archive.addfile(member, io.BytesIO(content or b""))
    return held.getvalue()


def test_layers_lie_over_each_other(tmp_path: Path) -> None:
    lower: dict[str, bytes | None] = {
        "a": None,
        "a/old": b"1",
        "a/kept": b"2",
        "b": None,
        "b/x": b"3",
    }
    upper: dict[str, bytes | None] = {
        "a/.wh.old": b"",
        "b/.wh..wh..opq": b"",
        "b/y": b"4",
        "a/kept": b"5",
    }
    layout = Layout(written(tmp_path / "oci", lower, upper))
    layout.unpack(tmp_path / "root")
    files = [one for one in (tmp_path / "root").rglob("*") if one.is_file()]
    assert {one.name: one.read_bytes() for one in files} == {"kept": b"5", "y": b"4"}
    assert files[0].stat().st_mode & 0o7777 == 0o4755
    assert [one.unpacked() for one in layout.layers()] == [3, 2]
    assert layout.environment()["PYTHON_VERSION"] == "3.11.9"


def test_no_layer_writes_beside_the_image(tmp_path: Path) -> None:
    layout = Layout(written(tmp_path / "oci", {"../out": b"1"}))
    with pytest.raises(tarfile.OutsideDestinationError):
        layout.unpack(tmp_path / "root")
    assert not (tmp_path / "out").exists()


def test_parts_are_those_that_are_installed(tmp_path: Path) -> None:
    told = tmp_path / "opt/venv/lib/Some_Thing-1.0.dist-info/METADATA"
    told.parent.mkdir(parents=True)
    told.write_text("Name: Some.Thing\nVersion: 1.0\nLicense-Expression: MIT OR Apache-2.0\n")
    status = tmp_path / "var/lib/dpkg/status"
    status.parent.mkdir(parents=True)
    entry = "Package: {}\nStatus: {}\nVersion: 2\nArchitecture: amd64\nSource: glibc (2)\n"
    status.write_text(
        "\n".join(
            (
                entry.format("libc6", "install ok installed"),
                entry.format("x", "deinstall ok config-files"),
            )
        )
    )
    assert contents.parts(tmp_path, {"PYTHON_VERSION": "3.11.9"}) == [
        Part("deb", "libc6", "2", "", "amd64", "glibc"),
        Part("generic", "python", "3.11.9", "PSF-2.0"),
        Part("pypi", "some-thing", "1.0", "MIT OR Apache-2.0"),
    ]


def test_the_bill_is_valid_and_the_same_each_time() -> None:
    parts = [
        Part("deb", "libc6", "2", "", "amd64", "glibc"),
        Part("pypi", "a", "1", "MIT OR Apache-2.0"),
        Part("pypi", "b", "1!2+cpu", "its own"),
    ]
    text = sbom.written("backend", "0.1.0", "sha256:ab", MADE, parts)
    assert text == sbom.written("backend", "0.1.0", "sha256:ab", MADE, parts)
    bill = json.loads(text)
    assert bill["specVersion"] == "1.6"
    assert sorted(one["purl"] for one in bill["components"]) == [
        "pkg:deb/debian/libc6@2?arch=amd64&distro=debian-12&upstream=glibc",
        "pkg:pypi/a@1",
        "pkg:pypi/b@1%212%2Bcpu",
    ]
    assert bill["components"][0]["licenses"] == [{"expression": "MIT OR Apache-2.0"}]
    with pytest.raises(ValueError, match=r"CycloneDX 1\.6 refuses it"):
        sbom.check(text.replace('"libc6"', "6"))


def test_only_what_nothing_runs_is_taken_out(tmp_path: Path) -> None:
    for name in (
        "torch/test/x.py",
        "torch/bin/protoc",
        "torch/bin/torch_shm_manager",
        "pandas/tests/y.py",
        "pandas/z.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1\n")
    assert slim.remove(tmp_path) == 6
    left = {str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*") if one.is_file()}
    assert left == {"torch/bin/torch_shm_manager", "pandas/z.py"}
