"""`atelier moderation evaluate` as a person types it, on drawings with and without the planted motif.

The set is small here; `docs/moderation.md` has the command and the figures of the large one.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from backend import cli
from backend.moderation.evaluation.schemas import Report
from inference.minimodel.planted import KINDS, write_planted

EACH = 12


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ATELIER_DATA_DIR", str(tmp_path / "var"))
    return tmp_path / "var"


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    assert write_planted(folder, EACH) == EACH * 2 * len(KINDS)
    return folder


def evaluate(*words: str | Path) -> Result:
    return CliRunner().invoke(cli.app, ["moderation", "evaluate", *map(str, words)])


def test_the_demo_checker_finds_its_motif_in_every_shape(drawings: Path, data: Path) -> None:
    done = evaluate(drawings, "--json")
    assert done.exit_code == 0, done.stderr
    report = Report.model_validate_json(done.stdout)
    assert [one.group for one in report.groups] == sorted(KINDS)
    assert (report.recall.of, report.false_positives.of) == (EACH * 5, EACH * 5)
    assert report.recall.share is not None
    assert report.false_positives.share is not None
    assert report.recall.share >= 0.95
    assert report.false_positives.share <= 0.02
    assert report.recall_gap is not None
    assert report.recall_gap <= 1 / EACH
    assert report.unchecked == 0
    assert report.average_precision > 0.98
    assert "no real nudity" in report.checkers[0].scope
    [written] = (data / "evaluations").iterdir()
    assert json.loads((written / "evaluation.json").read_text()) == json.loads(done.stdout)
    with Image.open(written / "evaluation.png") as chart:
        assert chart.size == (1200, 520)
        assert len(chart.convert("RGB").getcolors(1 << 20) or ()) > 20


def test_people_read_tables_and_what_went_wrong(drawings: Path, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    for label in ("restricted", "safe"):
        (folder / label).mkdir(parents=True)
    for k in (1, 2):
        name = f"0000{k}.png"
        (folder / "restricted" / name).write_bytes(
            (drawings / "restricted/1x1" / name).read_bytes()
        )
        (folder / "safe" / name).write_bytes((drawings / "safe/2x3" / name).read_bytes())
    (folder / "restricted" / "unplanted.png").write_bytes((drawings / "safe/1x1/00001.png").read_bytes())  # fmt: skip
    (folder / "safe" / "torn.png").write_bytes(b"torn")
    done = evaluate(folder, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "66.67 % (20.77 – 93.85)" in said
    assert "1 restricted and not held, such as restricted/unplanted.png" in said
    assert "1 no pictures, and left out, such as safe/torn.png" in said
    assert "no real nudity" in said
    assert (tmp_path / "out" / "evaluation.png").is_file()


@pytest.mark.parametrize(
    ("words", "why"),
    [(["nowhere"], "there is no folder"), (["."], "no restricted pictures"), ([".", "--model", "sd-v9"], "no restricted pictures")],
)  # fmt: skip
def test_what_cannot_be_evaluated_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = evaluate(*words)
    assert done.exit_code == 1
    assert why in " ".join(done.stderr.split())


def test_another_model_and_unreadable_pictures_are_told(drawings: Path, tmp_path: Path) -> None:
    done = evaluate(drawings, "--model", "sd-v9")
    assert (done.exit_code, "choose from atelier-mini" in " ".join(done.stderr.split())) == (1, True)  # fmt: skip
    for label in ("restricted", "safe"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "torn.png").write_bytes(b"torn")
    done = evaluate(tmp_path)
    assert done.exit_code == 1
    assert "can be read" in " ".join(done.stderr.split())
