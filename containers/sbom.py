"""Writes what an image is made of as CycloneDX 1.6, and holds it against that format's schema.

Not in it: libraries that a wheel carries inside (OpenBLAS, libpq, c2pa) and scripts that Gradio's wheel brings for browsers.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.spdx import fixup_id, is_expression
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from containers.contents import Part

VERSION: Final = SchemaVersion.V1_6


def written(name: str, version: str, digest: str, made: datetime, parts: list[Part]) -> str:
    """Return the bill of materials of one image as JSON; the same image has the same one.

    Raises:
        ValueError: the schema refuses it.
    """
    image = Component(
        name=f"atelier/{name}",
        version=version,
        type=ComponentType.CONTAINER,
        bom_ref=digest,
        purl=PackageURL("oci", name=name, version=digest),
    )
    bom = Bom(serial_number=uuid5(NAMESPACE_URL, digest), components=map(component, parts))
    bom.metadata.component = image
    bom.metadata.timestamp = made
    bom.register_dependency(image, bom.components)
    text = JsonV1Dot6(bom).output_as_string(indent=1)
    check(text)
    return text


def check(text: str) -> None:
    """Raise ValueError where `text` is not what CycloneDX says it is."""
    wrong = JsonStrictValidator(VERSION).validate_str(text)
    if wrong:
        raise ValueError(f"the schema of CycloneDX {VERSION.to_version()} refuses it: {wrong}")


def component(part: Part) -> Component:
    """Return a part as CycloneDX names it."""
    purl = address(part)
    return Component(
        name=part.name,
        version=part.version,
        type=ComponentType.LIBRARY,
        bom_ref=purl.to_string(),
        purl=purl,
        licenses=[licensed(part.license)] if part.license else (),
    )


def address(part: Part) -> PackageURL:
    """Return the package URL, by which scanners look up what is known of a version."""
    if part.kind != "deb":
        return PackageURL(part.kind, name=part.name, version=part.version)
    told = {"arch": part.arch, "distro": "debian-12"}
    if part.source != part.name:
        told["upstream"] = part.source
    return PackageURL("deb", "debian", part.name, part.version, told)


def licensed(said: str) -> DisjunctiveLicense | LicenseExpression:
    """Return a licence by its SPDX id where it is one, as an expression, or by the name that its authors gave."""
    known = fixup_id(said)
    if known:
        return DisjunctiveLicense(id=known)
    return LicenseExpression(said) if is_expression(said) else DisjunctiveLicense(name=said)
