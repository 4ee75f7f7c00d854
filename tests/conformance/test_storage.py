"""What every store of files promises."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest

from backend.kit.storage import Storage, open_storage, shelves
from backend.kit.storage.file import FileStorage
from backend.kit.storage.objects import ObjectStorage

DATA = b"RIFF....WEBP" * 100
OLD_S = 3600.0


@pytest.fixture(params=["file", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    url = f"file:{tmp_path / 'images'}" if request.param == "file" else f"memory://{uuid4().hex}/at"
    return open_storage(url)


def make_old(storage: Storage, key: str) -> None:
    """As if `key` had been put an hour ago."""
    if isinstance(storage, FileStorage):
        _make_file_old(storage.folder / key)
    elif isinstance(storage, ObjectStorage):
        storage._files.store[storage._path(key)].modified -= timedelta(seconds=OLD_S)


def _make_file_old(path: Path) -> None:
    then = time.time() - OLD_S
    os.utime(path, (then, then))


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


class TestSize:
    def test_is_of_what_was_put(self, storage: Storage) -> None:
        assert storage.size(storage.put(DATA, suffix=".webp")) == len(DATA)

    def test_of_what_is_not_there_is_an_error(self, storage: Storage) -> None:
        key = storage.put(DATA, suffix=".webp")
        storage.delete(key)
        with pytest.raises(FileNotFoundError):
            storage.size(key)


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


class TestPutAgain:
    def test_makes_what_is_there_already_young(self, storage: Storage) -> None:
        key = storage.put(DATA, suffix=".webp")
        make_old(storage, key)
        assert storage.age(key) >= OLD_S
        storage.put(DATA, suffix=".webp")
        assert storage.age(key) < OLD_S
        assert storage.get(key) == DATA


class TestKeys:
    def test_lists_what_is_on_each_shelf_and_nothing_else(self, storage: Storage) -> None:
        keys = {storage.put(bytes([number]), suffix=".webp") for number in range(64)}
        storage.check()
        listed = [key for shelf in shelves() for folder in shelf for key in storage.keys(folder)]
        assert sorted(listed) == sorted(keys)
        assert all(key.startswith(f"{key[:2]}/") for key in storage.keys(listed[0][:2]))

    def test_lists_nothing_where_nothing_was_put(self, storage: Storage) -> None:
        assert list(storage.keys("00")) == []

    @pytest.mark.parametrize("folder", ["..", "", "0", "000", "/", "*"])
    def test_refuses_what_is_no_folder(self, storage: Storage, folder: str) -> None:
        with pytest.raises(ValueError, match="not a storage folder"):
            storage.keys(folder)


class TestAge:
    def test_counts_the_seconds_since_it_was_put(self, storage: Storage) -> None:
        key = storage.put(DATA, suffix=".webp")
        assert 0 <= storage.age(key) < OLD_S
        make_old(storage, key)
        assert OLD_S <= storage.age(key) < 2 * OLD_S

    def test_says_when_there_is_nothing(self, storage: Storage) -> None:
        with pytest.raises(FileNotFoundError):
            storage.age(f"00/{'0' * 64}.webp")


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

    def test_removes_what_a_writer_left_that_died_and_nothing_else(self, tmp_path: Path) -> None:
        storage = open_storage(f"file:{tmp_path}")
        key = storage.put(DATA, suffix=".webp")
        left = [
            tmp_path / key[:2] / ".part-a",
            tmp_path / ".check-b",
            tmp_path / key[:2] / ".part-c",
        ]
        for path in left:
            path.write_bytes(DATA[:5])
        for path in (*left[:2], tmp_path / key):
            _make_file_old(path)
        assert list(storage.keys(key[:2])) == [key]
        assert storage.remove_parts(OLD_S) == 2
        assert [path.exists() for path in left] == [False, False, True]
        assert storage.exists(key)


class TestOpen:
    def test_takes_each_form_of_a_file_url(self, tmp_path: Path) -> None:
        for url in (f"file:{tmp_path}", f"file://{tmp_path}"):
            key = open_storage(url).put(DATA, suffix=".webp")
            assert (tmp_path / key).read_bytes() == DATA

    def test_names_the_setting_when_the_store_is_not_known(self) -> None:
        with pytest.raises(ValueError, match="ATELIER_STORAGE_URL"):
            open_storage("carrierpigeon://roof")
