"""Looks at a machine and says in plain words what would keep the studio from running on it.

Each check is one function that returns a `Finding`; none changes anything but a probe file.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from backend import doctor_keys as keys
from backend.finding import Finding, Level
from backend.kit import onehost
from backend.kit.database import Database
from backend.kit.settings import Settings
from inference.protocol import ModelCard

__all__ = ["WHILE_RUNNING", "Finding", "Level", "examine", "room_in"]

OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 35, 0)  # UPDATE … RETURNING, which the queue claims with
DISK_NEEDED_MB = 200
DISK_WANTED_MB = 2000
DISK_WANTED_SHARE = 0.05
MEMORY_WANTED_MB = 2000


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield a finding for everything the studio needs from this machine."""
    checks: tuple[Callable[[Settings], Finding], ...] = (
        _python, _packages, _data_folder, _disk, _memory, _port, _database, _sign_in,
        keys.kept, keys.files, keys.signing, _model, _checkers,
    )  # fmt: skip
    for check in checks:
        yield check(settings)


def _python(_: Settings) -> Finding:
    seen = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return Finding(
            "Python", Level.PROBLEM, f"version {seen} is too old",
            "Install Python 3.11 or newer and run: make run PYTHON=python3.11",
        )  # fmt: skip
    return Finding("Python", Level.OK, f"version {seen}")


def _packages(settings: Settings) -> Finding:
    wanted = ["fastapi", "gradio", "sqlmodel", "authlib"]
    if settings.inference_url.startswith(("embedded:", "ray:")):
        wanted += ["torch", "diffusers", "transformers"]
    if settings.inference_url.startswith("ray:"):
        wanted.append("ray")
    missing = [name for name in wanted if find_spec(name) is None]
    if missing:
        return Finding(
            "Packages", Level.PROBLEM, f"not installed: {', '.join(missing)}",
            "Run: rm -f .venv/ready && make run",
        )  # fmt: skip
    return Finding("Packages", Level.OK, f"{len(wanted)} main packages are there")


def _data_folder(settings: Settings) -> Finding:
    folder = settings.data_dir.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"atelier")
    except OSError as error:
        return Finding(
            "Data folder", Level.PROBLEM, f"{folder} can't be written: {error.strerror}",
            "Give this user write access to it, or set ATELIER_DATA_DIR to a folder that has it.",
        )  # fmt: skip
    return Finding("Data folder", Level.OK, f"{folder} can be written")


def _disk(settings: Settings) -> Finding:
    return room_in(settings.data_dir.absolute())


def room_in(folder: Path) -> Finding:
    """Say how much room there is on the disk that `folder` is on, or will be."""
    usage = shutil.disk_usage(_nearest_existing(folder))
    free = usage.free >> 20
    if free < DISK_NEEDED_MB:
        return Finding(
            "Disk", Level.PROBLEM, f"only {free} MB are free",
            f"Free at least {DISK_NEEDED_MB} MB, or set ATELIER_DATA_DIR to a larger disk.",
        )  # fmt: skip
    seen = f"{free / 1024:.0f} GB are free" if free >= DISK_WANTED_MB else f"{free} MB are free"
    if free < DISK_WANTED_MB or usage.free < DISK_WANTED_SHARE * usage.total:
        return Finding("Disk", Level.WARNING, seen, "Free some space soon.")
    return Finding("Disk", Level.OK, seen)


def _memory(_: Settings) -> Finding:
    if "SC_AVPHYS_PAGES" not in os.sysconf_names:
        return Finding("Memory", Level.OK, "not measured on this system")
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    if pages < MEMORY_WANTED_MB:
        return Finding(
            "Memory", Level.WARNING, f"{pages} MB in all",
            "The bundled model wants about 2 GB; close other programs.",
        )  # fmt: skip
    return Finding("Memory", Level.OK, f"{pages / 1024:.0f} GB in all")


def _port(settings: Settings) -> Finding:
    subject = "Port"
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            return Finding(
                subject, Level.PROBLEM,
                f"{settings.host}:{settings.port} can't be used: {error.strerror}",
                "Stop the other program, or choose another port: ATELIER_PORT=8001 make run",
            )  # fmt: skip
    return Finding(subject, Level.OK, f"{settings.host}:{settings.port} is free")


def _sign_in(settings: Settings) -> Finding:
    from backend.accounts.providers.configuration import (  # noqa: PLC0415 - it loads Authlib
        BadProvidersError,
        read_providers,
    )

    try:
        tables = read_providers(settings)
    except BadProvidersError as error:
        return Finding(
            "Sign-in", Level.PROBLEM, str(error), "docs/operate/sign-in.md shows every key."
        )
    names = ", ".join(tables) or "the development provider"
    return Finding("Sign-in", Level.OK, f"by {names}; registration {settings.registration.value}")


def _database(settings: Settings) -> Finding:
    url = settings.resolved_database_url
    return _sqlite(url) if url.startswith("sqlite") else _postgres(url)


def _sqlite(url: str) -> Finding:
    seen = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        return Finding(
            "Database", Level.PROBLEM, f"SQLite {seen} is too old",
            "Use a Python built with SQLite 3.35 or newer, or set ATELIER_DATABASE_URL.",
        )  # fmt: skip
    try:
        onehost.check(url)
    except onehost.NotThisHost as error:
        return Finding("Database", Level.PROBLEM, error.seen, f"{error.advice}.")
    return Finding("Database", Level.OK, f"SQLite {seen}")


def _postgres(url: str) -> Finding:
    database = Database(url)
    try:
        database.ping()
    except Exception as error:  # noqa: BLE001 - whatever a driver raises, the advice is the same
        return Finding(
            "Database", Level.PROBLEM, f"does not answer: {type(error).__name__}",
            "Start the server, or correct ATELIER_DATABASE_URL.",
        )  # fmt: skip
    finally:
        database.dispose()
    return Finding("Database", Level.OK, "PostgreSQL answers")


def _model(settings: Settings) -> Finding:
    if not settings.inference_url.startswith(("embedded:", "ray:")):
        return Finding("Model", Level.OK, f"images are drawn at {settings.inference_url}")
    from inference.catalog import Catalog, CatalogError  # noqa: PLC0415 - only when we draw ourselves

    try:
        cards = [offer.card for offer in Catalog.read().offers]
    except CatalogError as error:
        return Finding(
            "Model", Level.PROBLEM, str(error),
            "Restore assets/models from the repository, or correct ATELIER_MODELS.",
        )  # fmt: skip
    troubles = [
        f"{kind} {one.name}: {one.trouble}"
        for card in cards
        for kind, offered in (
            ("LoRA", card.loras),
            ("ControlNet", card.controls),
            ("embedding", card.embeddings),
        )
        for one in offered
        if one.trouble
    ]
    if troubles:
        return Finding(
            "Model", Level.WARNING, "; ".join(troubles),
            "Put a sound file there, or take its table out of the models file.",
        )  # fmt: skip
    return Finding("Model", Level.OK, ", ".join(map(_with_more, cards)))


def _checkers(settings: Settings) -> Finding:
    subject = "Safety checkers"
    if not settings.inference_url.startswith(("embedded:", "ray:")):
        return Finding(subject, Level.OK, f"those that {settings.inference_url} draws with")
    from inference.catalog import Catalog, CatalogError  # noqa: PLC0415 - only when we draw ourselves

    try:
        cards = {offer.name: offer.checker_cards for offer in Catalog.read().offers}
    except CatalogError:
        return Finding(subject, Level.OK, "not looked at: see Model")
    every = [(model, one) for model, those in cards.items() for one in those]
    demo = [f"{one.name} of {model} ({one.scope})" for model, one in every if one.is_demonstration]
    if demo and not settings.on_loopback:
        return _demonstrations(settings, subject, ", ".join(demo))
    blind = [f"{one.name} of {model}: {one.trouble}" for model, one in every if one.trouble]
    blind += [f"{model} has none" for model, those in cards.items() if not those]
    if blind:
        return Finding(
            subject, Level.WARNING, "; ".join(blind),
            "Every image of such a model is held: put a sound checker there (docs/moderation.md).",
        )  # fmt: skip
    seen = ", ".join(f"{one.name} of {model}" for model, one in every)
    told = f"; a demonstration: {', '.join(demo)}" if demo else ""
    return Finding(subject, Level.OK, f"{seen}{told}")


def _demonstrations(settings: Settings, subject: str, which: str) -> Finding:
    """Others can reach the studio, and what guards it is no more than a demonstration: it does not start so unasked."""
    advice = "Offer models with a real safety checker (docs/moderation.md)"
    if settings.allow_demo_safety_checker:
        seen = f"only a demonstration, as was accepted: {which}"
        return Finding(subject, Level.WARNING, seen, f"{advice}.")
    return Finding(
        subject, Level.PROBLEM, f"others can reach {settings.base_url}, and this is only a demonstration: {which}",
        f"{advice}, or say that it is meant: ATELIER_ALLOW_DEMO_SAFETY_CHECKER=true",
    )  # fmt: skip


def _with_more(card: ModelCard) -> str:
    told = [
        f"{kind}: {', '.join(one.name for one in offered)}"
        for kind, offered in (("LoRAs", card.loras), ("ControlNets", card.controls))
        if offered
    ]
    return f"{card.name} ({'; '.join(told)})" if told else card.name


def _nearest_existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


WHILE_RUNNING: Final[dict[str, Callable[[Settings], Finding]]] = {
    "data_folder": _data_folder,
    "disk": _disk,
    "memory": _memory,
    "sign_in": _sign_in,
    "keys": keys.kept,
    "secret_files": keys.files,
    "signing": keys.signing,
}
"""Checks that mean the same while the studio runs on this machine, by a name for programs."""
