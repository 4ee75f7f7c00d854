"""The secret of the login dance: given, or made once and kept to oneself."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from backend.accounts.signing import KEY_FILE, signing_secret
from backend.kit.settings import Settings


def test_is_the_given_one(tmp_path: Path) -> None:
    given = "g" * 32
    assert signing_secret(Settings(secret_key=SecretStr(given), data_dir=tmp_path)) == given
    assert list(tmp_path.iterdir()) == []


def test_refuses_one_that_is_too_short_and_does_not_repeat_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 32") as refusal:
        signing_secret(Settings(secret_key=SecretStr("changeme"), data_dir=tmp_path))
    assert "changeme" not in str(refusal.value)


def test_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "var")
    made = signing_secret(settings)
    assert len(made) == 64
    assert signing_secret(settings) == made
    assert stat.S_IMODE((tmp_path / "var" / KEY_FILE).stat().st_mode) == 0o600


def test_is_one_for_all_who_start_together(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: signing_secret(settings), range(32)))
    assert len(made) == 1
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]
