"""What every pod of ours keeps to: the restricted standard, images that stay what they are, a bound on its memory.

Each rule takes the documents of an overlay and returns what breaks it, in words.
"""

from __future__ import annotations

import re
from typing import Any

from tests.deploy.rendering import Document, containers, every_container, of_kind, templates

OURS = re.compile(r"/atelier/(backend|inference)")
_MAY_ASK_KUBERNETES = {"RayService/inference/head"}  # Ray's autoscaler in it makes pods
_VOLUMES = {"configMap", "csi", "emptyDir", "persistentVolumeClaim", "projected", "secret"}
_SHARED = ("hostNetwork", "hostPID", "hostIPC")
_Contexts = list[tuple[str, Document]]


def insecure(documents: list[Document]) -> list[str]:
    """Return what the restricted Pod Security Standard, or our stricter habit, does not allow."""
    found = []
    for whose, template in templates(documents):
        spec = template["spec"]
        pod = spec.get("securityContext", {})
        found += [f"{whose}: {name}" for name in _SHARED if spec.get(name)]
        if not (pod.get("runAsNonRoot") and pod.get("runAsUser", 0) > 0):
            found.append(f"{whose}: may run as root")
        if pod.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            found.append(f"{whose}: has no seccomp profile")
        if spec.get("automountServiceAccountToken") is not False and (
            whose not in _MAY_ASK_KUBERNETES
        ):
            found.append(f"{whose}: gets a token for Kubernetes")
        for volume in spec.get("volumes", []):
            found += [f"{whose}: a volume of {kind}" for kind in set(volume) - {"name", *_VOLUMES}]
    return found + [
        f"{whose}: {wrong}" for whose, context in _contexts(documents) for wrong in _loose(context)
    ]


def _contexts(documents: list[Document]) -> _Contexts:
    """Return the security context of each container, that of the autoscaler which KubeRay adds too."""
    found = [
        (whose, container.get("securityContext", {}))
        for whose, container in every_container(documents)
    ]
    for service in of_kind(documents, "RayService"):
        cluster = service["spec"]["rayClusterConfig"]
        if cluster.get("enableInTreeAutoscaling"):
            options = cluster.get("autoscalerOptions", {})
            found.append(("the autoscaler", options.get("securityContext", {})))
    return found


def _loose(context: Document) -> list[str]:
    found = []
    if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
        found.append("may gain privileges")
    if context.get("readOnlyRootFilesystem") is not True:
        found.append("may write into its image")
    capabilities = context.get("capabilities", {})
    if capabilities.get("drop") != ["ALL"] or capabilities.get("add"):
        found.append("keeps capabilities")
    return found


def unpinned(documents: list[Document]) -> list[str]:
    """Return images whose tag says nothing, and ours where they are of different versions."""
    images = {whose: container["image"] for whose, container in every_container(documents)}
    tags = {whose: tag(image) for whose, image in images.items()}
    found = [f"{whose}: {images[whose]}" for whose, one in tags.items() if one in {"", "latest"}]
    ours = {tags[whose] for whose, image in images.items() if OURS.search(image)}
    return found + ([f"several versions: {', '.join(sorted(ours))}"] if len(ours) > 1 else [])


def tag(image: str) -> str:
    """Return the tag of an image, which may be named by its digest too."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def unbounded(documents: list[Document]) -> list[str]:
    """Return containers without requests, or without a limit of memory that holds what they request."""
    found = []
    for whose, container in every_container(documents):
        asked = container.get("resources", {})
        requests, limits = asked.get("requests", {}), asked.get("limits", {})
        if not {"cpu", "memory"} <= set(requests):
            found.append(f"{whose}: requests no cpu or memory")
        if amount(limits.get("memory", 0)) < max(1, amount(requests.get("memory", 0))):
            found.append(f"{whose}: its limit of memory is missing or below its request")
    return found + [
        f"{whose}: the folder {volume['name']} may fill its node's disk"
        for whose, template in templates(documents)
        for volume in template["spec"].get("volumes", [])
        if "emptyDir" in volume and not (volume["emptyDir"] or {}).get("sizeLimit")
    ]


def amount(quantity: Any) -> float:
    """Return a quantity of Kubernetes as a number: 250m is 0.25, 2Gi is 2 × 2³⁰."""
    number, unit = re.fullmatch(r"([\d.]+)(m|Ki|Mi|Gi|)", str(quantity)).groups()  # type: ignore[union-attr]
    scale = {"": 1.0, "m": 1e-3, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30}
    return float(number) * scale[unit]


def requested(documents: list[Document], what: str) -> float:
    """Return how much of cpu or memory everything that stays asks for, each as often as it runs at least."""
    total = 0.0
    for document in of_kind(documents, "Deployment", "StatefulSet"):
        template = document["spec"]["template"]
        total += document["spec"]["replicas"] * _sum(template, what)
    for service in of_kind(documents, "RayService"):
        cluster = service["spec"]["rayClusterConfig"]
        total += _sum(cluster["headGroupSpec"]["template"], what)
        for group in cluster["workerGroupSpecs"]:
            total += group["replicas"] * _sum(group["template"], what)
    return total


def _sum(template: Document, what: str) -> float:
    return sum(amount(one["resources"]["requests"][what]) for one in containers(template))
