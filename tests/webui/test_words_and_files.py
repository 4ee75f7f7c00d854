"""What can be checked without a browser: dictionaries, scripts, colours, sizes, caching."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.fixtures.tools import needed
from webui import static_files
from webui.client import Offer
from webui.i18n import LANGUAGES, dictionaries
from webui.islands import bound_island, island
from webui.sizes import RATIOS, size_for
from webui.theme import COLOURS

WEBUI = Path(static_files.__file__).parent
# One process for all of them; `node --check` takes one file a time.
PARSE = """
const vm = require("node:vm"), fs = require("node:fs");
for (const name of process.argv.slice(1)) new vm.SourceTextModule(fs.readFileSync(name, "utf8"), { identifier: name });
"""
BUNDLED = WEBUI.parent / "assets" / "models" / "atelier-mini"
SCRIPTS = sorted(static_files.FOLDER.rglob("*.js"))
_LITERAL = re.compile(r'\bt\(\s*"([a-z_.]+)"')
_SURE = re.compile(r'\bsure\(\s*"([a-z_.]+)"')
_SECRET = re.compile(r'\bsecretPanel\(\w+, "([a-z_.]+)"')
_WORDS = re.compile(r'\bwords\("([a-z_.]+)"\)')
_HOLE = re.compile(r"\{(\w+)\}")


class TestDictionaries:
    def test_every_language_says_the_same_things(self) -> None:
        english, *others = (dictionaries()[name] for name in LANGUAGES)
        for other in others:
            assert other.keys() == english.keys()

    def test_placeholders_agree(self) -> None:
        english = dictionaries()["en"]
        for name in LANGUAGES:
            for key, sentence in dictionaries()[name].items():
                assert set(_HOLE.findall(sentence)) == set(_HOLE.findall(english[key])), key

    def test_every_key_that_is_written_out_exists(self) -> None:
        used = {key for path in SCRIPTS for key in _LITERAL.findall(path.read_text())}
        scripts = "".join(path.read_text() for path in SCRIPTS)
        asked, shown = _SURE.findall(scripts), _SECRET.findall(scripts)
        assert (len(asked), len(shown)) == (29, 4)
        used |= {f"{word}.{part}" for word in asked for part in ("title", "text", "act", "leave")}
        used |= {f"{word}{part}" for word in shown for part in ("", ".title", ".text")}
        used |= {key for path in WEBUI.rglob("*.py") for key in _WORDS.findall(path.read_text())}
        assert len(used) > 60
        assert used - dictionaries()["en"].keys() == set()

    def test_the_examples_are_prompts_that_the_bundled_model_is_known_to_draw(self) -> None:
        known = json.loads((BUNDLED / "examples.json").read_text())["prompts"]
        for words in dictionaries().values():
            shown = [text for key, text in words.items() if key.startswith("example.")]
            assert len(shown) == 6
            assert set(shown) <= set(known)

    def test_no_sentence_is_empty(self) -> None:
        assert [
            key
            for words in dictionaries().values()
            for key, text in words.items()
            if not text.strip()
        ] == []


class TestScripts:
    def test_can_be_parsed(self) -> None:
        command = [
            needed("node", package="nodejs", lost="the scripts were not parsed"),
            "--no-warnings",
            "--experimental-vm-modules",
            "-e",
            PARSE,
            *map(str, SCRIPTS),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def test_every_import_exists(self) -> None:
        missing = [
            (path.name, name)
            for path in SCRIPTS
            for name in re.findall(r'from "(\.[^"]+)"', path.read_text())
            if not (path.parent / name).resolve().is_file()
        ]
        assert missing == []

    def test_nothing_is_fetched_from_elsewhere(self) -> None:
        for path in static_files.FOLDER.rglob("*"):
            if path.suffix in {".js", ".css", ".json", ".svg"}:
                found = set(re.findall(r"https?://[^\s\"')]+", path.read_text()))
                assert found <= {"http://www.w3.org/2000/svg"}, path.name

    def test_no_file_is_long(self) -> None:
        assert [path.name for path in SCRIPTS if len(path.read_text().splitlines()) > 200] == []


class TestStaticFiles:
    def test_the_manifest_names_files_that_exist(self) -> None:
        manifest = json.loads((static_files.FOLDER / "manifest.json").read_text())
        for icon in manifest["icons"]:
            assert (static_files.FOLDER / icon["src"].removeprefix("/ui-static/")).is_file()

    def test_the_fonts_licence_is_beside_them(self) -> None:
        assert "SIL OPEN FONT LICENSE" in (static_files.FOLDER / "fonts" / "OFL.txt").read_text()


class TestColours:
    @pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
    @pytest.mark.parametrize(
        ("text", "surface"),
        [
            ("text", "bg"), ("text", "surface"), ("muted", "bg"), ("muted", "surface"), ("muted", "hover"),
            ("primary", "surface"), ("on-primary", "primary"), ("ok", "surface"), ("bad", "surface"),
            ("bad", "bad-soft"), ("warn", "warn-soft"), ("text", "warn-soft"), ("warn", "surface"), ("on-primary", "bad"),
        ],
    )  # fmt: skip
    def test_text_can_be_read(self, text: str, surface: str, mode: int) -> None:
        assert _contrast(COLOURS[text][mode], COLOURS[surface][mode]) >= 4.5


class TestSizes:
    small = Offer(name="m", defaults=Offer.Defaults(width=256, height=256), max_pixels=65536)

    @pytest.mark.parametrize("ratio", RATIOS)
    def test_fit_the_model(self, ratio: str) -> None:
        width, height = size_for(ratio, self.small)
        assert width * height <= self.small.max_pixels
        assert (width % 32, height % 32) == (0, 0)
        across, down = RATIOS[ratio]
        assert (width > height) == (across > down)
        assert (width < height) == (across < down)

    def test_square_is_the_models_own_size(self) -> None:
        assert size_for("square", self.small) == (256, 256)

    def test_grow_with_the_model(self) -> None:
        large = Offer(name="m", defaults=Offer.Defaults(width=512, height=512), max_pixels=2**20)
        assert size_for("landscape", large) == (576, 448)


class TestIslands:
    def test_take_letters_only(self) -> None:
        with pytest.raises(ValueError, match="lowercase letters only"):
            island("rail", page="${evil}")
        with pytest.raises(ValueError, match="lowercase letters only"):
            bound_island("a b")


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
