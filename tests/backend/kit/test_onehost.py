"""A SQLite studio starts on one host, on a disk of that host."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from backend import doctor
from backend.app import create_app
from backend.doctor import Level
from backend.kit import onehost
from backend.kit.onehost import GONE_AFTER_S, NotThisHost, check, file_system_of, sole_host
from backend.kit.settings import Settings
from tests.fixtures.scripted import ScriptedInference

MOUNTS = r"""proc /proc proc rw 0 0
/dev/vda / ext4 rw 0 0
server:/export /mnt/team nfs4 rw 0 0
/dev/sdb /mnt/team/local\040disk ext4 rw 0 0
me@host: /mnt/elsewhere fuse.sshfs rw 0 0
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'var' / 'atelier.db'}"


@pytest.fixture
def sign(tmp_path: Path) -> Path:
    (tmp_path / "var").mkdir()
    return tmp_path / "var" / "atelier.db-host"


def write(sign: Path, *, seconds_ago: float) -> None:
    sign.write_text("another-kernel\nstudio-7\n")
    then = sign.stat().st_mtime - seconds_ago
    os.utime(sign, (then, then))


def held(url: str) -> None:
    async def scenario() -> None:
        async with sole_host(url):
            pass

    asyncio.run(scenario())


async def until(happened: Callable[[], bool]) -> None:
    for _ in range(1000):
        if happened():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")


class TestOtherHosts:
    def test_a_second_host_is_refused_and_told_what_to_do(self, url: str, sign: Path) -> None:
        write(sign, seconds_ago=4)
        with pytest.raises(NotThisHost, match=r"studio-7.*one host.*ATELIER_DATABASE_URL=postgres"):
            held(url)
        with pytest.raises(NotThisHost):
            check(url)
        assert sign.read_text().startswith("another-kernel")

    def test_a_silent_host_is_taken_over_from(self, url: str, sign: Path) -> None:
        write(sign, seconds_ago=GONE_AFTER_S + 1)
        held(url)
        assert not sign.exists()

    def test_a_sign_that_says_nothing_is_nobody(self, url: str, sign: Path) -> None:
        sign.write_text("")
        held(url)

    def test_says_so_when_another_host_takes_over(
        self,
        url: str,
        sign: Path,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        monkeypatch.setattr(onehost, "BEAT_S", 0.01)

        async def scenario() -> None:
            async with sole_host(url):
                write(sign, seconds_ago=0)
                await until(lambda: "has taken over" in caplog.text)

        asyncio.run(scenario())
        assert sign.read_text().startswith("another-kernel")


class TestThisHost:
    def test_any_number_of_processes_may_share_it(self, url: str, sign: Path) -> None:
        async def scenario() -> None:
            async with sole_host(url):
                async with sole_host(url):
                    assert onehost._name_in(sign) == socket.gethostname()
                check(url)

        asyncio.run(scenario())
        assert not sign.exists()

    def test_shows_a_sign_of_life(
        self, url: str, sign: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(onehost, "BEAT_S", 0.01)

        async def scenario() -> None:
            async with sole_host(url):
                await asyncio.to_thread(sign.unlink)
                await until(sign.exists)

        asyncio.run(scenario())

    def test_postgres_and_memory_need_none_of_it(self, tmp_path: Path) -> None:
        for url in ("postgresql+psycopg://u@h/d", "sqlite://", "sqlite:///:memory:"):
            held(url)
            check(url)
        assert list(tmp_path.iterdir()) == []


class TestNetworkFileSystems:
    @pytest.mark.parametrize(
        ("path", "kind"),
        [
            ("/srv/var/atelier.db", "ext4"),
            ("/mnt/team/var/atelier.db", "nfs4"),
            ("/mnt/team/local disk/atelier.db", "ext4"),
            ("/mnt/teamwork/atelier.db", "ext4"),
            ("/mnt/elsewhere/atelier.db", "fuse.sshfs"),
        ],
    )
    def test_the_deepest_mount_tells(self, path: str, kind: str) -> None:
        assert file_system_of(Path(path), MOUNTS) == kind

    def test_are_refused_before_anything_is_written(
        self, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mounts = tmp_path / "mounts"
        mounts.write_text(f"server:/export {tmp_path} nfs4 rw 0 0\n")
        monkeypatch.setattr(onehost, "MOUNTS", mounts)
        with pytest.raises(NotThisHost, match=r"nfs4.*ATELIER_DATA_DIR.*ATELIER_DATABASE_URL"):
            held(url)
        assert not (tmp_path / "var").exists()

    def test_are_no_matter_where_nobody_knows_the_mounts(
        self, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(onehost, "MOUNTS", tmp_path / "none")
        held(url)


class TestTheStudio:
    def test_does_not_open_beside_another_host(self, tmp_path: Path, sign: Path) -> None:
        write(sign, seconds_ago=0)
        app = create_app(Settings(data_dir=sign.parent), inference=ScriptedInference())

        async def scenario() -> None:
            async with app.router.lifespan_context(app):
                raise AssertionError("it opened")

        with pytest.raises(NotThisHost):
            asyncio.run(scenario())
        assert not (tmp_path / "var" / "atelier.db").exists()

    def test_the_doctor_tells(self, sign: Path) -> None:
        write(sign, seconds_ago=0)
        settings = Settings(data_dir=sign.parent)
        [found] = [one for one in doctor.examine(settings) if one.subject == "Database"]
        assert found.level is Level.PROBLEM
        assert "studio-7" in found.seen
        assert "ATELIER_DATABASE_URL" in found.advice
