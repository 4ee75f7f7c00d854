"""Pictures as each tool writes them: the same chunks, with the same names and the same shapes. All made here.

Each draws "a red dress" and stays away from "blurred", with values that tell one field from another.
"""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

PROMPT, NEGATIVE = "a red dress", "blurred"
INFOTEXT = (
    f"{PROMPT}\nNegative prompt: {NEGATIVE}\n"
    "Steps: 21, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 965400086, Size: 256x192, "
    "Model hash: 45dee52b, Model: dreamshaper_8, Clip skip: 2, "
    'Lora hashes: "castle: deadbeef, other: cafe", Version: v1.10.1'
)
SWARMUI: dict[str, Any] = {
    "sui_image_params": {
        "prompt": PROMPT,
        "negativeprompt": NEGATIVE,
        "model": "OfficialStableDiffusion/sd_xl_base_1.0",
        "seed": 1234,
        "steps": 21,
        "cfgscale": 6.5,
        "aspectratio": "4:3",
        "width": 256,
        "height": 192,
        "sampler": "euler_ancestral",
        "scheduler": "normal",
        "loras": ["castle"],
        "loraweights": ["0.8"],
        "swarm_version": "0.9.5.0",
    },
    "sui_extra_data": {"date": "2025-01-25", "generation_time": "4.84 sec"},
    "sui_models": [{"name": "sd_xl_base_1.0.safetensors", "param": "model", "hash": "0xd7a9"}],
}
FOOOCUS: dict[str, Any] = {
    "adm_guidance": "(1.5, 0.8, 0.3)",
    "base_model": "juggernautXL_v8Rundiffusion",
    "base_model_hash": "aeb7e9e689",
    "full_prompt": ["cinematic still a red dress . moody", "a red dress, highly detailed"],
    "full_negative_prompt": ["blurry", "watermark"],
    "guidance_scale": 4,
    "lora_combined_1": "sd_xl_offset_example-lora_1.0 : 0.1",
    "loras": [["sd_xl_offset_example-lora_1.0", 0.1, "4852686128"]],
    "metadata_scheme": "fooocus",
    "negative_prompt": NEGATIVE,
    "performance": "Speed",
    "prompt": PROMPT,
    "refiner_model": "None",
    "refiner_switch": 0.5,
    "resolution": "(256, 192)",
    "sampler": "dpmpp_2m_sde_gpu",
    "scheduler": "karras",
    "seed": "127589946317439009",
    "sharpness": 2,
    "steps": 30,
    "styles": "['Fooocus V2', 'Fooocus Enhance']",
    "version": "Fooocus v2.5.5",
}
INVOKEAI: dict[str, Any] = {
    "app_version": "5.4.2",
    "generation_mode": "txt2img",
    "positive_prompt": PROMPT,
    "negative_prompt": NEGATIVE,
    "width": 256,
    "height": 192,
    "seed": 77,
    "rand_device": "cpu",
    "cfg_scale": 6.5,
    "steps": 21,
    "scheduler": "euler_k",
    "model": {
        "key": "1f2e",
        "hash": "blake3:aa",
        "name": "scripted",
        "base": "sd-1",
        "type": "main",
    },
    "loras": [
        {"model": {"key": "9", "name": "castle", "base": "sd-1", "type": "lora"}, "weight": 0.75}
    ],
}
COMFYUI: dict[str, Any] = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 156680208700286,
            "steps": 21,
            "cfg": 6.5,
            "sampler_name": "dpmpp_2m",
            "scheduler": "karras",
            "denoise": 1.0,
            "model": ["10", 0],
            "positive": ["12", 0],
            "negative": ["7", 0],
            "latent_image": ["5", 0],
        },
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "v1-5-pruned.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 256, "height": 192, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["11", 0], "clip": ["10", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": NEGATIVE, "clip": ["10", 1]}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0]}, "is_changed": [float("nan")]},
    "10": {
        "class_type": "LoraLoader",
        "inputs": {"lora_name": "castle.safetensors", "strength_model": 0.8, "model": ["4", 0], "clip": ["4", 1]},
    },
    "11": {"class_type": "PrimitiveString", "inputs": {"value": PROMPT}},
    "12": {"class_type": "ConditioningSetArea", "inputs": {"strength": 1.0, "conditioning": ["6", 0]}},
}  # fmt: skip


def png(**texts: str) -> bytes:
    """Return a PNG with these texts."""
    said = PngInfo()
    for name, text in texts.items():
        said.add_text(name, text)
    return _saved("PNG", pnginfo=said)


def with_exif(kind: str, *, inside: dict[int, Any] | None = None, **tags: Any) -> bytes:
    """Return a picture with these Exif tags, those of `inside` in the directory that cameras use."""
    exif = Image.Exif()
    for number, value in tags.items():
        exif[int(number[1:], 16)] = value
    exif.get_ifd(0x8769).update(inside or {})
    return _saved(kind, exif=exif.tobytes())


def comment(text: str) -> bytes:
    """Return a `UserComment` as A1111 writes it."""
    return b"UNICODE\0" + text.encode("utf-16-be")


def a1111() -> bytes:
    return png(parameters=INFOTEXT)


def a1111_jpeg() -> bytes:
    return with_exif("JPEG", inside={0x9286: comment(INFOTEXT)})


def a1111_webp() -> bytes:
    return with_exif("WEBP", inside={0x9286: comment(INFOTEXT)})


def swarmui() -> bytes:
    return png(parameters=json.dumps(SWARMUI, indent=4))


def swarmui_jpeg() -> bytes:
    return with_exif("JPEG", _0x0110=json.dumps(SWARMUI))


def fooocus() -> bytes:
    return png(parameters=json.dumps(FOOOCUS), fooocus_scheme="fooocus")


def fooocus_webp() -> bytes:
    return with_exif("WEBP", _0x9286=json.dumps(FOOOCUS), _0x927C="fooocus")


def invokeai() -> bytes:
    return png(invokeai_metadata=json.dumps(INVOKEAI), invokeai_graph='{"nodes": {}}')


def comfyui() -> bytes:
    return png(prompt=json.dumps(COMFYUI), workflow='{"nodes": [{"id": 1}], "version": 0.4}')


def comfyui_webp() -> bytes:
    return with_exif(
        "WEBP", _0x0110=f"prompt:{json.dumps(COMFYUI)}", _0x010F='workflow:{"nodes": []}'
    )


def _saved(kind: str, **how: Any) -> bytes:
    out = BytesIO()
    Image.new("RGB", (16, 12), "red").save(out, kind, **how)
    return out.getvalue()
