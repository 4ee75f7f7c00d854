"""`atelier train-lora`: teach a model what is in a folder of pictures, and get a LoRA file of it.

Reads the words and shows how far it is; `inference.training` does the work, and is imported (with torch) when it runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from backend.console import fail, out, read_settings

if TYPE_CHECKING:
    from rich.progress import TaskID

    from inference.training.plan import Request
    from inference.training.train import Outcome


# Every option with its words, so that the command itself stays short enough to read.
_Folder = Annotated[
    Path, typer.Argument(help="Pictures, each with a .txt caption beside it if you like.")
]
_Name = Annotated[str, typer.Option(help="What the LoRA is called: a-z, 0-9, hyphens.")]
_Trigger = Annotated[str, typer.Option(help="The words in a prompt that ask for it.")]
_Class = Annotated[
    str, typer.Option("--class", help="What the pictures show; left out: the folder's name.")
]
_Model = Annotated[str, typer.Option(help="A model of the models file, or a folder.")]
_Rank = Annotated[int, typer.Option(help="How thin it is; the file grows with it.")]
_Layers = Annotated[
    str | None, typer.Option(help="attention, or all with convolutions; by the model's size.")
]
_Steps = Annotated[int | None, typer.Option(help="400 for a small model, else 800.")]
_Rate = Annotated[float | None, typer.Option(help="2e-3 for a small model, else 1e-4.")]
_Resolution = Annotated[int | None, typer.Option(help="Pixels a side; the model's own.")]
_Batch = Annotated[int | None, typer.Option(help="Pictures a step; 4 for a small model, else 1.")]
_Seed = Annotated[int, typer.Option(help="The same seed takes the same steps.")]
_Prior = Annotated[str, typer.Option(help="Folder of class pictures, or auto: drawn first.")]
_PriorWeight = Annotated[float, typer.Option(help="How much they count; 0 for none.")]
_PriorCount = Annotated[int | None, typer.Option(help="How many are drawn; 8 to 24.")]
_TextEncoder = Annotated[bool, typer.Option("--text-encoder", help="Train the text encoder too.")]
_Licence = Annotated[str, typer.Option(help="Written into the file.")]
_Out = Annotated[
    Path | None, typer.Option("--out", help="Left out: loras/NAME.safetensors in the data folder.")
]
_Resume = Annotated[bool, typer.Option("--resume", help="Go on where it was broken off.")]


def train_lora(  # noqa: PLR0913 - one argument an option
    folder: _Folder,
    *,
    name: _Name,
    trigger: _Trigger,
    class_words: _Class = "",
    model: _Model = "atelier-mini",
    rank: _Rank = 8,
    layers: _Layers = None,
    steps: _Steps = None,
    learning_rate: _Rate = None,
    resolution: _Resolution = None,
    batch: _Batch = None,
    seed: _Seed = 1,
    prior: _Prior = "auto",
    prior_weight: _PriorWeight = 1.0,
    prior_count: _PriorCount = None,
    text_encoder: _TextEncoder = False,
    licence: _Licence = "",
    out_file: _Out = None,
    resume: _Resume = False,
) -> None:
    """Train a LoRA on a folder of pictures; Ctrl-C keeps what there is, --resume goes on."""
    from inference.training.plan import Request  # noqa: PLC0415 - a command imports what it needs

    request = Request(
        pictures=folder,
        name=name,
        trigger=trigger,
        out=out_file or read_settings().data_dir / "loras" / f"{name}.safetensors",
        class_words=class_words or folder.resolve().name.replace("_", " ").replace("-", " "),
        rank=rank,
        layers=layers,
        steps=steps,
        learning_rate=learning_rate,
        resolution=resolution,
        batch=batch,
        seed=seed,
        prior=prior,
        prior_weight=prior_weight,
        prior_count=prior_count,
        text_encoder=text_encoder,
        licence=licence,
        resume=resume,
    )
    _say(_trained(request, model))


def _trained(request: Request, model: str) -> Outcome:
    """Train with a bar on the terminal; a refusal is printed and ends the command."""
    from inference.offline import stay_offline  # noqa: PLC0415
    from inference.training.plan import TrainingRefused  # noqa: PLC0415

    stay_offline()
    try:
        request.require_sound()  # before torch is loaded, which takes its time
        from inference.training.train import train  # noqa: PLC0415

        with _Bar() as bar:
            return train(request, model, bar)
    except TrainingRefused as error:
        fail(escape(str(error)))


class _Bar:
    """Shows what a run is at, its loss, and what is left."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("· {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[loss]}"),
            console=out,
        )
        self._task: TaskID | None = None
        self._mean: float | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, what: str, total: int) -> None:
        self._task = self._progress.add_task(what, total=total, loss="")

    def advance(self, count: int = 1, loss: float | None = None) -> None:
        if self._task is None:
            return
        if (
            loss is not None
        ):  # one step's loss jumps about: what is shown is the mean of some twenty
            self._mean = loss if self._mean is None else 0.95 * self._mean + 0.05 * loss
            self._progress.update(self._task, loss=f"loss {self._mean:.4f}")
        self._progress.advance(self._task, count)


def _say(outcome: Outcome) -> None:
    if not outcome.whole:
        out.print(f"\n  Broken off after step {outcome.steps}; --resume goes on from there.")
    out.print(f"\n  Written: [bold]{escape(str(outcome.file))}[/]", soft_wrap=True)
    if outcome.sheet:
        out.print(f"  Before and after: {escape(str(outcome.sheet))}", soft_wrap=True)
    out.print("\n  Paste this into the models file, with the file beside it:\n")
    out.print(outcome.table, markup=False, soft_wrap=True)
