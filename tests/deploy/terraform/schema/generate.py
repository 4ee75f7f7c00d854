"""Write google-6.50.json anew: `python -m tests.deploy.terraform.schema.generate FOLDER`.

FOLDER holds the unpacked wheel cdktf-cdktf-provider-google 16.12.1 (hashicorp/google 6.50.0), whose TypeScript names
every argument with its type. It is the way for whoever reaches PyPI and no Terraform registry. With a registry the
file is simply `terraform providers schema -json`, in the same form. See README.md for what is guessed.
"""

from __future__ import annotations

import json
import re
import sys
import tarfile
from pathlib import Path
from typing import Any

SOURCE = "registry.terraform.io/hashicorp/google"
TARGET = Path(__file__).with_name("google-6.50.json")
KINDS = Path(__file__).with_name("kinds.txt")
# Google fills these in where a configuration leaves them out.
FILLED_IN = {"id", "project", "name", "location", "region", "address"}
PRIMITIVES = {"string": "string", "number": "number", "boolean": "bool"}
INTERFACE = re.compile(r"export interface (\w+)(?: extends ([^{]+))? \{\n(.*?)\n\}", re.DOTALL)
PROPERTY = re.compile(r"/\*\*(.*?)\*/\s+readonly (\w+)(\??): ((?:\{.*?\}|[^;{]+)+);", re.DOTALL)
MEMBER = re.compile(r"package/lib/([^/]+)/(index|index-structs/.+)\.(d\.ts|js)")
COMPUTED = re.compile(r"this\.get(String|Number|Boolean|List|StringMap)Attribute\('(\w+)'\)")
COMPUTED_TYPES: dict[str, Any] = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "List": ["list", "string"],
    "StringMap": ["map", "string"],
}


class Kind:
    """One resource or data source, from its declarations and its code."""

    def __init__(self, declared: str, code: str) -> None:
        found = INTERFACE.findall(declared)
        self.interfaces = {name: body for name, _, body in found}
        self.config = next(
            name for name, base, _ in found if base.startswith("cdktf.TerraformMetaArguments")
        )
        self.sets = set(re.findall(r'^ {12}(\w+): \{\n(?:[^}]*?)type: "set"', code, re.MULTILINE))
        self.own = code[code.rfind("extends cdktf.Terraform") :]
        self.name = re.findall(r'tfResourceType = "(\w+)"', code)[-1]

    def schema(self) -> dict[str, Any]:
        """Return it as terraform writes it."""
        block = self._block(self.config)
        attributes = block["attributes"]
        for name in FILLED_IN & attributes.keys():
            if attributes[name].get("optional"):
                attributes[name]["computed"] = True
        for kind, name in COMPUTED.findall(self.own):
            attributes.setdefault(name, {"type": COMPUTED_TYPES[kind], "computed": True})
        for name in re.findall(r'new \w+List\(this, "(\w+)", (?:true|false)\)', self.own):
            if name not in block["block_types"]:
                attributes.setdefault(name, {"type": ["list", "dynamic"], "computed": True})
        attributes.setdefault("id", {"type": "string", "optional": True, "computed": True})
        return {"version": 0, "block": block}

    def _block(self, interface: str) -> dict[str, Any]:
        attributes: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        for doc, word, optional, written in PROPERTY.findall(self.interfaces[interface]):
            named = re.findall(r"#(\w+) \w+#", doc)
            name = named[0] if named else re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", word).lower()
            kind = written.strip().replace(" | cdktf.IResolvable", "")
            if kind.removesuffix("[]") in self.interfaces:
                blocks[name] = self._nested(name, kind, required=not optional)
            else:
                presence = {"optional": True} if optional else {"required": True}
                attributes[name] = {"type": _type(kind)} | presence
        return {"attributes": attributes, "block_types": blocks}

    def _nested(self, name: str, kind: str, *, required: bool) -> dict[str, Any]:
        inner = {"block": self._block(kind.removesuffix("[]"))}
        if name == "timeouts":
            return inner | {"nesting_mode": "single"}
        counts = {"min_items": int(required), "max_items": 0 if kind.endswith("[]") else 1}
        return inner | counts | {"nesting_mode": "set" if name in self.sets else "list"}


def _type(written: str) -> Any:
    if written in PRIMITIVES:
        return PRIMITIVES[written]
    if written.removesuffix("[]") in PRIMITIVES:
        return ["list", PRIMITIVES[written.removesuffix("[]")]]
    if found := re.search(r"\[key: string\]: (\w+)", written):
        return ["map", PRIMITIVES[found[1]]]
    return "dynamic"


def kinds(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the schemas of what kinds.txt lists."""
    wanted = KINDS.read_text().split()
    texts = _texts(next(folder.rglob("provider-google@*.jsii.tgz")), set(wanted))
    out: dict[str, dict[str, Any]] = {"resource_schemas": {}, "data_source_schemas": {}}
    for word in wanted:
        kind = Kind(texts[word, "d.ts"], texts[word, "js"])
        part = "data_source_schemas" if word.startswith("data-") else "resource_schemas"
        out[part][kind.name] = kind.schema()
    return out


def _texts(archive: Path, wanted: set[str]) -> dict[tuple[str, str], str]:
    """Return declarations and code of each kind: those of its blocks first, its own last."""
    parts: dict[tuple[str, str], list[tuple[bool, str]]] = {}
    with tarfile.open(archive) as opened:
        for member in opened:
            found = MEMBER.fullmatch(member.name)
            if found and found[1] in wanted and (file := opened.extractfile(member)):
                own = found[2] == "index"
                parts.setdefault((found[1], found[3]), []).append((own, file.read().decode()))
    return {key: "\n".join(text for _, text in sorted(some)) for key, some in parts.items()}


def provider() -> dict[str, Any]:
    """Return the schema of the provider block, as far as anybody here uses it."""
    strings = ("project", "region", "zone", "billing_project", "impersonate_service_account")
    attributes: dict[str, Any] = {name: {"type": "string", "optional": True} for name in strings}
    attributes["user_project_override"] = {"type": "bool", "optional": True}
    attributes["default_labels"] = {"type": ["map", "string"], "optional": True}
    return {"version": 0, "block": {"attributes": attributes}}


if __name__ == "__main__":
    schema = {"provider": provider()} | kinds(Path(sys.argv[1]))
    whole = {"format_version": "1.0", "provider_schemas": {SOURCE: schema}}
    TARGET.write_text(json.dumps(whole, separators=(",", ":"), sort_keys=True) + "\n")
