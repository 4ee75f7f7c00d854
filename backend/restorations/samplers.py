"""What other tools call samplers, and which of ours that is; where it is none, the one that is most like it."""

from __future__ import annotations

from typing import Final

from inference.protocol import Scheduler

_OURS: Final = {
    "ddim": Scheduler.DDIM,
    "euler": Scheduler.EULER,
    "euler_a": Scheduler.EULER_A,
    "euler_ancestral": Scheduler.EULER_A,
    "dpmpp_2m": Scheduler.DPMPP_2M,
    "lcm": Scheduler.LCM,
    "tcd": Scheduler.TCD,
}
_WITH_KARRAS: Final = {
    Scheduler.EULER: Scheduler.EULER_KARRAS,
    Scheduler.DPMPP_2M: Scheduler.DPMPP_2M_KARRAS,
}
# The beginnings of names that mean something like one of ours, the longest first.
_ALIKE: Final = (
    ("euler_a", Scheduler.EULER_A),
    ("euler", Scheduler.EULER),
    ("dpm_2_a", Scheduler.EULER_A),
    ("dpmpp_2s_a", Scheduler.EULER_A),
    ("dpm", Scheduler.DPMPP_2M),
    ("unipc", Scheduler.DPMPP_2M),
    ("uni_pc", Scheduler.DPMPP_2M),
    ("deis", Scheduler.DPMPP_2M),
    ("res_", Scheduler.DPMPP_2M),
    ("heun", Scheduler.EULER),
    ("lms", Scheduler.EULER),
    ("ddpm", Scheduler.EULER_A),
    ("plms", Scheduler.DDIM),
    ("pndm", Scheduler.DDIM),
    ("lcm", Scheduler.LCM),
)
_USUAL_SPACINGS: Final = {"", "normal", "automatic", "ddim_uniform", "uniform"}
_KARRAS: Final = "karras"


def named(sampler: str, spacing: str | None) -> tuple[Scheduler | None, bool]:
    """Return which sampler of ours that is, or is most like it, and whether it is the same one."""
    name, with_karras = _plain(sampler)
    spaced = (spacing or "").strip().lower()
    if spaced == _KARRAS or (with_karras and not spaced):
        with_karras, spaced = True, ""
    ours = _OURS.get(name)
    found = ours or next((one for start, one in _ALIKE if name.startswith(start)), None)
    if found is None:
        return None, False
    same = ours is not None and spaced in _USUAL_SPACINGS
    if not with_karras:
        return found, same
    return _WITH_KARRAS.get(found, found), same and found in _WITH_KARRAS


def _plain(sampler: str) -> tuple[str, bool]:
    """Return the name as diffusers would write it, without what says Karras, and whether it said so."""
    name = "_".join(sampler.lower().replace("++", "pp").replace("-", "_").split())
    name = name.removeprefix("k_")
    for ending in ("_karras", "_k"):
        if name.endswith(ending):
            return name.removesuffix(ending), True
    return name, False
