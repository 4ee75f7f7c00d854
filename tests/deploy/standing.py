"""What keeps the studio up while machines and versions change, and who may talk to whom."""

from __future__ import annotations

from tests.deploy.rendering import Document, of_kind, templates, title

_STANDING = ("Deployment", "StatefulSet")
_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def selects(selector: Document, labels: Document) -> bool:
    """Return whether a label selector takes what bears `labels`; an empty one takes everything."""
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for one in selector.get("matchExpressions", []):
        inside = labels.get(one["key"]) in one.get("values", [])
        if {"In": not inside, "NotIn": inside}[one["operator"]]:
            return False
    return True


def labels_of(template: Document) -> Document:
    """Return the labels of a pod."""
    found: Document = template.get("metadata", {}).get("labels", {})
    return found


def unprobed(documents: list[Document]) -> list[str]:
    """Return containers of what stays that nobody asks whether they live."""
    return [
        f"{title(document)}/{container['name']}: no {probe}"
        for document in of_kind(documents, *_STANDING)
        for container in document["spec"]["template"]["spec"]["containers"]
        for probe in _PROBES
        if probe not in container
    ]


def unguarded(documents: list[Document]) -> list[str]:
    """Return what stays, and Ray's pods, where no disruption budget or more than one speaks for it."""
    budgets = [one["spec"]["selector"] for one in of_kind(documents, "PodDisruptionBudget")]
    return [
        f"{whose}: {len(those)} disruption budgets"
        for whose, template in templates(documents)
        if whose.startswith((*_STANDING, "RayService"))
        and len(those := [one for one in budgets if selects(one, labels_of(template))]) != 1
    ]


def uncountable(documents: list[Document]) -> list[str]:
    """Return budgets over Ray's pods that Kubernetes cannot reckon with, and so lets no pod go by.

    A RayCluster has no scale subresource: there, only a whole number of pods that stay can be asked for.
    """
    rays = [labels_of(one) for whose, one in templates(documents) if whose.startswith("RayService")]
    return [
        f"{title(one)}: wants minAvailable as a whole number"
        for one in of_kind(documents, "PodDisruptionBudget")
        if any(selects(one["spec"]["selector"], labels) for labels in rays)
        and not isinstance(one["spec"].get("minAvailable"), int)
    ]


def unscaled(documents: list[Document]) -> list[str]:
    """Return deployments that nothing scales, unless they say that they are one; and those that two scale."""
    scaled = [
        one["spec"]["scaleTargetRef"]["name"]
        for one in of_kind(documents, "HorizontalPodAutoscaler", "ScaledObject")
    ]
    return [
        f"{title(document)}: scaled by {scaled.count(document['metadata']['name'])}"
        for document in of_kind(documents, "Deployment")
        if scaled.count(document["metadata"]["name"])
        != (0 if "replicas" in document["spec"] else 1)
    ]


def reachable(documents: list[Document]) -> list[str]:
    """Return pods that nothing is denied, and pods that no rule of their own allows anything."""
    policies = of_kind(documents, "NetworkPolicy")
    denied = [
        one["spec"]
        for one in policies
        if not one["spec"].get("ingress") and not one["spec"].get("egress")
    ]
    if {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} not in denied:
        return ["no policy denies everything to everybody"]
    own = [one["spec"] for one in policies if one["spec"]["podSelector"]]
    return [
        f"{whose}: no policy of its own"
        for whose, template in templates(documents)
        if not any(selects(one["podSelector"], labels_of(template)) for one in own)
    ]


def open_to_all(documents: list[Document]) -> list[str]:
    """Return rules that let anybody in: an ingress without a `from`, or from every address."""
    return [
        f"{title(one)}: lets everybody in"
        for one in of_kind(documents, "NetworkPolicy")
        for rule in one["spec"].get("ingress", [])
        if not rule.get("from")
        or any(
            peer.get("ipBlock", {}).get("cidr") == "0.0.0.0/0"
            or peer.get("namespaceSelector") == {}
            for peer in rule["from"]
        )
    ]
