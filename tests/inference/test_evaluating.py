"""Reading labelled folders, and measuring them as images of the engine are measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from inference.evaluating import (
    EvaluationRefused,
    Examiner,
    Labelled,
    read_labelled,
    shape_of,
)
from inference.minimodel.planted import planted

RED, BLUE = (200, 20, 30), (20, 30, 200)


def picture(
    file: Path, size: tuple[int, int] = (32, 32), colour: tuple[int, int, int] = RED
) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(file)
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    picture(tmp_path / "restricted" / "badges" / "b.png")
    picture(tmp_path / "restricted" / "a.JPG")
    picture(tmp_path / "safe" / "deep" / "deeper" / "c.webp")
    (tmp_path / "safe" / "notes.txt").write_text("not a picture")
    picture(tmp_path / "safe" / ".cache" / "d.png")
    return tmp_path


class TestReading:
    def test_takes_labels_and_groups_from_folders(self, folder: Path) -> None:
        assert read_labelled(folder) == [
            Labelled(folder / "restricted/a.JPG", True, ""),
            Labelled(folder / "restricted/badges/b.png", True, "badges"),
            Labelled(folder / "safe/deep/deeper/c.webp", False, "deep"),
        ]

    def test_takes_them_from_a_table_in_the_folder_or_named_itself(self, folder: Path) -> None:
        sheet = folder / "labels.csv"
        sheet.write_text(
            "file,label,group\nrestricted/a.JPG,Restricted,old\nsafe/deep/deeper/c.webp,safe,\n"
        )
        found = [
            Labelled(folder / "restricted/a.JPG", True, "old"),
            Labelled(folder / "safe/deep/deeper/c.webp", False, ""),
        ]
        assert read_labelled(folder) == found
        assert read_labelled(sheet) == found

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("picture,label\na.png,safe\n", "needs the columns file and label"),
            ("file,label\nrestricted/a.JPG,nsfw\n", r"line 2: a label is restricted or safe, not 'nsfw'"),
            ("file,label\nrestricted/a.JPG,restricted\nnone.png,safe\n", "line 3: there is no file 'none.png'"),
            ("file,label\n,safe\n", "line 2: there is no file ''"),
            ("file,label\nrestricted/a.JPG,restricted\n", "no safe pictures"),
            ("", "needs the columns"),
        ],
    )  # fmt: skip
    def test_says_what_is_wrong_with_a_table(self, folder: Path, text: str, why: str) -> None:
        (folder / "labels.csv").write_text(text)
        with pytest.raises(EvaluationRefused, match=why):
            read_labelled(folder)

    def test_a_table_that_is_no_text_is_refused(self, folder: Path) -> None:
        (folder / "labels.csv").write_bytes(b"file,label\n\xff\xfe,safe\n")
        with pytest.raises(EvaluationRefused, match="UTF-8"):
            read_labelled(folder)

    def test_an_empty_folder_says_what_it_should_hold(self, tmp_path: Path) -> None:
        with pytest.raises(EvaluationRefused, match="no restricted pictures; put some"):
            read_labelled(tmp_path)
        with pytest.raises(EvaluationRefused, match="there is no folder"):
            read_labelled(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("size", "shape"),
    [((256, 256), "1:1"), ((256, 384), "2:3"), ((768, 256), "3:1"), ((1000, 523), "1.9:1"), ((523, 1569), "1:3")],
)  # fmt: skip
def test_shapes_are_told_in_small_numbers(size: tuple[int, int], shape: str) -> None:
    assert shape_of(*size) == shape


@pytest.fixture(scope="module")
def examiner() -> Examiner:
    return Examiner("atelier-mini")


class TestExaminer:
    def test_measures_each_picture_and_says_what_it_could_not_read(
        self, examiner: Examiner, tmp_path: Path
    ) -> None:
        for k in range(3):
            (tmp_path / "restricted").mkdir(exist_ok=True)
            planted("1x1", k, restricted=True).save(tmp_path / "restricted" / f"{k}.png")
        (tmp_path / "restricted" / "1b.png").write_bytes(b"no picture")
        picture(tmp_path / "safe" / "own" / "wide.png", (96, 32), BLUE)
        told = list(examiner.measured(read_labelled(tmp_path)))
        assert [one.picture.file.name for one in told] == ["0.png", "1.png", "1b.png", "2.png", "wide.png"]  # fmt: skip
        assert [one.group for one in told] == ["1:1", "1:1", "", "1:1", "own"]
        assert [bool(one.trouble) for one in told] == [False, False, True, False, False]
        seen = [one.scores.concepts["restricted badge"] if one.scores else None for one in told]
        assert [score is not None and score > 0 for score in seen] == [True, True, False, True, False]  # fmt: skip

    def test_a_picture_is_turned_as_its_camera_says(
        self, examiner: Examiner, tmp_path: Path
    ) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6  # a quarter turn
        (tmp_path / "safe").mkdir()
        Image.new("RGB", (96, 32)).save(tmp_path / "safe" / "turned.jpg", exif=exif)
        [one] = examiner.measured([Labelled(tmp_path / "safe" / "turned.jpg", False, "")])
        assert one.group == "1:3"

    def test_another_model_than_those_on_offer_is_refused_by_name(self) -> None:
        with pytest.raises(EvaluationRefused, match="choose from atelier-mini"):
            Examiner("sd-v9")

    def test_checkers_that_cannot_measure_are_refused(
        self, tiny_model_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "models.toml").write_text(
            f'[[model]]\nname = "bare"\ntitle = "Bare"\ndescription = ""\ndirectory = "{tiny_model_dir}"\n'
            f'safety_checker_directory = "{tmp_path / "nowhere"}"\n'
        )
        monkeypatch.setenv("ATELIER_MODELS", str(tmp_path / "models.toml"))
        with pytest.raises(EvaluationRefused, match="not every checker of bare can measure"):
            Examiner()
