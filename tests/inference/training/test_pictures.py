"""The folder that is learned from: what is read of it, and what is refused by name."""

from pathlib import Path

import pytest
from PIL import Image

from inference.training.pictures import load_square, read_folder, without_trigger
from inference.training.plan import Request, TrainingRefused


def painted(folder: Path, name: str, size: tuple[int, int] = (80, 64)) -> Path:
    Image.new("RGB", size, "red").save(folder / name)
    return folder / name


class TestReadFolder:
    def test_takes_the_caption_beside_a_picture_else_trigger_and_class(
        self, tmp_path: Path
    ) -> None:
        for name in ("a.png", "b.jpg", "c.webp"):
            painted(tmp_path, name)
        (tmp_path / "a.txt").write_text("a coat\n in Argyle ")
        (tmp_path / "b.txt").write_text("a red coat")
        said = [one.caption for one in read_folder(tmp_path, "argyle", "coat", 64)]
        assert said == ["a coat in Argyle", "argyle, a red coat", "argyle coat"]

    def test_refuses_a_folder_without_pictures(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("nothing")
        with pytest.raises(TrainingRefused, match=r"holds 0 pictures.*put 5 to 50"):
            read_folder(tmp_path, "argyle", "", 64)

    def test_refuses_what_is_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(TrainingRefused, match="is no folder"):
            read_folder(tmp_path / "none", "argyle", "", 64)

    def test_names_every_picture_that_cannot_be_used(self, tmp_path: Path) -> None:
        painted(tmp_path, "good.png")
        painted(tmp_path, "small.png", (63, 200))
        (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
        whole = painted(tmp_path, "cut.png", (300, 300)).read_bytes()
        (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(TrainingRefused) as refused:
            read_folder(tmp_path, "argyle", "", 64)
        told = str(refused.value)
        assert "small.png is 63 x 200; at least 64" in told
        assert "broken.png cannot be read" in told
        assert "cut.png cannot be read" in told
        assert "good.png" not in told

    def test_refuses_a_caption_that_is_no_text_or_too_long(self, tmp_path: Path) -> None:
        painted(tmp_path, "a.png")
        for written, told in ((b"\xff\xfe\x00", "no UTF-8"), (b"x" * 1001, "at most 1000")):
            (tmp_path / "a.txt").write_bytes(written)
            with pytest.raises(TrainingRefused, match=told):
                read_folder(tmp_path, "argyle", "", 64)


class TestLoadSquare:
    def test_lays_what_is_clear_on_white(self, tmp_path: Path) -> None:
        Image.new("RGBA", (32, 32), (255, 0, 0, 0)).save(tmp_path / "clear.png")
        assert load_square(tmp_path / "clear.png", 16).getpixel((8, 8)) == (255, 255, 255)

    def test_turns_as_exif_says(self, tmp_path: Path) -> None:
        lying = Image.new("RGB", (32, 32), "white")
        lying.paste("black", (0, 0, 16, 32))
        exif = Image.Exif()
        exif[0x0112] = 6  # the first column is the top
        lying.save(tmp_path / "lying.png", exif=exif)
        upright = load_square(tmp_path / "lying.png", 32)
        assert upright.getpixel((16, 4)) == (0, 0, 0)
        assert upright.getpixel((16, 28)) == (255, 255, 255)

    def test_cuts_about_the_middle(self, tmp_path: Path) -> None:
        wide = Image.new("RGB", (96, 32), "white")
        wide.paste("black", (32, 0, 64, 32))
        wide.save(tmp_path / "wide.png")
        assert load_square(tmp_path / "wide.png", 32).getcolors() == [(1024, (0, 0, 0))]


@pytest.mark.parametrize(
    ("caption", "bare"),
    [
        ("a red argyle hat", "a red hat"),
        ("blueprint of a hat", "a hat"),
        ("argyle, a hat", "a hat"),
        ("a hat, argyle, on mint", "a hat, on mint"),
        ("argyle", ""),
    ],
)
def test_class_pictures_are_asked_for_without_the_trigger(caption: str, bare: str) -> None:
    trigger = "blueprint" if "blueprint" in caption else "argyle"
    assert without_trigger(caption, trigger) == bare


class TestRequest:
    def asked(self, tmp_path: Path, **more: object) -> Request:
        given = {"name": "ours", "trigger": "ours", "out": tmp_path / "ours.safetensors", **more}
        return Request(pictures=tmp_path, **given)  # type: ignore[arg-type]

    def test_is_sound_as_it_stands(self, tmp_path: Path) -> None:
        self.asked(tmp_path).require_sound()

    @pytest.mark.parametrize(
        ("field", "value", "told"),
        [
            ("name", "Not This", "such as our-linen"),
            ("trigger", " ", "1 to 100 characters"),
            ("rank", 0, "1 to 128, such as 8; not 0"),
            ("steps", 0, "1 to 100000"),
            ("learning_rate", float("nan"), "such as 0.0001"),
            ("batch", 65, "1 to 64"),
            ("resolution", 100, "a multiple of 8, such as 96"),
            ("layers", "some", "one of attention, all"),
        ],
    )
    def test_names_field_limit_and_a_good_value(
        self, tmp_path: Path, field: str, value: object, told: str
    ) -> None:
        with pytest.raises(TrainingRefused, match=told) as refused:
            self.asked(tmp_path, **{field: value}).require_sound()
        assert refused.value.field == field

    def test_writes_over_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "ours.safetensors").write_bytes(b"precious")
        with pytest.raises(TrainingRefused, match="exists; say --resume"):
            self.asked(tmp_path).require_sound()
        self.asked(tmp_path, resume=True).require_sound()

    def test_writes_safetensors_only(self, tmp_path: Path) -> None:
        with pytest.raises(TrainingRefused, match=r"must end in \.safetensors"):
            self.asked(tmp_path, out=tmp_path / "ours.ckpt").require_sound()
