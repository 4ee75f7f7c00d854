"""Figures → a page of Markdown tables. The JSON beside it has everything; this has what people compare."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

Report = Mapping[str, Any]
_INTRODUCTION: Final = """\
Random weights in the shape of Stable Diffusion 1.4 and SDXL; all arms in one process, their rounds
interleaved. A figure is the median, with least and most behind it; a ratio is taken within a round. The
limit is a large matrix product of this device in this run, and an image's FLOP are those of its UNet
rows, its VAE and its prompt. The pipeline ends with a PIL image, the engine with a WebP file and its
digest, and it draws previews besides. Memory is the peak of all tensors, every arm's weights included."""


def markdown(report: Report) -> str:
    """Return the whole page."""
    parts = ["# GPU figures", _machine(report), _INTRODUCTION]
    for section in report["sections"].values():
        parts += [f"## {section['title']}", _section(section)]
    return "\n\n".join(parts) + "\n"


def _machine(report: Report) -> str:
    machine = report["machine"]
    told = [
        machine["device"],
        f"driver {machine['driver']}",
        f"CUDA {machine['cuda']}",
        f"torch {machine['torch']}",
        f"diffusers {machine['diffusers']}",
        f"{machine['dtype']}",
    ]
    return f"{', '.join(told)}. `{report['command']}`, {report['seconds']:.0f} s, {report['date']}."


def _section(section: Mapping[str, Any]) -> str:
    for reason in ("skipped", "failed"):
        if reason in section:
            return f"**{reason}**: {section[reason]}"
    tables: dict[str, Callable[[Report], str]] = {
        "matrix_side": _limit,
        "ways": lambda s: _ways(s["ways"]),
        "arms": lambda s: _arms(s["arms"]),
        "calls": lambda s: _calls(s["calls"]),
        "synchronising_calls": _waits,
        "again_tflop_per_s": lambda s: f"{s['again_tflop_per_s']:g} TFLOP/s, × {s['ratio']:g}.",
    }
    return next(table(section) for known, table in tables.items() if known in section)


def _limit(section: Mapping[str, Any]) -> str:
    most, work = section["images_per_s_at_the_limit"], section["gflop"]
    rows = [
        ["a product of two random square matrices", f"{section['matrix_tflop_per_s']:g} TFLOP/s"],
        ["FLOP of a UNet row", f"{work['unet_row']:g} G"],
        ["FLOP of a VAE decode", f"{work['vae_decode']:g} G"],
        ["FLOP of an SDXL UNet row", f"{work['sdxl_unet_row']:g} G"],
        ["images/s at the limit: 4 steps, guided", f"{most['sketch']:g}"],
        ["images/s at the limit: 4 steps, not guided", f"{most['unguided']:g}"],
        ["images/s at the limit: 20 steps, guided", f"{most['final']:g}"],
    ]
    return _table(["side " + str(section["matrix_side"]), "value"], rows)


def _ways(ways: Sequence[Mapping[str, Any]]) -> str:
    header = ["against the float32 reference", "finite", "latents, relative error", "PSNR, dB"]
    return _table(header, [_way(way) for way in ways])


def _way(way: Mapping[str, Any]) -> list[str]:
    if "failed" in way:
        return [way["way"], f"**failed**: {way['failed']}", "", ""]
    return [
        way["way"],
        "yes" if way["finite"] else "**no**",
        f"{way['latents_relative_error']:.1e}",
        "identical" if way["picture_psnr_db"] is None else f"{way['picture_psnr_db']:g}",
    ]


def _arms(arms: Sequence[Mapping[str, Any]]) -> str:
    header = [
        "arm",
        "images/s",
        f"× {arms[0]['arm']}",
        "of the limit",
        "rows a step",
        "row cap",
        "memory, GiB",
        "rounds",
    ]
    if any(arm.get("waits_s") for arm in arms):
        header.append("waits p50 / p95, s")
    return _table(header, [_arm(arm)[: len(header)] for arm in arms])


def _arm(arm: Mapping[str, Any]) -> list[str]:
    if "failed" in arm:
        return [arm["arm"], f"**failed**: {arm['failed']}", *[""] * 7]
    waits = (
        f"{steps} steps {wait['p50']:.3g} / {wait['p95']:.3g}"
        for steps, wait in arm["waits_s"].items()
    )
    return [
        arm["arm"],
        _spread(arm["images_per_s"]),
        _spread(arm["ratio"]) if arm["ratio"] else "",
        f"{100 * arm['of_limit']:.1f} %",
        f"{arm['rows_per_step']:g}",
        _or_blank(arm["row_cap"]),
        _or_blank(arm["peak_gib"]),
        str(arm["rounds"]),
        "; ".join(waits),
    ]


def _calls(calls: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        [
            call["way"],
            str(call["rows"]),
            _spread(call["ms"]),
            f"{call['ms_per_row']:.3g}",
            f"{100 * call['of_limit']:.1f} %",
        ]
        for call in calls
    ]
    return _table(["way", "rows", "ms a call", "ms a row", "of the limit"], rows)


def _waits(section: Mapping[str, Any]) -> str:
    rows = [[f"`{line}`", str(times)] for line, times in section["synchronising_calls"].items()]
    told = f"{section['steps']} steps, {section['images']} images"
    return _table([f"line, in {told}", "times"], rows) if rows else f"None in {told}."


def _spread(values: Mapping[str, float]) -> str:
    return f"{values['median']:.3g} ({values['min']:.3g}–{values['max']:.3g})"


def _or_blank(value: object) -> str:
    return "" if value is None else str(value)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
