"""The extension of a finished training: a longer one goes on from its model, to the bits of one that never stopped."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from posectl.core.training.loop import Plan, Trainer
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.model import model_about
from posectl.stages.identity import work_recorded
from posectl.stages.run import Run
from posectl.stages.training.replica import Replica, identify
from posectl.store import Artifact


@dataclass(frozen=True)
class Beginning:
    """The model of a training that differs from a longer one in its steps alone, or in its code too."""

    model: Artifact
    steps: int
    by_other_code: bool = False


def find_beginning(run: Run, dataset: StoredDataset, replica: Replica, device: torch.device) -> Beginning | None:
    """Find the model of the same training, under any name, that goes furthest of those that end before this one."""
    lengths: dict[int, Replica] = {}
    found: list[Beginning] = []
    for model in run.artifacts.artifacts("model"):
        steps = model.config.get("steps", {}).get("value")
        if not isinstance(steps, int) or not 0 < steps < replica.options.steps:
            continue
        if steps not in lengths:
            lengths[steps] = identify(run, dataset, replace(replica.options, steps=steps), replica.seed, device)
        if model.key == lengths[steps].key:
            found.append(Beginning(model, steps))
        elif work_recorded(model, ["dataset"]) == lengths[steps].work:
            found.append(Beginning(model, steps, by_other_code=True))
    return max(found, key=lambda each: (not each.by_other_code, each.steps), default=None)


def go_on_from(beginning: Beginning, trainer: Trainer) -> str:
    """Restore a trainer of one replica to the end of a shorter training, and return "".

    Where one run of the trainer's length would have come by there otherwise, leave it alone and return why.
    """
    model, steps, plan = beginning.model, beginning.steps, trainer.plan
    kept = [step for step in plan.kept if step <= steps]
    tests = {int(step): error for step, error in zip(model.read("log/test_step"), model.read("log/test_error"),
                                                     strict=True)}  # fmt: skip
    common = [step for step in sorted(tests) if step % plan.evaluate_every == 0]
    best = min(common, key=lambda step: (tests[step], step))
    if why := _obstacle(model, plan, kept, best):
        return why
    last = dict.fromkeys(trainer.optimizers, 0)
    for index in range(steps):
        for group in trainer.losses.moving(index):
            last[group] += 1
    figures = [model.read(f"log/{name}") for name in trainer.history.figures]
    groups = {"last/": "weights/last", "best/": "weights/best", "optimizer/": "optimizer"}
    groups |= {f"step-{step}/": f"weights/step-{step}" for step in kept}
    arrays = {f"{to}{name}": array[None] for to, group in groups.items() for name, array in
              model.read_group(group).items()}  # fmt: skip
    if best == 0:  # the weights as they were drawn, which the trainer still has
        arrays |= {f"best/{name}": tensor.cpu().numpy() for name, tensor in trainer.history.best.items()}
    places = [sorted(tests).index(step) for step in common]
    arrays |= {
        f"tests/{name.removeprefix('test_')}": values[places][:, None]
        for name, values in model.read_group("log").items()
        if name.startswith("test_")
    }
    trainer.restore(steps, {
        **arrays,
        "updates": np.array([float(count) for count in last.values()]),
        "log": np.stack(figures, axis=1)[:, :, None],
        "tests/step": np.array(common, dtype=np.int64),
        "best_error": np.array([tests[best]]),
        "best_step": np.array([best], dtype=np.int64),
        "diverged_at": np.array([-1], dtype=np.int64),
    })  # fmt: skip
    return ""


def _obstacle(model: Artifact, plan: Plan, kept: list[int], best: int) -> str:
    """Say why a model is not what a longer run comes by; kept, best: the snapshots that one has by then, and the step
    of its lowest test error."""
    about = model_about(model)
    threads = model.manifest.get("threads")
    if about.stack:
        return f"it was trained in a stack of {about.stack}, which may round otherwise"
    if threads not in (None, torch.get_num_threads()):
        return f"it was trained by {threads} threads, and {torch.get_num_threads()} may round otherwise"
    if lacking := sorted(set(kept) - set(about.snapshots)):
        return f"one run of {plan.steps:,} steps keeps its weights at step {lacking[0]:,}, and it did not"
    if best not in (0, model.summary["best_step"]):
        return f"its best weights are those of its last step, where one run of {plan.steps:,} takes no test error"
    return ""
