"""Pictures to ask about: an image of a studio in every form that strangers may meet it in, and those of others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from PIL import Image

from backend.kit.settings import Settings
from backend.provenance.authority import authority_of
from backend.provenance.claims import Claim
from backend.provenance.signing import Signer
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

API: Final = "/api/v1"
VERIFY: Final = f"{API}/verify"
PROMPT: Final = "a red dress for Ottilie"
IPTC: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
AI: Final = f"{IPTC}trainedAlgorithmicMedia"
CAMERA: Final = f"{IPTC}digitalCapture"
SIDE: Final = 512


def ask(person: Client, data: bytes) -> Any:
    """Ask about `data` as `person`; return the answer."""
    answer = person.post(VERIFY, files={"file": ("sketch.webp", data)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def saved(picture: Image.Image, kind: str = "PNG", **how: Any) -> bytes:
    """Return `picture` as a program without marks writes it."""
    out = BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def photo(side: int = SIDE) -> Image.Image:
    """Return a picture that nobody has marked."""
    return Image.radial_gradient("L").resize((side, side)).convert("RGB").rotate(9)


def xmp(source_type: str) -> bytes:
    """Return an XMP packet as other tools write it: the word as an attribute."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        f'ext:DigitalSourceType="{source_type}"/></rdf:RDF></x:xmpmeta>'
    ).encode()


def signed_elsewhere(folder: Path, data: bytes, source_type: str = AI) -> bytes:
    """Return the WebP `data` signed by the authority of another studio, whose data folder is `folder`."""
    claim = Claim(
        lookup=7,
        hidden=False,
        source_type=source_type,
        model="elsewhere",
        weights_sha256="0" * 64,
        software="Elsewhere 1",
    )
    signer = Signer(authority_of(Settings(data_dir=folder)))
    return signer.sign(data, "image/webp", claim)


@dataclass(frozen=True)
class Drawn:
    """An image that `owner` drew."""

    studio: Studio
    owner: Client
    id: str

    @classmethod
    def by(cls, studio: Studio, owner: Client, prompt: str = PROMPT, side: int = SIDE) -> Drawn:
        """Have `owner` draw."""
        drawn = studio.draw(owner, prompt, width=side, height=side)
        return cls(studio, owner, str(drawn["images"][0]["id"]))

    def content(self, **query: str) -> bytes:
        """Return a form of it that is handed out."""
        answer = self.owner.get(f"{API}/images/{self.id}/content", params=query)
        assert answer.status_code == 200, answer.text
        return answer.content

    @cached_property
    def file(self) -> bytes:
        """Its file, as its owner gets it."""
        return self.content(variant="full")

    @property
    def picture(self) -> Image.Image:
        """Its pixels."""
        return Image.open(BytesIO(self.file)).convert("RGB")
