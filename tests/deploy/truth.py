"""What manifests say of our own programs, held against the programs: settings, routes, metrics, commands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.deploy.needs import ROOT
from tests.deploy.rendering import Document, every_container, of_kind, title

RAYS_OWN = {"/-/healthz"}
_ADDRESS = re.compile(r"https?://[^/\s']+(/[^\s'\"]*)")
_METRIC = re.compile(r"\batelier_[a-z_]+\b")


def settings_unknown(documents: list[Document]) -> list[str]:
    """Return variables of ours that neither the backend nor inference reads."""
    known = known_settings()
    return [
        f"{whose}: {name}"
        for whose, name in _variables(documents)
        if name.startswith("ATELIER_") and name not in known
    ]


@cache
def known_settings() -> frozenset[str]:
    """Return every variable that is read: of the backend by its Settings, of inference by its constants."""
    from backend.kit.settings import PREFIX, Settings

    ours = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    source = "".join(path.read_text() for path in (ROOT / "inference").rglob("*.py"))
    read = re.findall(r'^\w+_VARIABLE(?:: Final)? = "(ATELIER_\w+)"', source, re.MULTILINE)
    return frozenset({*ours, *(f"{name}_FILE" for name in ours), *read})


def _variables(documents: list[Document]) -> Iterator[tuple[str, str]]:
    for one in of_kind(documents, "ConfigMap"):
        yield from ((title(one), name) for name in one.get("data", {}))
    for whose, container in every_container(documents):
        yield from ((whose, one["name"]) for one in container.get("env", []))


def refused_settings(documents: list[Document], scratch: Path) -> list[str]:
    """Return what the backend's Settings refuse of a ConfigMap, with a file for each secret and any database."""
    from pydantic import ValidationError

    from backend.kit.settings import PREFIX, Settings

    found = []
    for one in of_kind(documents, "ConfigMap"):
        told = {
            name.removeprefix(PREFIX).lower(): json.loads(value) if value[:1] == "[" else value
            for name, value in one.get("data", {}).items()
            if name.startswith(PREFIX) and not name.endswith("_FILE")
        }
        if told:
            try:
                Settings(**{**told, "data_dir": scratch})
            except ValidationError as error:
                found += [f"{title(one)}: {each['msg']}" for each in error.errors()]
    return found


def routes_unknown(documents: list[Document]) -> list[str]:
    """Return paths that probes, health checks, scalers and Prometheus ask for and nobody answers."""
    known = known_routes()
    return [f"{whose}: {path}" for whose, path in _paths(documents) if path not in known]


@cache
def known_routes() -> frozenset[str]:
    """Return the paths that answer a GET: of the whole studio, of the inference app, of Ray's proxies."""
    from backend.app import create_app
    from backend.kit.settings import Settings
    from inference.app import create_app as create_inference

    apps: tuple[Any, ...] = (
        create_app(Settings.model_construct()),
        create_inference(None),  # type: ignore[arg-type] # nothing is drawn
    )
    described = {path for app in apps for path in app.openapi()["paths"]}
    # Those that are in no description, such as /metrics.
    plain = {getattr(route, "path", "") for app in apps for route in app.router.routes}
    return frozenset({*RAYS_OWN, *described, *plain})


def _paths(documents: list[Document]) -> Iterator[tuple[str, str]]:
    for whose, container in every_container(documents):
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked = container.get(probe, {})
            if "httpGet" in asked:
                yield whose, asked["httpGet"]["path"]
            for word in asked.get("exec", {}).get("command", []):
                yield from ((whose, path) for path in _ADDRESS.findall(word))
    for one in of_kind(documents, "PodMonitoring"):
        yield from ((title(one), endpoint["path"]) for endpoint in one["spec"]["endpoints"])
    for one in of_kind(documents, "HealthCheckPolicy"):
        yield title(one), one["spec"]["default"]["config"]["httpHealthCheck"]["requestPath"]
    for one in of_kind(documents, "ScaledObject"):
        for trigger in one["spec"]["triggers"]:
            yield from ((title(one), path) for path in _ADDRESS.findall(trigger["metadata"]["url"]))


def metrics_unknown(documents: list[Document], shown: str) -> list[str]:
    """Return metrics that a scaler reads and that `shown`, an answer of `/metrics`, does not name; alarms have a test of their own."""
    exposed = set(re.findall(r"^# TYPE (\w+) ", shown, re.MULTILINE))
    read = [
        (title(one), trigger["metadata"]["valueLocation"])
        for one in of_kind(documents, "ScaledObject")
        for trigger in one["spec"]["triggers"]
    ]
    assert all(_METRIC.search(text) for _, text in read)
    return [
        f"{whose}: {name}"
        for whose, text in read
        for name in _METRIC.findall(text)
        if name not in exposed
    ]


def exposition(scratch: Path) -> str:
    """Return what a backend's `/metrics` answers, over an empty database of its own."""
    from backend import migrations
    from backend.generations.metrics import queue_gauges
    from backend.kit.database import Database
    from backend.kit.telemetry import metrics_text

    import_module("backend.app")  # with it every feature, which registers what it counts
    url = f"sqlite:///{scratch / 'studio.db'}"
    migrations.upgrade(url)
    database = Database(url)
    try:
        body, _ = metrics_text(partial(queue_gauges, database))
    finally:
        database.dispose()
    return body.decode()


def states_unknown(documents: list[Document]) -> list[str]:
    """Return states of a generation that a scaler or an alarm asks for and there are none of."""
    from backend.kit.leased import State

    text = " ".join([str(one["spec"]) for one in of_kind(documents, "ScaledObject", "Rules")])
    return sorted(set(re.findall(r'state="(\w+)"', text)) - {one.value for one in State})
