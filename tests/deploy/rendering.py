"""Manifests as kubectl renders them: plain documents, and the few ways in which the checks look at them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.needs import ROOT, program

Document = dict[str, Any]
K8S = ROOT / "k8s"
OVERLAYS = ("local", "gke")
_WITH = """
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [{up}/overlays/{overlay}]
components: [{up}/components/{component}]
"""


def render(folder: Path) -> list[Document]:
    """Return every document of a kustomization.

    Raises:
        AssertionError: kubectl refuses it; the message is kubectl's.
    """
    done = subprocess.run(
        [program("kubectl"), "kustomize", str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


@cache
def overlay(name: str) -> list[Document]:
    """Return what an overlay of ours renders to; not to be changed (`copy.deepcopy` first)."""
    return render(K8S / "overlays" / name)


def with_component(name: str, component: str, scratch: Path) -> list[Document]:
    """Return what an overlay renders to with one more component, named in an empty folder."""
    # kustomize takes relative paths only.
    up = "../" * len(scratch.parts[1:]) + "/".join(K8S.parts[1:])
    kustomization = _WITH.format(up=up, overlay=name, component=component)
    (scratch / "kustomization.yaml").write_text(kustomization)
    return render(scratch)


def of_kind(documents: list[Document], *kinds: str) -> list[Document]:
    """Return the documents of these kinds."""
    return [document for document in documents if document["kind"] in kinds]


def named(documents: list[Document], kind: str, name: str) -> Document:
    """Return one document, which there must be."""
    return next(one for one in of_kind(documents, kind) if one["metadata"]["name"] == name)


def title(document: Document) -> str:
    """Return what a person calls it: Deployment/api."""
    return f"{document['kind']}/{document['metadata']['name']}"


def templates(documents: list[Document]) -> Iterator[tuple[str, Document]]:
    """Yield (title, pod template) of everything that makes pods; of Ray, its head and each group of workers."""
    for document in documents:
        spec = document.get("spec", {})
        match document["kind"]:
            case "Deployment" | "StatefulSet" | "DaemonSet" | "Job":
                yield title(document), spec["template"]
            case "CronJob":
                yield title(document), spec["jobTemplate"]["spec"]["template"]
            case "RayService":
                cluster = spec["rayClusterConfig"]
                for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
                    name = group.get("groupName", "head")
                    yield f"{title(document)}/{name}", group["template"]


def containers(template: Document) -> list[Document]:
    """Return every container of a pod, those that run before it too."""
    spec = template["spec"]
    return [*spec.get("initContainers", []), *spec["containers"]]


def every_container(documents: list[Document]) -> Iterator[tuple[str, Document]]:
    """Yield (title with the container's name, container)."""
    for whose, template in templates(documents):
        for container in containers(template):
            yield f"{whose}/{container['name']}", container
