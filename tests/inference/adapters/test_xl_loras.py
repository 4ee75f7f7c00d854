"""LoRAs of SDXL: both text encoders and the UNet, by every name that programs give their parts, against merged weights."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from inference.adapters.blocks import by_diffusers
from inference.protocol import Scheduler
from inference.solvers import scheduler_for
from tests.fixtures.bench import Bench, build
from tests.fixtures.loras import ALPHA, LORA_TABLE, RANK, merge
from tests.fixtures.xl import write_xl_catalog
from tests.inference.adapters.test_pictures import CLOSE, far
from tests.inference.test_over import drawn, latents_of

Halves = dict[str, tuple[torch.Tensor, torch.Tensor]]
SCALE = 0.8
NETS = {
    "unet": ("unet", "lora_unet_", "unet."),
    "text_encoder": ("text_encoder", "lora_te1_text_model_", "text_encoder.text_model."),
    "text_encoder_2": ("text_encoder_2", "lora_te2_", "text_encoder_2."),
}


def original(path: str) -> str:
    """The name of a module of the tiny UNet's second block as the original checkpoint has it, every dot an underscore."""
    return path.replace("down_blocks_1_attentions_0", "input_blocks_4_1").replace(
        "down_blocks_1_attentions_1", "input_blocks_5_1"
    )


def random_halves(network: Any, seed: int) -> Halves:
    """Halves for every linear layer and convolution of `network`."""
    source = torch.Generator().manual_seed(seed)
    made: Halves = {}
    for path, module in network.named_modules():
        if not isinstance(module, torch.nn.Linear | torch.nn.Conv2d):
            continue
        out, into, *kernel = module.weight.shape
        down = torch.randn(RANK, into, *kernel, generator=source) * 0.4 / (into * RANK) ** 0.5
        made[path] = (down, torch.randn(out, RANK, *[1] * len(kernel), generator=source))
    return made


def kohya(parts: dict[str, Halves]) -> dict[str, torch.Tensor]:
    tensors: dict[str, torch.Tensor] = {}
    for part, halves in parts.items():
        for path, (down, up) in halves.items():
            name = NETS[part][1] + original(path.replace(".", "_"))
            tensors |= {f"{name}.lora_down.weight": down, f"{name}.lora_up.weight": up}
            tensors[f"{name}.alpha"] = torch.tensor(ALPHA)
    return tensors


def peft(parts: dict[str, Halves]) -> dict[str, torch.Tensor]:
    return {
        f"{NETS[part][2]}{path}.lora_{half}.weight": tensor
        for part, halves in parts.items()
        for path, pair in halves.items()
        for half, tensor in zip("AB", pair, strict=True)
    }


@pytest.mark.parametrize("form", [(kohya, ALPHA / RANK), (peft, 1.0)], ids=["kohya", "peft"])
def test_draws_what_merged_weights_draw(
    form: tuple[Any, float],
    tiny_xl_dir: Path,
    xl_pipelines: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (written, factor), plain = form, xl_pipelines["txt2img"]
    parts = {part: random_halves(getattr(plain, part), seed) for seed, part in enumerate(NETS)}
    save_file(
        {name: tensor.contiguous() for name, tensor in written(parts).items()},
        tmp_path / "knit.safetensors",
    )
    table = LORA_TABLE.format(name="knit", file="knit.safetensors")
    file = write_xl_catalog(tmp_path, table)
    file.write_text(file.read_text().replace('directory = "tiny"', f'directory = "{tiny_xl_dir}"'))
    drawing = build(file)
    bench = Bench(drawing)
    latents = latents_of(bench, monkeypatch)
    try:
        (card,) = drawing.cards["tiny"].loras
        assert card.trouble == ""
        asked: dict[str, Any] = {"negative_prompt": "blue", "seed": 3, "scheduler": Scheduler.DDIM}
        worn = bench.generation(prompt=f"a red dress <lora:knit:{SCALE}>", **asked)
        bare = bench.generation(prompt="a red dress", **asked)
        drawn(bench, worn, bare)
    finally:
        bench.close()
        drawing.close()
    components = {**plain.components}
    for part, halves in parts.items():
        components[part] = copy.deepcopy(getattr(plain, part))
        merge(components[part], halves, SCALE * factor)
    components["scheduler"] = scheduler_for(Scheduler.DDIM, dict(plain.scheduler.config), 4)
    pipeline = type(plain)(**components, add_watermarker=False)
    pipeline.set_progress_bar_config(disable=True)
    (wanted,) = pipeline(
        prompt="a red dress",
        negative_prompt="blue",
        width=64,
        height=64,
        num_inference_steps=4,
        guidance_scale=4.0,
        generator=torch.Generator().manual_seed(3),
        output_type="latent",
    ).images
    assert far(latents[worn], wanted) <= CLOSE
    assert far(latents[bare], wanted) > 10 * CLOSE


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("input_blocks_0_0", "conv_in"),
        ("input_blocks_1_0_in_layers_2", "down_blocks_0_resnets_0_conv1"),
        ("input_blocks_3_0_op", "down_blocks_0_downsamplers_0_conv"),
        ("input_blocks_4_1_proj_in", "down_blocks_1_attentions_0_proj_in"),
        ("input_blocks_8_1_transformer_blocks_9_ff_net_2", "down_blocks_2_attentions_1_transformer_blocks_9_ff_net_2"),
        ("middle_block_0_emb_layers_1", "mid_block_resnets_0_time_emb_proj"),
        ("middle_block_1_proj_out", "mid_block_attentions_0_proj_out"),
        ("middle_block_2_out_layers_3", "mid_block_resnets_1_conv2"),
        ("output_blocks_0_0_skip_connection", "up_blocks_0_resnets_0_conv_shortcut"),
        ("output_blocks_2_2_conv", "up_blocks_0_upsamplers_0_conv"),
        ("output_blocks_5_1_proj_in", "up_blocks_1_attentions_2_proj_in"),
        ("output_blocks_8_0_in_layers_2", "up_blocks_2_resnets_2_conv1"),
        ("label_emb_0_2", "add_embedding_linear_2"),
        ("down_blocks_0_resnets_0_conv1", "down_blocks_0_resnets_0_conv1"),
    ],
)  # fmt: skip
def test_names_of_the_original_checkpoints_are_read(name: str, ours: str) -> None:
    assert by_diffusers(name) == ours
