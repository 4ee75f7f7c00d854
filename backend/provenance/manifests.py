"""What stands in our manifests, and how a claim and a parent are read back from one. Knows c2pa's JSON and no keys."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any, Final

import c2pa

from backend.provenance.claims import Claim
from backend.provenance.reader import (
    OURS,
    PARENT,
    assertion_in,
    failures_in,
    is_whole,
    software_in,
    source_type_in,
)

C2PA: Final = "application/c2pa"
_STORE: Final = "parent.c2pa"
_GIVEN_ON: Final = ("format", "instance_id", "relationship", "active_manifest", "validation_results")  # fmt: skip
_NOT_ASKED: Final = "signingCredential.ocsp.skipped"


@dataclass(frozen=True)
class Ingredient:
    """A parent as c2pa takes it in: what is said of it, and its manifest store where that goes along."""

    words: dict[str, Any]
    store: bytes | None = None


@dataclass(frozen=True)
class Looking:
    """What c2pa reads by: `verifying` everything, or `only` looking, in a third of the time."""

    verifying: c2pa.Context
    only: c2pa.Context


@dataclass(frozen=True)
class Said:
    """What a manifest of ours says: enough to make another that says the same. Whether the file is unchanged: `is_whole`."""

    claim: Claim
    parent: Ingredient | None
    is_whole: bool


def definition_of(claim: Claim, parent: Ingredient | None) -> dict[str, Any]:
    """Return the manifest that says `claim`, as c2pa's builder takes it. No prompt, no person, no time."""
    name, _, version = claim.software.rpartition(" ")
    ours = {
        "lookup": f"{claim.lookup:08x}",
        "hidden": claim.hidden,
        "model": claim.model,
        "weights_sha256": claim.weights_sha256,
    }
    said = ("c2pa.actions.v2", {"actions": _actions(claim, parent)}), (OURS, ours)
    return {
        "claim_generator_info": [{"name": name or version, "version": version}],
        "assertions": [{"label": label, "data": data, "created": True} for label, data in said],
        "ingredients": [parent.words] if parent else [],
    }


def builder_of(claim: Claim, parent: Ingredient | None, context: c2pa.Context) -> c2pa.Builder:
    """Return a builder that signs such a manifest, once."""
    builder = c2pa.Builder(definition_of(claim, parent), context=context)
    if parent and parent.store:
        builder.add_resource(_STORE, BytesIO(parent.store))
    return builder


def kept_in(archive: bytes, context: c2pa.Context) -> Ingredient | None:
    """Return the parent that `reading.kept_of` kept, None if it brings no manifest or was changed since.

    Raises:
        c2pa.C2paError: It cannot be read.
    """
    with c2pa.Reader(C2PA, BytesIO(archive), context=context) as reader:
        store = json.loads(reader.json())
        if not is_whole(failures_in(store, of_parents_alone=True)):
            return None
        found = _ingredient_of(reader, store)
    return found if found and found.store else None


def parent_of(file: bytes, content_type: str, looking: Looking) -> Ingredient | None:
    """Return a file of ours as a parent, with its manifest; None if it has parents itself.

    Raises:
        c2pa.C2paError: It cannot be read.
    """
    with c2pa.Reader(content_type, BytesIO(file), context=looking.only) as reader:
        manifests = json.loads(reader.json())["manifests"].values()
        if any(one.get("ingredients") for one in manifests):
            return None
    with c2pa.Reader(content_type, BytesIO(file), context=looking.verifying) as reader:
        store = json.loads(reader.json())
        label = store["active_manifest"]
        words = {
            "format": content_type,
            "instance_id": store["manifests"][label]["instance_id"],
            "relationship": "parentOf",
            "active_manifest": label,
            "validation_results": store["validation_results"],
            "manifest_data": {"identifier": label},
        }
        return _with_store(reader, words)


def bare(data: bytes, content_type: str) -> Ingredient:
    """Return a parent without its manifest, known by the digest of its file."""
    return Ingredient(
        {
            "title": "Parent",
            "label": PARENT,
            "format": content_type,
            "instance_id": f"sha256:{sha256(data).hexdigest()}",
            "relationship": "parentOf",
        }
    )


def said_by(file: bytes, content_type: str, context: c2pa.Context) -> Said:
    """Return what the manifest of a file of ours says.

    Raises:
        c2pa.C2paError: It has none, or it cannot be read.
        KeyError: It is not one of ours.
    """
    with c2pa.Reader(content_type, BytesIO(file), context=context) as reader:
        store = json.loads(reader.json())
        manifest = store["manifests"][store["active_manifest"]]
        ours = assertion_in(manifest, OURS)
        claim = Claim(
            lookup=int(ours["lookup"], 16),
            hidden=bool(ours["hidden"]),
            source_type=source_type_in(manifest) or "",
            model=str(ours["model"]),
            weights_sha256=str(ours["weights_sha256"]),
            software=software_in(manifest) or "",
        )
        return Said(claim, _ingredient_of(reader, store), is_whole(failures_in(store)))


def _actions(claim: Claim, parent: Ingredient | None) -> list[dict[str, Any]]:
    if parent is None:
        return [{"action": "c2pa.created", "digitalSourceType": claim.source_type}]
    return [
        {"action": "c2pa.opened", "parameters": {"ingredientIds": [PARENT]}},
        {"action": "c2pa.edited", "digitalSourceType": claim.source_type},
    ]


def _ingredient_of(reader: c2pa.Reader, store: dict[str, Any]) -> Ingredient | None:
    """Return the parent of the active manifest, with its own store."""
    found = store["manifests"][store["active_manifest"]].get("ingredients") or []
    return _with_store(reader, found[0]) if found else None


def _with_store(reader: c2pa.Reader, found: dict[str, Any]) -> Ingredient:
    """Return the ingredient `found` in `reader`, and everything that was found of it."""
    words: dict[str, Any] = {name: found[name] for name in _GIVEN_ON if name in found}
    words |= {"title": "Parent", "label": PARENT}
    kept = found.get("manifest_data")
    if not kept:
        return Ingredient(words)
    _shorten(words.get("validation_results") or {})
    out = BytesIO()
    reader.resource_to_stream(kept["identifier"], out)
    words["manifest_data"] = {"format": C2PA, "identifier": _STORE}
    return Ingredient(words, out.getvalue())


def _shorten(results: dict[str, Any]) -> None:
    """Leave the codes: c2pa's English beside each is a kilobyte. That we look at no revocation list is our own doing."""
    those = [results.get("activeManifest") or {}]
    those += [one["validationDeltas"] for one in results.get("ingredientDeltas") or []]
    for one in those:
        for kind, statuses in one.items():
            one[kind] = [
                {name: said for name, said in status.items() if name != "explanation"}
                for status in statuses
                if status["code"] != _NOT_ASKED
            ]
