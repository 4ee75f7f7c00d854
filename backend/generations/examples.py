"""What the API's documentation shows about generations: examples, errors, streams."""

from __future__ import annotations

from typing import Any, Final

from fastapi.openapi.models import Example

from backend.kit.errors import Problem

_AN_ID: Final = "01m7xxtq72y599hfwczfvzjz52"
_ANOTHER_ID: Final = "01m7xxv0t4c6rqkp8b1sd3gw9e"
SUBMITTED: Final[dict[str, Example]] = {
    "a prompt": {
        "summary": "Only a prompt; the model's defaults for the rest",
        "value": {"prompt": "a red striped dress on a cream background"},
    },
    "everything": {
        "summary": "Every field",
        "value": {
            "prompt": "a navy coat with gold buttons, pale pink background",
            "negative_prompt": "blurred",
            "width": 256,
            "height": 256,
            "num_inference_steps": 20,
            "guidance_scale": 4.0,
            "seed": 1234,
            "num_images": 2,
            "scheduler": "ddim",
            "priority": "normal",
        },
    },
    "img2img": {
        "summary": "Over a picture that you brought or may see; strength says how much is drawn anew",
        "value": {"prompt": "a navy coat", "init_image": _AN_ID, "strength": 0.6},
    },
    "inpaint": {
        "summary": "Only what is white in the mask, at full size, and put back into the picture",
        "value": {
            "prompt": "a puffed sleeve",
            "init_image": _AN_ID,
            "mask": _ANOTHER_ID,
            "strength": 0.9,
            "mask_blur": 8,
            "masked_area": "masked",
        },
    },
    "outpaint": {
        "summary": "The picture in the middle, both sides drawn anew",
        "value": {
            "prompt": "a red dress on a cream background",
            "init_image": _AN_ID,
            "strength": 1,
            "outpaint": {"left": 64, "right": 64},
        },
    },
    "upscale": {
        "summary": "Four times as wide and as high, drawn over tile by tile; width × height is that of a tile",
        "value": {"prompt": "a navy coat", "init_image": _AN_ID, "upscale": {"factor": 4}},
    },
    "resample": {
        "summary": "Plain enlarging: nothing is drawn, whatever the prompt says",
        "value": {
            "prompt": "a navy coat",
            "init_image": _AN_ID,
            "upscale": {"factor": 2, "method": "resample"},
        },
    },
    "scribble": {
        "summary": "By a shape, drawn as white lines on black; it has a say in the first four fifths of the steps",
        "value": {
            "prompt": "a linen summer dress",
            "control": [{"name": "scribble", "image": _AN_ID, "scale": 0.9, "end": 0.8}],
        },
    },
    "variation": {
        "summary": "A quarter of the way from one seed to another",
        "value": {
            "prompt": "a red striped dress on a cream background",
            "seed": 1234,
            "variation_strength": 0.25,
        },
    },
    "draft": {
        "summary": "A draft, with what the model's card says under `draft`; without these four fields it is drawn finely",
        "value": {
            "prompt": "a red striped dress on a cream background",
            "seed": 1234,
            "num_inference_steps": 4,
            "guidance_scale": 2.5,
            "scheduler": "dpmpp_2m",
            "decoder": "tiny",
        },
    },
}


def _problem(description: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"model": Problem, "description": description, "content": content}


ABSENT: Final[dict[int | str, dict[str, Any]]] = {404: _problem("No such generation of yours.")}
REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The generation this Idempotency-Key made before, or a dry run's price."},
    403: _problem("Your role does not generate, or you may not change what is in that gallery."),
    404: _problem(
        "No such gallery or parent image that you can open, or no such picture that you can draw over or by; "
        "`fields` names which."
    ),
    422: _problem("A value outside its limits; names field, limit and nearest good value."),
    429: _problem(
        "Too many queued and running, too many requests a minute (`rate_limited`), or the credits of a "
        "day or month are spent (`quota_exceeded`); Retry-After says when to try again."
    ),
    503: _problem(
        "The model is still loading, the whole queue is full (`queue_full`), too many submit at this "
        "moment (`busy`), or the studio is under maintenance (`maintenance`), which `detail` tells of; "
        "Retry-After says when to try again, where that is known."
    ),
}
CANCELED: Final[dict[int | str, dict[str, Any]]] = {
    404: _problem("No such generation of yours."),
    409: _problem("It has succeeded or failed already."),
}
WAITS_NO_MORE: Final[dict[int | str, dict[str, Any]]] = {
    404: _problem("No such generation of yours."),
    409: _problem("It runs or has ended; only what is queued can be paused, resumed or moved."),
}

_ONE = """: the first event says how it stands
event: generation
data: {"id": "01jd...", "state": "running", ...}
id: 1.0.0

event: progress
data: {"generation_id": "01jd...", "step": 5, "total": 20, "eta_s": 2.1}
id: 1.0.5
"""
_ALL = """event: snapshot
data: {"generations": [...], "previews": {"01jd...": {...}}}

event: wait
data: {"generation_id": "01jd...", "position": 2, "waiting_for": {"code": "others", ...}, ...}

event: preview
data: {"generation_id": "01jd...", "index": 0, "step": 5, "webp_base64": "..."}
id: 1.0.6
"""


def _stream(example: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {"text/event-stream": {"example": example}}}}


FOLLOWED: Final = {**_stream(_ONE), **ABSENT}
FOLLOWED_ALL: Final = _stream(_ALL)
