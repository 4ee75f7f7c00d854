"""What a file says about itself: the AI mark, the settings as A1111 writes them, and as we do.

* XMP `Iptc4xmpExt:DigitalSourceType` = trainedAlgorithmicMedia: made by a model; where a part of a given picture was
  kept, compositeWithTrainedAlgorithmicMedia, IPTC's word for inpainting and outpainting. What was only resampled is
  what it was before: an upload, which says nothing of itself, is then algorithmicallyEnhanced. Never taken out.
* Exif `UserComment`: the infotext that A1111 and its kin read back.
* XMP `atelier:generation`: our own JSON, which says everything but the ids of what was drawn over and by (`images.ops`).

Of a prompt with wildcards all of them say the words that were drawn, and beside them the template.

Writes text and bytes; knows neither rows nor storage. Reading other people's dialects is not here.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from xml.sax.saxutils import escape, unescape

from PIL import Image as Pillow
from pydantic import BaseModel, ConfigDict, Field

from backend.images import webp
from backend.images.ops import op_of, without_pictures
from backend.images.schemas import Op, Prompts
from backend.images.shapes import ShapeSaid, said_of, words_of_shapes, words_of_upscale
from backend.images.webp import WebP
from inference.protocol import (
    AROUND_THE_MASK,
    Decoder,
    GenerationParameters,
    Margins,
    MaskedArea,
    ModelCard,
    Scheduler,
    Upscale,
    UpscaleMethod,
    read_prompt,
)

_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED_ALGORITHMIC_MEDIA = f"{_SOURCE_TYPES}trainedAlgorithmicMedia"
COMPOSITE = f"{_SOURCE_TYPES}compositeWithTrainedAlgorithmicMedia"
ENHANCED = f"{_SOURCE_TYPES}algorithmicallyEnhanced"
NAMESPACE = "https://atelier.invalid/ns/generation/1/"
_EXIF_IFD, _USER_COMMENT, _SOFTWARE = 0x8769, 0x9286, 0x0131
_SHORT_HASH = 10
TINY_DECODER = "TAESD"  # what A1111 calls a decoder of this kind, whoever trained it
_UNICODE = b"UNICODE\0"
_GENERATION = re.compile("<atelier:generation>(.*?)</atelier:generation>", re.DOTALL)
_SOURCE_TYPE = re.compile("<Iptc4xmpExt:DigitalSourceType>([^<]*)<")

SAMPLER_NAMES = {
    Scheduler.DDIM: "DDIM",
    Scheduler.EULER: "Euler",
    Scheduler.EULER_KARRAS: "Euler Karras",
    Scheduler.EULER_A: "Euler a",
    Scheduler.DPMPP_2M: "DPM++ 2M",
    Scheduler.DPMPP_2M_KARRAS: "DPM++ 2M Karras",
    Scheduler.LCM: "LCM",
    Scheduler.TCD: "TCD",
}


class Provenance(BaseModel):
    """Where one image came from: enough to draw it again, and to find its row.

    Which pictures it was drawn over and by its row knows; here stand how, whether with a mask, the margins, and so on.
    `enlarged` is IPTC's word for the picture that was made larger, where nothing else was done to it.
    """

    model_config = ConfigDict(frozen=True)

    generation_id: str
    index: int
    parameters: GenerationParameters
    op: Op | None = None
    masked: bool = False
    outpaint: Margins | None = None
    upscale: Upscale | None = None
    control: list[ShapeSaid] = []
    enlarged: str = Field(default=ENHANCED, exclude=True)
    template: Prompts | None = Field(default=None, exclude_if=lambda template: template is None)
    weights_sha256: str
    software: str
    loras_sha256: dict[str, str] = {}

    @property
    def source_type(self) -> str:
        """IPTC's word for where it comes from."""
        if self.upscale and self.upscale.method is UpscaleMethod.RESAMPLE:
            return self.enlarged
        return COMPOSITE if self.op in {Op.INPAINT, Op.OUTPAINT} else TRAINED_ALGORITHMIC_MEDIA


def provenance_of(  # noqa: PLR0913 - all that a file says
    parameters: GenerationParameters,
    card: ModelCard,
    *,
    generation_id: str,
    index: int,
    template: Prompts | None = None,
    enlarged: str = ENHANCED,
) -> Provenance:
    """Return what the file will say; `parameters` are those of this one image, with the words drawn from `template`."""
    return Provenance(
        generation_id=generation_id,
        index=index,
        parameters=without_pictures(parameters),
        op=op_of(parameters),
        masked=parameters.mask is not None,
        outpaint=parameters.outpaint,
        upscale=parameters.upscale,
        control=said_of(parameters, card),
        enlarged=enlarged,
        template=template,
        weights_sha256=card.weights_sha256,
        software=software(),
        loras_sha256=_digests(parameters, card),
    )


def _digests(parameters: GenerationParameters, card: ModelCard) -> dict[str, str]:
    """Return the digests of the LoRAs that were drawn with; one may be gone from the card since."""
    known = {lora.name: lora.sha256 for lora in card.loras}
    return {use.name: known.get(use.name, "") for use in parameters.loras_used if use.scale}


def software() -> str:
    """Return our name and version."""
    return f"Atelier {version('atelier')}"


def marked(picture: WebP, provenance: Provenance) -> WebP:
    """Return `picture` saying everything: AI mark, infotext and our JSON."""
    comment = _exif(infotext(provenance))
    return picture.with_metadata(exif=comment, xmp=_xmp(_json(provenance), provenance.source_type))


def ai_mark(source_type: str = TRAINED_ALGORITHMIC_MEDIA) -> bytes:
    """Return the XMP packet that says where the picture comes from, as a rule from a model, and nothing else."""
    return _xmp(None, source_type)


def cleaned(picture: WebP) -> WebP:
    """Return `picture` without prompt and settings; that a model made it stays written in it."""
    return picture.with_metadata(exif=None, xmp=ai_mark(source_type_in(picture.xmp or b"")))


def source_type_in(xmp: bytes) -> str:
    """Return IPTC's word from an XMP packet of ours."""
    found = _SOURCE_TYPE.search(xmp.decode())
    return found[1] if found and found[1] in {COMPOSITE, ENHANCED} else TRAINED_ALGORITHMIC_MEDIA


def source_type_of(file: bytes) -> str:
    """Return IPTC's word for a picture of ours; for an upload, whose file says nothing, that of what is made of it."""
    xmp = webp.parse(file).xmp
    return source_type_in(xmp) if xmp else ENHANCED


def comment_in(picture: Pillow.Image) -> str | None:
    """Return the infotext of a file that we marked, None where there is none."""
    comment = picture.getexif().get_ifd(_EXIF_IFD).get(_USER_COMMENT)
    return comment.removeprefix(_UNICODE).decode("utf-16-be") if comment else None


def generation_in(xmp: bytes) -> str | None:
    """Return our own JSON from an XMP packet of ours, None where there is none."""
    found = _GENERATION.search(xmp.decode())
    return unescape(found[1]) if found else None


def weights_in(xmp: bytes) -> str:
    """Return the digest of the model that drew, from an XMP packet of ours; empty where it is said no more."""
    told = generation_in(xmp)
    return str(json.loads(told).get("weights_sha256", "")) if told else ""


def as_jpeg_has_it(exif: bytes) -> bytes:
    """Return an Exif block with the prefix that JPEG puts before it, and WebP does not."""
    return b"Exif\x00\x00" + exif.removeprefix(b"Exif\x00\x00") if exif else b""


def infotext(provenance: Provenance) -> str:
    """Return the settings as A1111 writes them: prompt, negative prompt, `key: value` pairs."""
    parameters = provenance.parameters
    lines = [_with_tags(parameters)]
    if parameters.negative_prompt:
        lines.append(f"Negative prompt: {parameters.negative_prompt}")
    pairs = {
        "Steps": str(parameters.num_inference_steps),
        "Sampler": SAMPLER_NAMES[parameters.scheduler],
        "CFG scale": f"{parameters.guidance_scale:g}",
        "Seed": str(parameters.seed),
        "Size": f"{parameters.width}x{parameters.height}",
        "Model hash": provenance.weights_sha256[:_SHORT_HASH],
        "Model": parameters.model,
        "VAE Decoder": TINY_DECODER if parameters.decoder is Decoder.TINY else "",
        **_of_the_op(provenance),
        "Lora hashes": ", ".join(
            f"{name}: {digest[:_SHORT_HASH]}" for name, digest in provenance.loras_sha256.items()
        ),
        "RNG": "CPU",
        "Version": provenance.software,
        **_templates(provenance.template),
    }
    lines.append(", ".join(f"{key}: {_quoted(value)}" for key, value in pairs.items() if value))
    return "\n".join(lines)


def _of_the_op(provenance: Provenance) -> dict[str, str]:
    """Return what A1111 writes of an image drawn over a picture or by a shape, and of a variation."""
    parameters, pairs = provenance.parameters, dict[str, str]()
    if parameters.variation_strength:
        pairs["Variation seed"] = str(parameters.variation_seed)
        pairs["Variation seed strength"] = f"{parameters.variation_strength:g}"
    resampled = provenance.upscale and provenance.upscale.method is UpscaleMethod.RESAMPLE
    if provenance.op not in {None, Op.VARIATION, Op.CONTROL} and not resampled:
        pairs["Denoising strength"] = f"{parameters.strength:g}"
    if provenance.masked:
        pairs["Mask blur"] = str(parameters.mask_blur)
        if parameters.invert_mask:
            pairs["Mask mode"] = "Inpaint not masked"
        if parameters.masked_area is MaskedArea.MASKED:
            pairs["Inpaint area"] = "Only masked"
            pairs["Masked area padding"] = str(AROUND_THE_MASK)
    shapes = words_of_shapes(provenance.control, parameters.fit)
    return pairs | words_of_upscale(provenance.upscale) | shapes


def _templates(template: Prompts | None) -> dict[str, str]:
    """Return what sd-dynamic-prompts writes into an infotext."""
    if template is None:
        return {}
    avoided = template.negative_prompt
    return {"Template": template.prompt} | ({"Negative Template": avoided} if avoided else {})


def _with_tags(parameters: GenerationParameters) -> str:
    """Return the prompt with a tag for each LoRA that was chosen beside it: others know no field for them."""
    typed = {use.name for use in read_prompt(parameters.prompt).loras}
    beside = (use for use in parameters.loras if use.name not in typed and use.scale)
    return " ".join([parameters.prompt, *(use.tag for use in beside)])


def _quoted(value: str) -> str:
    """Quote a value that would break the line of pairs, the way its readers undo it."""
    return json.dumps(value, ensure_ascii=False) if set(value) & set(",:\n") else value


def _exif(comment: str) -> bytes:
    exif = Pillow.Exif()
    exif[_SOFTWARE] = software()
    exif.get_ifd(_EXIF_IFD)[_USER_COMMENT] = _UNICODE + comment.encode("utf-16-be")
    # In WebP the block starts with the TIFF header; JPEG's prefix would be a second start.
    return bytes(exif.tobytes()).removeprefix(b"Exif\x00\x00")


def _json(provenance: Provenance) -> str:
    """Return plain ASCII, so that no character of a prompt can be one that XML forbids."""
    return json.dumps(provenance.model_dump(mode="json"))


def _xmp(generation: str | None, source_type: str) -> bytes:
    own = (
        ""
        if generation is None
        else f"<atelier:generation>{escape(generation)}</atelier:generation>"
    )
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about=""'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        f' xmlns:atelier="{NAMESPACE}">'
        f"<Iptc4xmpExt:DigitalSourceType>{source_type}</Iptc4xmpExt:DigitalSourceType>"
        f"<xmp:CreatorTool>{escape(software())}</xmp:CreatorTool>{own}"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="r"?>'
    ).encode()
