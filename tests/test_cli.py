"""The `atelier` command, as a person types it."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from backend import cli, doctor, doctor_keys
from backend.doctor import Level
from backend.kit.settings import Settings
from backend.kit.storage.file import FileStorage
from inference.catalog import BUNDLED


def atelier(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backend", *words],
        env={**os.environ, **environment}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def finding(subject: str, settings: Settings) -> doctor.Finding:
    return next(f for f in doctor.examine(settings) if f.subject == subject)


@pytest.mark.heavy
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


class TestRemoveOrphans:
    def test_says_which_and_removes_them(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ATELIER_DATA_DIR", str(tmp_path))
        key = FileStorage(tmp_path / "images").put(b"orphan", suffix=".webp")
        then = time.time() - 7200
        os.utime(tmp_path / "images" / key, (then, then))
        told = CliRunner().invoke(cli.app, ["remove-orphans", "--dry-run"])
        assert (told.exit_code, told.stdout) == (0, f"{key}\n")
        done = CliRunner().invoke(cli.app, ["remove-orphans"])
        assert (done.exit_code, done.stdout) == (0, "Files removed that no row named: 1.\n")
        assert not (tmp_path / "images" / key).exists()

    def test_asks_first_where_it_is_rather_the_wrong_database(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ATELIER_DATA_DIR", str(tmp_path))
        monkeypatch.setenv("ATELIER_ORPHAN_HOURS", "1e-9")
        storage = FileStorage(tmp_path / "images")
        for number in range(101):
            storage.put(str(number).encode(), suffix=".webp")
        refused = CliRunner().invoke(cli.app, ["remove-orphans"])
        assert refused.exit_code == 1
        assert "101 of 101 files" in " ".join(refused.stderr.split())
        assert CliRunner().invoke(cli.app, ["remove-orphans", "--many"]).exit_code == 0
        assert list(storage.folder.rglob("*.webp")) == []


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

    def test_names_a_lora_that_cannot_be_used(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        models = tmp_path / "models.toml"
        bundled = BUNDLED.read_text("utf-8").replace(
            'directory = "', f'directory = "{BUNDLED.parent}/'
        )
        table = '[[lora]]\nname = "torn"\nfile = "torn.safetensors"\nmodels = ["atelier-mini"]\n'
        models.write_text(bundled + table)
        monkeypatch.setenv("ATELIER_MODELS", str(models))
        (tmp_path / "torn.safetensors").write_bytes(b"torn")
        found = finding("Model", Settings(data_dir=tmp_path))
        assert found.level is Level.WARNING
        assert "LoRA torn: torn.safetensors is no safetensors file" in found.seen

    def test_says_when_the_model_is_missing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ATELIER_MODELS", str(tmp_path / "none.toml"))
        assert finding("Model", Settings(data_dir=tmp_path)).level is Level.PROBLEM

    @pytest.mark.parametrize(
        ("public", "accepted", "level"),
        [(False, False, Level.OK), (True, False, Level.PROBLEM), (True, True, Level.WARNING)],
    )
    def test_a_demonstration_does_not_guard_a_public_studio_unasked(
        self, tmp_path: Path, *, public: bool, accepted: bool, level: Level
    ) -> None:
        there: dict[str, Any] = {
            "host": "0.0.0.0", "public_url": "https://studio.test", "oidc_issuer": "https://issuer.test",
        }  # fmt: skip
        settings = Settings(
            data_dir=tmp_path, allow_demo_safety_checker=accepted, **(there if public else {})
        )
        found = finding("Safety checkers", settings)
        assert found.level is level
        assert "detects no real nudity or violence" in found.seen
        assert ("ATELIER_ALLOW_DEMO_SAFETY_CHECKER=true" in found.advice) == (
            public and not accepted
        )

    def test_a_checker_that_cannot_measure_is_told_of(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        models = tmp_path / "models.toml"
        bundled = BUNDLED.read_text("utf-8").replace(
            'directory = "', f'directory = "{BUNDLED.parent}/'
        )
        table = '[[checker]]\nname = "gone"\nfile = "gone.safetensors"\nmodels = ["atelier-mini"]\n'
        models.write_text(bundled + table)
        monkeypatch.setenv("ATELIER_MODELS", str(models))
        found = finding("Safety checkers", Settings(data_dir=tmp_path))
        assert found.level is Level.WARNING
        assert "gone of atelier-mini: gone.safetensors cannot be opened" in found.seen

    @pytest.mark.heavy
    def test_ends_with_a_failure_when_something_stops_the_studio(self, tmp_path: Path) -> None:
        (tmp_path / "var").write_text("in the way")
        done = atelier("doctor", ATELIER_DATA_DIR=str(tmp_path / "var"), ATELIER_PORT="0")
        assert done.returncode == 1
        assert "Data folder" in done.stdout

    @pytest.mark.heavy
    def test_is_content_with_this_machine(self, tmp_path: Path) -> None:
        done = atelier("doctor", ATELIER_DATA_DIR=str(tmp_path), ATELIER_PORT="0")
        assert done.returncode == 0, done.stdout


@pytest.mark.heavy
class TestUp:
    def test_refuses_the_development_sign_in_in_public(self, tmp_path: Path) -> None:
        done = atelier("up", "--host", "0.0.0.0", ATELIER_DATA_DIR=str(tmp_path))
        assert done.returncode == 2
        assert "ATELIER_OIDC_ISSUER" in done.stderr
        assert "Traceback" not in done.stderr

    @pytest.mark.parametrize("command", ["up", "doctor"])
    def test_refuses_an_http_address_in_public(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
    ) -> None:
        monkeypatch.setenv("ATELIER_DATA_DIR", str(tmp_path))
        monkeypatch.setenv("ATELIER_PUBLIC_URL", "http://studio.example.com")
        monkeypatch.setenv("ATELIER_OIDC_ISSUER", "https://issuer.example.com")
        done = CliRunner().invoke(cli.app, [command])
        assert done.exit_code == 2
        said = " ".join(done.stderr.split())
        assert "ATELIER_PUBLIC_URL=https://studio.example.com" in said
        assert "session cookies" in said

    def test_does_not_start_in_public_with_a_demonstration_of_a_checker(
        self, tmp_path: Path
    ) -> None:
        done = atelier(
            "up", "--no-browser", ATELIER_DATA_DIR=str(tmp_path), ATELIER_PORT="0",
            ATELIER_PUBLIC_URL="https://studio.test", ATELIER_OIDC_ISSUER="https://issuer.test",
        )  # fmt: skip
        assert done.returncode == 1
        said = " ".join(done.stdout.split())
        assert "demo concepts only" in said
        assert "ATELIER_ALLOW_DEMO_SAFETY_CHECKER=true" in said
        assert not (tmp_path / "atelier.db").exists()

    def test_names_a_setting_that_is_out_of_range(self, tmp_path: Path) -> None:
        done = atelier("up", ATELIER_PORT="70000", ATELIER_DATA_DIR=str(tmp_path))
        assert done.returncode == 2
        assert "ATELIER_PORT" in done.stderr
        assert "65535" in done.stderr


def test_help_lists_the_commands() -> None:
    shown = CliRunner().invoke(cli.app, ["--help"]).output
    for command in ("up", "doctor", "migrate", "create-key", "end-sessions", "revoke-key"):
        assert command in shown


class TestSignIn:
    def test_the_doctor_says_which_table_will_not_do(self, tmp_path: Path) -> None:
        path = tmp_path / "providers.toml"
        path.write_text('[corp]\nissuer = "https://login.example.com"\n')
        seen = finding("Sign-in", Settings(providers=str(path)))
        assert (seen.level, "[corp] client_id: is missing" in seen.seen) == (Level.PROBLEM, True)
        path.write_text('[corp]\nissuer = "https://login.example.com"\nclient_id = "x"\n')
        seen = finding("Sign-in", Settings(providers=str(path), registration="invite"))
        assert (seen.level, seen.seen) == (Level.OK, "by corp; registration invite")

    def test_the_welcome_names_the_providers(self, tmp_path: Path) -> None:
        path = tmp_path / "providers.toml"
        path.write_text('[corp]\nissuer = "https://login.example.com"\nclient_id = "x"\n')
        assert "login.example.com" in cli._how_to_sign_in(Settings(providers=str(path)))
        assert "no password on this machine" in cli._how_to_sign_in(Settings())


class TestKeys:
    def test_that_are_samples_end_with_2_and_advice(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ATELIER_DATA_DIR", str(tmp_path))
        monkeypatch.setenv("ATELIER_SECRET_KEY", "changeme")
        done = CliRunner().invoke(cli.app, ["up"])
        assert done.exit_code == 2
        assert "ATELIER_SECRET_KEY" in done.stderr
        assert "openssl rand" in " ".join(done.stderr.split())
        assert "changeme" not in done.output

    def test_are_told_of_and_not_shown(self, tmp_path: Path) -> None:
        new, old = secrets.token_urlsafe(48), secrets.token_urlsafe(48)
        found = finding("Keys", Settings(data_dir=tmp_path, secret_key=SecretStr(f"{new},{old}")))
        assert (found.level, found.seen[:4]) == (Level.OK, "2 in")
        assert new not in f"{found}"
        assert old not in f"{found}"

    def test_of_each_folder_its_own_are_a_warning_beside_a_shared_database(
        self, tmp_path: Path
    ) -> None:
        shared = Settings(data_dir=tmp_path, database_url="postgresql+psycopg://db.example/atelier")
        assert doctor_keys.kept(shared).level is Level.WARNING
        assert "ATELIER_SECRET_KEY" in doctor_keys.kept(shared).advice

    @pytest.mark.parametrize(("mode", "level"), [(0o644, Level.WARNING), (0o640, Level.OK)])
    def test_in_a_file_that_everybody_can_read_are_a_warning(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, level: Level
    ) -> None:
        path = tmp_path / "keys"
        path.write_text(secrets.token_urlsafe(48))
        path.chmod(mode)
        monkeypatch.setenv("ATELIER_SECRET_KEY_FILE", str(path))
        found = finding("Secret files", Settings(data_dir=tmp_path))
        assert found.level is level
        assert (str(path) in found.advice) == (level is Level.WARNING)
