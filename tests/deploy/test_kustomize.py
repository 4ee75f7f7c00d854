"""The pieces fit: each component is taken, each parameter goes somewhere, nothing is left that an overlay had to fill in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.deploy.rendering import K8S, OVERLAYS, Document, named, of_kind, overlay, render, title

pytestmark = pytest.mark.deploy
OFF = {
    "incremental-upgrade",
    "traces-otlp",
}  # for who asks for them; tests of their own render them
CLUSTER_WIDE = {"Namespace", "ComputeClass"}
PLACEHOLDER = re.compile(
    r"\b(?!ATELIER_)[A-Z]+(?:_[A-Z]+)*_(?:ID|BUCKET|CIDR|POLICY|ADDRESS|MAP|POOL)\b|\bHOSTNAME\b"
)


def params() -> dict[str, str]:
    lines = (K8S / "overlays/gke/params.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_every_component_is_taken_by_an_overlay() -> None:
    taken = {
        Path(component).name
        for name in OVERLAYS
        for component in yaml.safe_load(
            (K8S / "overlays" / name / "kustomization.yaml").read_text()
        )["components"]
    }
    assert taken | OFF == {folder.name for folder in (K8S / "components").iterdir()}


def test_every_parameter_goes_somewhere() -> None:
    replacements = yaml.safe_load((K8S / "overlays/gke/params.yaml").read_text())
    read = {one["source"]["fieldPath"].removeprefix("data.") for one in replacements}
    assert read == set(params())
    text = "\n".join(map(str, overlay("gke")))
    assert [name for name, value in params().items() if value not in text] == []


def test_nothing_is_left_to_be_filled_in(documents: list[Document]) -> None:
    assert PLACEHOLDER.findall("bucketName: WEIGHTS_BUCKET") == ["WEIGHTS_BUCKET"]
    left = [title(one) for one in documents if PLACEHOLDER.search(yaml.safe_dump(one))]
    assert left == []


def test_everything_is_in_the_one_namespace(documents: list[Document]) -> None:
    outside = {title(one) for one in documents if one["metadata"].get("namespace") != "atelier"}
    assert outside == {title(one) for one in of_kind(documents, *CLUSTER_WIDE)}


def test_what_only_kustomize_needs_is_not_applied(documents: list[Document]) -> None:
    names = {one["metadata"]["name"].split("-")[0] for one in of_kind(documents, "ConfigMap")}
    assert names <= {"settings", "backup"}


def test_a_changed_setting_makes_new_pods(tmp_path: Path) -> None:
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "settings.env").write_text(f"ATELIER_LOG_LEVEL={name}\n")
        kustomization = yaml.safe_load((K8S / "base/backend/kustomization.yaml").read_text())
        kustomization["resources"] = []
        (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    (first,), (second,) = render(tmp_path / "a"), render(tmp_path / "b")
    assert first["metadata"]["name"] != second["metadata"]["name"]


def test_http_is_sent_to_https_and_nowhere_else(gke: list[Document]) -> None:
    redirect = named(gke, "HTTPRoute", "to-https")["spec"]
    assert [parent["sectionName"] for parent in redirect["parentRefs"]] == ["http"]
    assert all("backendRefs" not in rule for rule in redirect["rules"])
    studio = named(gke, "HTTPRoute", "studio")["spec"]
    assert [parent["sectionName"] for parent in studio["parentRefs"]] == ["https"]
