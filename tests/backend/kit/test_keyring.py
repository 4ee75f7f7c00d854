"""The studio's own keys: given or made once, several at a time, and no samples among them."""

from __future__ import annotations

import re
import secrets
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from backend.kit.keyring import KEY_FILE, CannotOpen, KeyRing, ring_of
from backend.kit.secret_words import weakness
from backend.kit.settings import Settings

ROOT = Path(__file__).parents[3]
OLD, NEW = secrets.token_urlsafe(48), secrets.token_urlsafe(48)
SAMPLES = [
    "changeme",
    "CHANGE-ME",
    "letmein",
    "supersecret",
    "g" * 48,
    "abababababababababababababababababababab",
    "changeme-changeme-changeme-changeme",
    "this-is-a-secret-key-please-change-this-in-production",
    "0123456789abcdef0123456789abcdef",
    "your-secret-key-your-secret-key-1234567890",
    "tooshort-Vb3o0mJq",
]


def given(text: str, folder: Path) -> Settings:
    return Settings(secret_key=SecretStr(text), data_dir=folder)


class TestSecretKey:
    @pytest.mark.parametrize("between", [",", " ", "\n", ", \n"])
    def test_lists_the_newest_first(self, tmp_path: Path, between: str) -> None:
        assert ring_of(given(f"{NEW}{between}{OLD}", tmp_path)).keys == (NEW, OLD)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("sample", SAMPLES)
    def test_refuses_samples_and_does_not_repeat_them(self, tmp_path: Path, sample: str) -> None:
        for text in (sample, f"{NEW},{sample}"):
            with pytest.raises(ValidationError, match="openssl rand") as refusal:
                given(text, tmp_path)
            assert sample not in str(refusal.value)

    def test_says_which_key_is_wrong(self, tmp_path: Path) -> None:
        with pytest.raises(ValidationError, match="key 2 has 3 characters and needs at least 32"):
            given(f"{NEW},abc", tmp_path)

    def test_takes_what_generators_make(self) -> None:
        for _ in range(500):
            for made in (secrets.token_urlsafe(24), secrets.token_hex(16), secrets.token_hex(32)):
                assert weakness(made) is None, made

    def test_refuses_every_value_that_our_documents_print(self) -> None:
        pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
        printed = [
            word
            for page in pages
            for value in re.findall(r"ATELIER_SECRET_KEY=['\"]?([^\s'\"`]+)", page.read_text())
            for word in value.split(",")
            if re.fullmatch(r"[\w+/=-]+", word)
        ]
        assert printed
        assert [word for word in printed if weakness(word) is None] == []

    @pytest.mark.parametrize("sample", ["secret", "changeme", "your-client-secret", "test"])
    def test_the_client_secret_is_none_either(self, sample: str) -> None:
        with pytest.raises(ValidationError, match="sample"):
            Settings(oidc_client_secret=SecretStr(sample))

    def test_may_come_from_a_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "keys").write_text(f"{NEW}\n{OLD}\n")
        monkeypatch.setenv("ATELIER_SECRET_KEY_FILE", str(tmp_path / "keys"))
        assert ring_of(Settings(data_dir=tmp_path)).keys == (NEW, OLD)


class TestKeptKey:
    def test_is_made_once_and_readable_by_its_owner_alone(self, tmp_path: Path) -> None:
        settings = Settings(data_dir=tmp_path / "var")
        made = ring_of(settings).keys
        assert [len(key) for key in made] == [64]
        assert ring_of(settings).keys == made
        assert stat.S_IMODE((tmp_path / "var" / KEY_FILE).stat().st_mode) == 0o600

    def test_is_one_for_all_who_start_together(self, tmp_path: Path) -> None:
        settings = Settings(data_dir=tmp_path)
        with ThreadPoolExecutor(8) as pool:
            made = set(pool.map(lambda _: ring_of(settings).keys, range(32)))
        assert len(made) == 1
        assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]

    def test_is_changed_by_a_line_above_it(self, tmp_path: Path) -> None:
        settings = Settings(data_dir=tmp_path)
        before = ring_of(settings)
        sealed = before.seal("words")
        path = tmp_path / KEY_FILE
        path.write_text(f"{NEW}\n{path.read_text()}")
        assert ring_of(settings).keys == (NEW, *before.keys)
        assert ring_of(settings).open(sealed) == "words"


class TestSealing:
    def test_is_opened_by_any_key_and_done_by_the_newest(self) -> None:
        before, during, after = KeyRing([OLD]), KeyRing([NEW, OLD]), KeyRing([NEW])
        old, new = before.seal("words"), during.seal("words")
        assert (during.open(old), during.open(new), after.open(new)) == ("words",) * 3
        assert (during.is_fresh(old), during.is_fresh(new)) == (False, True)
        with pytest.raises(CannotOpen):
            after.open(old)

    def test_shows_nothing_of_the_text_and_never_the_same_twice(self) -> None:
        ring = KeyRing([NEW])
        first, second = ring.seal("words"), ring.seal("words")
        assert first != second
        assert "words" not in first

    @pytest.mark.parametrize("spoil", ["", "words", "{:.60}", "A{}"])
    def test_does_not_open_what_was_changed(self, spoil: str) -> None:
        ring = KeyRing([NEW])
        with pytest.raises(CannotOpen):
            ring.open(spoil.format(ring.seal("words")))
