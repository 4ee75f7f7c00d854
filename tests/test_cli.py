"""The `atelier` command, as a person types it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backend import cli, doctor
from backend.doctor import Level
from backend.kit.settings import Settings


def atelier(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backend", *words],
        env={**os.environ, **environment}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def finding(subject: str, settings: Settings) -> doctor.Finding:
    return next(f for f in doctor.examine(settings) if f.subject == subject)


@pytest.mark.serial
class TestCreateKey:
    def test_prints_the_key_and_nothing_else(self, tmp_path: Path) -> None:
        done = atelier(
            "create-key", "--email", "new@example.com", "--role", "designer", ATELIER_DATA_DIR=str(tmp_path)
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        [line] = done.stdout.splitlines()
        assert line.startswith("atl_")
        assert line == line.strip()

    def test_refuses_an_unknown_role_by_naming_the_good_ones(self, tmp_path: Path) -> None:
        done = atelier(
            "create-key", "--email", "new@example.com", "--role", "wizard", ATELIER_DATA_DIR=str(tmp_path)
        )  # fmt: skip
        assert done.returncode == 1
        assert done.stdout == ""
        assert "designer" in done.stderr


class TestDoctor:
    def test_says_when_another_program_has_the_port(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            found = finding("Port", Settings(port=port, data_dir=tmp_path))
        assert found.level is Level.PROBLEM
        assert str(port) in found.seen
        assert "ATELIER_PORT" in found.advice

    def test_says_when_the_data_folder_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "var").write_text("in the way")
        found = finding("Data folder", Settings(data_dir=tmp_path / "var"))
        assert found.level is Level.PROBLEM
        assert "ATELIER_DATA_DIR" in found.advice

    def test_says_when_the_disk_is_full(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(doctor, "DISK_NEEDED_MB", 10**9)
        found = finding("Disk", Settings(data_dir=tmp_path / "not" / "yet"))
        assert found.level is Level.PROBLEM
        assert "Free at least" in found.advice

    def test_says_when_python_is_too_old(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(doctor, "OLDEST_PYTHON", (99, 0))
        assert finding("Python", Settings(data_dir=tmp_path)).level is Level.PROBLEM

    def test_says_when_the_model_is_missing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ATELIER_MODELS", str(tmp_path / "none.toml"))
        assert finding("Model", Settings(data_dir=tmp_path)).level is Level.PROBLEM

    @pytest.mark.serial
    def test_ends_with_a_failure_when_something_stops_the_studio(self, tmp_path: Path) -> None:
        (tmp_path / "var").write_text("in the way")
        done = atelier("doctor", ATELIER_DATA_DIR=str(tmp_path / "var"), ATELIER_PORT="0")
        assert done.returncode == 1
        assert "Data folder" in done.stdout

    @pytest.mark.serial
    def test_is_content_with_this_machine(self, tmp_path: Path) -> None:
        done = atelier("doctor", ATELIER_DATA_DIR=str(tmp_path), ATELIER_PORT="0")
        assert done.returncode == 0, done.stdout


@pytest.mark.serial
class TestUp:
    def test_refuses_the_development_sign_in_in_public(self, tmp_path: Path) -> None:
        done = atelier("up", "--host", "0.0.0.0", ATELIER_DATA_DIR=str(tmp_path))
        assert done.returncode == 2
        assert "ATELIER_OIDC_ISSUER" in done.stderr
        assert "Traceback" not in done.stderr

    def test_names_a_setting_that_is_out_of_range(self, tmp_path: Path) -> None:
        done = atelier("up", ATELIER_PORT="70000", ATELIER_DATA_DIR=str(tmp_path))
        assert done.returncode == 2
        assert "ATELIER_PORT" in done.stderr
        assert "65535" in done.stderr


def test_help_lists_the_commands() -> None:
    shown = CliRunner().invoke(cli.app, ["--help"]).output
    for command in ("up", "doctor", "migrate", "create-key"):
        assert command in shown
