"""Names that one document says and another has to bear: what is asked for exists, and what selects finds something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.deploy.rendering import (
    K8S,
    Document,
    containers,
    every_container,
    of_kind,
    templates,
    title,
)
from tests.deploy.standing import labels_of, selects


def by_hand() -> dict[str, set[str]]:
    """Return the Secrets that people make themselves, with their keys: the commands in k8s/README.md."""
    text = (K8S / "README.md").read_text().replace("\\\n", " ")
    made = re.findall(r"create secret generic (\S+)(.*)", text)
    return {name: set(re.findall(r"--from-literal=([\w-]+)=", words)) for name, words in made}


def nothing_selected(documents: list[Document]) -> list[str]:
    """Return selectors that no pod's labels satisfy."""
    pods = [labels_of(template) for _, template in templates(documents)]
    return [
        f"{title(one)}: selects nothing"
        for one, selector in _selectors(documents)
        if not any(selects(selector, labels) for labels in pods)
    ]


def _selectors(documents: list[Document]) -> Iterator[tuple[Document, Document]]:
    for one in documents:
        spec = one.get("spec", {})
        match one["kind"]:
            case "Service":
                yield one, {"matchLabels": spec["selector"]}
            case "Deployment" | "StatefulSet" | "PodDisruptionBudget" | "PodMonitoring":
                yield one, spec["selector"]
            case "NetworkPolicy":
                yield one, spec["podSelector"]


def own_pods_missed(documents: list[Document]) -> list[str]:
    """Return workloads whose selector does not take their own pods."""
    return [
        title(one)
        for one in of_kind(documents, "Deployment", "StatefulSet")
        if not selects(one["spec"]["selector"], labels_of(one["spec"]["template"]))
    ]


def ports_missing(documents: list[Document]) -> list[str]:
    """Return ports that a probe, a Service or a PodMonitoring names and no container has."""
    found = [
        f"{whose}: {port}"
        for whose, container in every_container(documents)
        for port in _probed(container)
        if port not in _ports(container)
    ]
    for one, selector in _selectors(documents):
        taken = [
            container
            for _, template in templates(documents)
            if selects(selector, labels_of(template))
            for container in containers(template)
        ]
        known = {port for container in taken for port in _ports(container)}
        found += [f"{title(one)}: {port}" for port in _asked(one) if port not in known]
    return found


def _ports(container: Document) -> set[Any]:
    return {
        name for one in container.get("ports", []) for name in (one["name"], one["containerPort"])
    }


def _probed(container: Document) -> Iterator[Any]:
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        if "httpGet" in container.get(probe, {}):
            yield container[probe]["httpGet"]["port"]


def _asked(one: Document) -> list[Any]:
    spec = one["spec"]
    match one["kind"]:
        case "Service":
            return [port.get("targetPort", port["port"]) for port in spec["ports"]]
        case "PodMonitoring":
            return [endpoint["port"] for endpoint in spec["endpoints"]]
    return []


def unresolved(documents: list[Document]) -> list[str]:
    """Return ConfigMaps, Secrets, claims, accounts, targets and volumes that are named and not there."""
    there = {(one["kind"], one["metadata"]["name"]) for one in documents}
    there |= {("Secret", name) for name in by_hand()}
    named = [
        *_in_pods(documents),
        *_in_specs(documents),
        *_of_tokens(documents),
        *_in_routes(documents),
    ]
    found = [f"{whose}: {kind}/{name}" for whose, kind, name in named if (kind, name) not in there]
    return found + _keys_missing(documents) + _mounts_missing(documents)


_Named = Iterator[tuple[str, str, str]]


def _in_pods(documents: list[Document]) -> _Named:
    for whose, template in templates(documents):
        spec = template["spec"]
        if "serviceAccountName" in spec:
            yield whose, "ServiceAccount", spec["serviceAccountName"]
        for volume in spec.get("volumes", []):
            yield from _in_volume(whose, volume)
    for whose, container in every_container(documents):
        for one in container.get("envFrom", []):
            yield whose, "ConfigMap", one["configMapRef"]["name"]
        for one in container.get("env", []):
            if reference := one.get("valueFrom", {}).get("secretKeyRef"):
                yield whose, "Secret", reference["name"]


def _in_volume(whose: str, volume: Document) -> _Named:
    if "configMap" in volume:
        yield whose, "ConfigMap", volume["configMap"]["name"]
    if "secret" in volume:
        yield whose, "Secret", volume["secret"]["secretName"]
    if "persistentVolumeClaim" in volume:
        yield whose, "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]
    if provider := volume.get("csi", {}).get("volumeAttributes", {}).get("secretProviderClass"):
        yield whose, "SecretProviderClass", provider


def _in_specs(documents: list[Document]) -> _Named:
    for one in documents:
        spec = one.get("spec", {})
        match one["kind"]:
            case "HorizontalPodAutoscaler" | "ScaledObject":
                target = spec["scaleTargetRef"]
                yield title(one), target.get("kind", "Deployment"), target["name"]
                for trigger in spec.get("triggers", []):
                    if reference := trigger.get("authenticationRef"):
                        yield title(one), "TriggerAuthentication", reference["name"]
            case "StatefulSet":
                yield title(one), "Service", spec["serviceName"]
            case "RoleBinding":
                yield title(one), one["roleRef"]["kind"], one["roleRef"]["name"]


def _of_tokens(documents: list[Document]) -> _Named:
    for one in documents:
        spec = one.get("spec", {})
        match one["kind"]:
            case "TriggerAuthentication":
                for reference in spec["secretTargetRef"]:
                    yield title(one), "Secret", reference["name"]
            case "PodMonitoring":
                for endpoint in spec["endpoints"]:
                    if credentials := endpoint.get("authorization", {}).get("credentials"):
                        yield title(one), "Secret", credentials["secret"]["name"]


def _in_routes(documents: list[Document]) -> _Named:
    for one in documents:
        spec = one.get("spec", {})
        if "targetRef" in spec:
            yield title(one), spec["targetRef"]["kind"], spec["targetRef"]["name"]
        if one["kind"] == "HTTPRoute":
            for parent in spec["parentRefs"]:
                yield title(one), "Gateway", parent["name"]
            for rule in spec["rules"]:
                for backend in rule.get("backendRefs", []):
                    yield title(one), "Service", backend["name"]


def _keys_missing(documents: list[Document]) -> list[str]:
    """Return keys of Secrets made by hand that are asked for and that nobody is told to make."""
    keys = by_hand()
    return [
        f"{whose}: the key {reference['key']} of {reference['name']}"
        for whose, container in every_container(documents)
        for one in container.get("env", [])
        if (reference := one.get("valueFrom", {}).get("secretKeyRef"))
        and reference["key"] not in keys.get(reference["name"], set())
    ]


def _mounts_missing(documents: list[Document]) -> list[str]:
    found = []
    for whose, template in templates(documents):
        there = {volume["name"] for volume in template["spec"].get("volumes", [])}
        for container in containers(template):
            mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
            found += [f"{whose}: the volume {name}" for name in sorted(mounted ^ there)]
    return [one for one in found if not one.startswith("StatefulSet/postgres: the volume data")]


def drawn_where(documents: list[Document]) -> list[str]:
    """Return addresses of inference in settings that the RayService does not answer at."""
    services = {
        (f"{one['metadata']['name']}-serve-svc", 8000) for one in of_kind(documents, "RayService")
    }
    return [
        address
        for one in of_kind(documents, "ConfigMap")
        for address in one["data"].get("ATELIER_INFERENCE_URL", "").split(",")
        if address and not _answered(address, services)
    ]


def _answered(address: str, services: set[tuple[str, int]]) -> bool:
    host, _, rest = address.removeprefix("http://").partition(":")
    return (host, int(rest.partition("/")[0] or 80)) in services
