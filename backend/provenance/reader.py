"""A program of its own: reads a manifest from the file on its input, which may be anybody's, and reports what it says.

    python -I ../kit/confined.py reader.py read CONTENT_TYPE ROOTS < any.webp 2> report.json
    python -I ../kit/confined.py reader.py keep CONTENT_TYPE < any.png > parent.c2pa 2> report.json

`ROOTS` is PEM. The report is one flat JSON object; what it says is somebody's words, and the states are those of
`reading.State`. Nothing is fetched: no manifest that lies elsewhere, no revocation list.
Imports c2pa and the standard library; knows nothing of the studio.
"""

from __future__ import annotations

import json
import sys
from io import BytesIO
from typing import Any, Final

import c2pa

LONGEST_WORDS: Final = 200
MOST_PROBLEMS: Final = 20
PARENT: Final = "parent"
OURS: Final = "org.atelier.image"
_CREDENTIAL: Final = ("signingCredential.", "claimSignature.outsideValidity", "timeStamp.")
"""What speaks against who signed, and not for a change of what was signed."""
_NONE: Final = "ManifestNotFound"


def context_of(
    roots: str, *, verify: bool = True, signer: c2pa.Signer | None = None
) -> c2pa.Context:
    """Return what c2pa works by: trust in `roots` (PEM) alone, no thumbnails, no network."""
    settings = {
        "trust": {"trust_anchors": roots} if roots else {},
        "verify": {
            "verify_after_reading": verify,
            "verify_after_sign": False,
            "verify_trust": True,
            "remote_manifest_fetch": False,
            "ocsp_fetch": False,
        },
        "builder": {"thumbnail": {"enabled": False}},
    }
    return c2pa.Context.from_dict(settings, signer=signer)


def archive_of(data: bytes, content_type: str, context: c2pa.Context) -> bytes:
    """Return `data` as the one ingredient of a manifest store (application/c2pa): what its own manifest is worth, and that.

    Raises:
        c2pa.C2paError: It cannot be read.
    """
    builder = c2pa.Builder({}, context=context)
    words = {"relationship": "parentOf", "label": PARENT}
    builder.add_ingredient(words, content_type, BytesIO(data))
    out = BytesIO()
    builder.write_ingredient_archive(PARENT, out)
    return out.getvalue()


def failures_in(store: dict[str, Any], *, of_parents_alone: bool = False) -> list[str]:
    """Return the codes of what is wrong with a store; of a parent only what was not yet known when it was taken in."""
    results = store.get("validation_results") or {}
    those = [] if of_parents_alone else [results.get("activeManifest") or {}]
    those += [one["validationDeltas"] for one in results.get("ingredientDeltas") or []]
    return [failure["code"] for one in those for failure in one.get("failure") or []]


def is_whole(failures: list[str]) -> bool:
    """Return whether nothing was changed since it was signed, whoever signed it."""
    return all(code.startswith(_CREDENTIAL) for code in failures)


def described(data: bytes, content_type: str, roots: str) -> dict[str, Any]:
    """Return the report about the manifest in `data`."""
    try:
        with c2pa.Reader(content_type, BytesIO(data), context=context_of(roots)) as reader:
            return _report(json.loads(reader.json()))
    except c2pa.C2paError as error:
        if str(error).startswith(_NONE):
            return {"state": "none"}
        return {"state": "unreadable", "problems": [str(error)[:LONGEST_WORDS]]}


def kept(data: bytes, content_type: str) -> bytes | None:
    """Return `archive_of` a file with a manifest that can be read, None of another. It trusts nobody, and says so in it."""
    context = context_of("")
    try:
        archive = archive_of(data, content_type, context)
        with c2pa.Reader("application/c2pa", BytesIO(archive), context=context) as reader:
            store = json.loads(reader.json())
    except c2pa.C2paError:
        return None
    ingredients = store["manifests"][store["active_manifest"]].get("ingredients") or [{}]
    return archive if ingredients[0].get("active_manifest") else None


def _report(store: dict[str, Any]) -> dict[str, Any]:
    manifest = store["manifests"][store["active_manifest"]]
    failures = failures_in(store)
    signature = manifest.get("signature_info") or {}
    parents = [one.get("relationship") for one in manifest.get("ingredients") or []]
    return {
        "state": _state(store, failures),
        "signer": _words(signature.get("common_name") or signature.get("issuer")),
        "signed_at": _words(signature.get("time")),
        "source_type": _words(source_type_in(manifest)),
        "software": _words(software_in(manifest)),
        "lookup": _words(assertion_in(manifest, OURS).get("lookup")),
        "parents": parents.count("parentOf"),
        "problems": [code[:LONGEST_WORDS] for code in dict.fromkeys(failures)][:MOST_PROBLEMS],
    }


def _state(store: dict[str, Any], failures: list[str]) -> str:
    if not is_whole(failures):
        return "changed"
    # What is said of a parent's signer is not said of this one's.
    active = store["validation_results"]["activeManifest"]
    said = {one["code"] for one in active.get("success") or []}
    return (
        "trusted"
        if "signingCredential.trusted" in said and not active.get("failure")
        else "unknown_signer"
    )


def assertion_in(manifest: dict[str, Any], label: str) -> dict[str, Any]:
    """Return what the assertion `label` of a manifest says, {} if there is none."""
    for one in manifest.get("assertions") or []:
        if one.get("label") == label and isinstance(one.get("data"), dict):
            found: dict[str, Any] = one["data"]
            return found
    return {}


def source_type_in(manifest: dict[str, Any]) -> str | None:
    """Return IPTC's word in the last action that has one."""
    actions = assertion_in(manifest, "c2pa.actions.v2") or assertion_in(manifest, "c2pa.actions")
    types = [
        one["digitalSourceType"]
        for one in actions.get("actions") or []
        if isinstance(one, dict) and one.get("digitalSourceType")
    ]
    return str(types[-1]) if types else None


def software_in(manifest: dict[str, Any]) -> str | None:
    """Return name and version of what made a manifest."""
    infos = manifest.get("claim_generator_info") or []
    if infos and isinstance(infos[0], dict) and infos[0].get("name"):
        return f"{infos[0]['name']} {infos[0].get('version') or ''}".strip()
    found: str | None = manifest.get("claim_generator")
    return found


def _words(said: object) -> str | None:
    return None if said is None else str(said)[:LONGEST_WORDS]


def main(what: str, content_type: str, roots: str = "") -> int:
    """Read the input; return the exit status."""
    data = sys.stdin.buffer.read()
    report: dict[str, Any] = {}
    try:
        if what == "read":
            report = described(data, content_type, roots)
        elif archive := kept(data, content_type):
            sys.stdout.buffer.write(archive)
    except MemoryError:
        report = {"state": "unreadable", "problems": ["takes more memory to read than is given"]}
    sys.stderr.write("\n" + json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
