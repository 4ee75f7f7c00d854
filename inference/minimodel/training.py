"""The one training loop of every stage: seeded steps, running average, checkpoints, resume.

A stage hands over a module and a loss that depends on nothing but the module and the step number, so a
resumed run takes the same steps as an unbroken one. Knows nothing of what is being trained.
"""

import json
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn
from tqdm import tqdm

WORKSHOP: Final = Path("var/minimodel")
Loss = Callable[[int], Tensor]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast one stage trains.

    `decay_from` is the share of the steps after which the learning rate falls to `final_rate` along a
    cosine; `save_seconds` is the time between checkpoints.
    """

    name: str
    steps: int
    learning_rate: float
    warm_up: int = 100
    decay_from: float = 0.0
    final_rate: float = 0.02
    average: float = 0.999
    weight_decay: float = 0.01
    clip: float = 1.0
    save_seconds: float = 240.0


class Loop:
    """Trains one module under a plan, with an exponential moving average kept beside it.

    `scaler` is for half precision on a GPU, whose small gradients would vanish; without one nothing is scaled.
    """

    def __init__(
        self,
        plan: Plan,
        module: nn.Module,
        loss: Loss,
        folder: Path = WORKSHOP,
        scaler: torch.amp.GradScaler | None = None,
    ) -> None:
        self.plan, self.module, self.loss, self.folder = plan, module, loss, folder
        self.scaler = scaler or torch.amp.GradScaler("cpu", enabled=False)
        self.trained = [p for p in module.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            self.trained, lr=plan.learning_rate, weight_decay=plan.weight_decay, betas=(0.9, 0.99)
        )
        self.average = [p.detach().clone() for p in self.trained]
        self.step = 0

    @property
    def path(self) -> Path:
        """Where this stage's checkpoint lies."""
        return self.folder / f"{self.plan.name}.pt"

    def resume(self) -> None:
        """Continue from the checkpoint, if there is one."""
        if not self.path.exists():
            return
        state = torch.load(self.path, weights_only=True)
        self.module.load_state_dict(state["module"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average = [mean.detach() for mean in state["average"]]
        self.scaler.load_state_dict(state.get("scaler", {}))
        self.step = state["step"]

    def save(self) -> None:
        """Write the checkpoint in one move, so that a crash leaves the older one whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {
            "module": self.module.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average,
            "scaler": self.scaler.state_dict(),
            "step": self.step,
        }
        part = self.path.with_suffix(".part")
        torch.save(state, part)
        part.replace(self.path)

    def run(self) -> None:
        """Take every step that is left, saving and logging on the way."""
        losses: list[float] = []
        bar = tqdm(
            total=self.plan.steps,
            initial=self.step,
            desc=self.plan.name,
            mininterval=float(os.environ.get("TQDM_MININTERVAL", "1")),
        )
        for loss in self.steps():
            losses.append(loss)
            bar.update()
            if self.step % 50 == 0:
                self._log(losses, bar)
                losses.clear()
        bar.close()

    def steps(self) -> Iterator[float]:
        """Take every step that is left and hand out the loss of each, saving on the way and at the end."""
        self.module.train()
        saved = time.monotonic()
        while self.step < self.plan.steps:
            yield self._take_step()
            if time.monotonic() - saved > self.plan.save_seconds:
                self.save()
                saved = time.monotonic()
        self.save()

    def apply_average(self) -> None:
        """Put the moving average in place of the trained weights."""
        with torch.no_grad():
            for parameter, mean in zip(self.trained, self.average, strict=True):
                parameter.copy_(mean)

    def _take_step(self) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = self.plan.learning_rate * rate_at(self.plan, self.step)
        loss = self.loss(self.step)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_(self.trained, self.plan.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        decay = min(self.plan.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(self.average, self.trained, 1 - decay)
        return float(loss.detach())

    def _log(self, losses: list[float], bar: "tqdm[object]") -> None:
        mean = sum(losses) / len(losses)
        bar.set_postfix(loss=f"{mean:.4f}", refresh=False)
        line = {"step": self.step, "loss": round(mean, 5), "time": round(time.time())}
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{self.plan.name}.jsonl").open("a") as log:
            log.write(json.dumps(line) + "\n")


def rate_at(plan: Plan, step: int) -> float:
    """The share of the full learning rate at a step: linear warm-up, level, cosine to `final_rate`."""
    if step < plan.warm_up:
        return (step + 1) / plan.warm_up
    start = max(plan.warm_up, plan.decay_from * plan.steps)
    progress = min(1.0, max(0.0, (step - start) / max(1.0, plan.steps - start)))
    return plan.final_rate + (1 - plan.final_rate) * 0.5 * (1 + math.cos(math.pi * progress))


def averaged_state(name: str, module: nn.Module, folder: Path = WORKSHOP) -> None:
    """Load a stage's checkpoint into a module, with the moving average in place of the last weights.

    The module must have the same parameters trainable as when the stage ran.
    """
    state = torch.load(folder / f"{name}.pt", weights_only=True)
    module.load_state_dict(state["module"])
    trained = [p for p in module.parameters() if p.requires_grad]
    with torch.no_grad():
        for parameter, mean in zip(trained, state["average"], strict=True):
            parameter.copy_(mean)


def seed_for(stage: str, step: int, index: int = 0) -> int:
    """A seed of its own for every stage, step and index; stable across machines."""
    mixed = sum(ord(c) * 131**k for k, c in enumerate(stage)) % 9973
    return (mixed * 1_000_003 + step) * 4096 + index
