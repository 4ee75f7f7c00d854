"""What every store of files promises."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest

from backend.kit.storage import Storage, open_storage

DATA = b"RIFF....WEBP" * 100


@pytest.fixture(params=["file", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    url = f"file:{tmp_path / 'images'}" if request.param == "file" else f"memory://{uuid4().hex}/at"
    return open_storage(url)


class TestPut:
    def test_gives_back_what_was_put(self, storage: Storage) -> None:
        assert storage.get(storage.put(DATA, suffix=".webp")) == DATA

    def test_names_a_file_by_what_is_in_it(self, storage: Storage) -> None:
        digest = sha256(DATA).hexdigest()
        assert storage.put(DATA, suffix=".webp") == f"{digest[:2]}/{digest}.webp"

    def test_keeps_the_same_bytes_once(self, storage: Storage) -> None:
        assert storage.put(DATA, suffix=".webp") == storage.put(DATA, suffix=".webp")

    def test_is_safe_from_many_threads_at_once(self, storage: Storage) -> None:
        together = threading.Barrier(4)

        def put() -> str:
            together.wait()
            return storage.put(DATA, suffix=".webp")

        with ThreadPoolExecutor(4) as pool:
            keys = {task.result() for task in [pool.submit(put) for _ in range(4)]}
        assert len(keys) == 1
        assert storage.get(keys.pop()) == DATA

    def test_refuses_a_suffix_that_leads_elsewhere(self, storage: Storage) -> None:
        with pytest.raises(ValueError, match="not a storage key"):
            storage.put(DATA, suffix="/../../x")


class TestGet:
    def test_says_when_there_is_nothing(self, storage: Storage) -> None:
        with pytest.raises(FileNotFoundError):
            storage.get(f"00/{'0' * 64}.webp")

    @pytest.mark.parametrize(
        "key", ["../secret", "/etc/passwd", "00/../../x", "", "00\\x", f"00/{'0' * 64}.webp\n"]
    )
    def test_refuses_what_is_not_a_key(self, storage: Storage, key: str) -> None:
        with pytest.raises(ValueError, match="not a storage key"):
            storage.get(key)


class TestDelete:
    def test_removes(self, storage: Storage) -> None:
        key = storage.put(DATA, suffix=".webp")
        assert storage.exists(key)
        storage.delete(key)
        assert not storage.exists(key)

    def test_is_no_error_twice(self, storage: Storage) -> None:
        key = storage.put(DATA, suffix=".webp")
        storage.delete(key)
        storage.delete(key)


class TestCheck:
    def test_passes_where_one_can_write_and_leaves_nothing(self, storage: Storage) -> None:
        storage.check()
        storage.check()


class TestFile:
    def test_leaves_no_part_behind_when_the_disk_refuses(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        storage = open_storage(f"file:{tmp_path}")

        def refuse(_handle: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", refuse)
        with pytest.raises(OSError, match="No space left"):
            storage.put(DATA, suffix=".webp")
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

    def test_check_raises_where_nothing_can_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "images").write_text("a file where the folder should be")
        with pytest.raises(OSError, match="images"):
            open_storage(f"file:{tmp_path / 'images'}").check()


class TestOpen:
    def test_takes_each_form_of_a_file_url(self, tmp_path: Path) -> None:
        for url in (f"file:{tmp_path}", f"file://{tmp_path}"):
            key = open_storage(url).put(DATA, suffix=".webp")
            assert (tmp_path / key).read_bytes() == DATA

    def test_names_the_setting_when_the_store_is_not_known(self) -> None:
        with pytest.raises(ValueError, match="ATELIER_STORAGE_URL"):
            open_storage("carrierpigeon://roof")
