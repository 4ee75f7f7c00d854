"""The nightly backup, run as it is against a real PostgreSQL, and brought back."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.deploy.rendering import K8S
from tests.fixtures.postgres import find_binaries

pytestmark = pytest.mark.deploy
SCRIPT = K8S / "components/backup-gcs/backup.sh"


def back_up(url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    binaries = find_binaries()
    assert binaries is not None
    (folder / "url").write_text(url)
    kept = folder / "kept"
    kept.mkdir(exist_ok=True)
    told = {
        "PATH": f"{binaries}:{os.environ['PATH']}",
        "DATABASE_URL_FILE": str(folder / "url"),
        "BACKUP_DIR": str(kept),
    }
    return subprocess.run(
        ["bash", str(SCRIPT)], env=told, capture_output=True, text=True, check=False
    )


def test_what_is_backed_up_comes_back(postgres_url: str, tmp_path: Path) -> None:
    plain = postgres_url.replace("+psycopg", "")
    with psycopg.connect(plain) as connection:
        connection.execute("CREATE TABLE sketch (id int PRIMARY KEY, prompt text)")
        connection.execute("INSERT INTO sketch VALUES (1, 'a red dress')")
    done = back_up(postgres_url, tmp_path)
    assert done.returncode == 0, done.stderr
    (dump,) = (tmp_path / "kept").iterdir()
    assert dump.name in done.stdout
    with psycopg.connect(plain) as connection:
        connection.execute("DROP TABLE sketch")
    binaries = find_binaries()
    assert binaries is not None
    again = ["--clean", "--if-exists", f"--dbname={plain}"]
    subprocess.run([binaries / "pg_restore", *again, dump], check=True)
    with psycopg.connect(plain) as connection:
        assert connection.execute("SELECT prompt FROM sketch").fetchall() == [("a red dress",)]


def test_a_backup_that_fails_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    done = back_up("postgresql+psycopg://nobody@127.0.0.1:1/none", tmp_path)
    assert done.returncode != 0
    assert "127.0.0.1" in done.stderr
    assert list((tmp_path / "kept").iterdir()) == []
