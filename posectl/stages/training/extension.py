"""The extension of a finished training: a longer one goes on from its model, to the bits of one that never stopped."""

from __future__ import annotations

from collections.abc import Sequence
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


def find_beginning(
    run: Run, dataset: StoredDataset, replica: Replica, device: torch.device, models: Sequence[Artifact] | None = None
) -> Beginning | None:
    """Find the model of the same training, under any name, that goes furthest of those that end before this one.

    models: those to look among, all of the store unless told, which takes a millisecond each to read.
    """
    lengths: dict[int, Replica] = {}
    found: list[Beginning] = []
    for model in run.artifacts.artifacts("model") if models is None else models:
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


def go_on_from(beginnings: Sequence[Beginning], trainer: Trainer) -> str:
    """Restore a trainer to the end of shorter trainings, of as many steps each, one of each replica; and return "".

    Where one run of the trainer's length would have come by there otherwise, leave it alone and return why.
    """
    plan, steps = trainer.plan, beginnings[0].steps
    kept = [step for step in plan.kept if step <= steps]
    watched = "test" if trainer.validation is None else "validation"
    taken = [_errors(each.model, plan, watched) for each in beginnings]
    best = [min(errors, key=lambda step: (errors[step], step)) for errors in taken]
    for each, step in zip(beginnings, best, strict=True):
        if why := _obstacle(each.model, trainer, kept, step):
            return why
    parts = [_arrays(each.model, trainer, i, kept, best[i], watched) for i, each in enumerate(beginnings)]
    arrays = {name: np.stack([part[name] for part in parts], axis=_axis(name)) for name in parts[0]}
    last = dict.fromkeys(trainer.optimizers, 0)
    for index in range(steps):
        for group in trainer.losses.moving(index):
            last[group] += 1
    trainer.restore(steps, {
        **arrays,
        "updates": np.array([float(count) for count in last.values()]),
        f"{watched}s/step": np.array(list(taken[0]), dtype=np.int64),
        "best_error": np.array([errors[step] for errors, step in zip(taken, best, strict=True)]),
        "best_step": np.array(best, dtype=np.int64),
        "diverged_at": np.full(len(beginnings), -1, dtype=np.int64),
    })  # fmt: skip
    return ""


def _errors(model: Artifact, plan: Plan, watched: str) -> dict[int, float]:
    """Return the errors of a model on the split that was watched, by their steps, those that a longer run takes too."""
    steps, errors = model.read(f"log/{watched}_step"), model.read(f"log/{watched}_error")
    every = {int(step): float(error) for step, error in zip(steps, errors, strict=True)}
    return {step: every[step] for step in sorted(every) if step % plan.evaluate_every == 0}


def _arrays(
    model: Artifact, trainer: Trainer, replica: int, kept: list[int], best: int, watched: str
) -> dict[str, np.ndarray]:
    """Return weights, moments and losses of a model, as `Trainer.restore` takes them, without the replica's axis."""
    groups = {"last/": "weights/last", "optimizer/": "optimizer"}
    groups |= {"best/": "weights/best"} if trainer.history.best_by else {}
    groups |= {f"step-{step}/": f"weights/step-{step}" for step in kept}
    arrays = {f"{to}{name}": array for to, group in groups.items() for name, array in model.read_group(group).items()}
    if best == 0:  # the weights as they were drawn, which the trainer still has
        arrays |= {f"best/{name}": tensor[replica].cpu().numpy() for name, tensor in trainer.history.best.items()}
    log = np.stack([model.read(f"log/{name}") for name in trainer.history.figures], axis=1)
    steps = model.read(f"log/{watched}_step").tolist()
    places = [steps.index(step) for step in _errors(model, trainer.plan, watched)]
    taken = {
        f"{watched}s/{name.removeprefix(f'{watched}_')}": values[places]
        for name, values in model.read_group("log").items()
        if name.startswith(f"{watched}_")
    }
    return {**arrays, **taken, "log": log}


def _axis(name: str) -> int:
    """Return the replicas' axis of an array of `Trainer.restore`."""
    return -1 if name == "log" or name.startswith(("tests/", "validations/")) else 0


def _obstacle(model: Artifact, trainer: Trainer, kept: list[int], best: int) -> str:
    """Say why a model is not what a longer run comes by; kept, best: the snapshots that one has by then, and the step
    of its lowest test error."""
    about, plan = model_about(model), trainer.plan
    threads = model.manifest.get("threads")
    if (about.stack or 1) != trainer.replicas:
        how = f"in a stack of {about.stack}" if about.stack else "alone"
        return f"it was trained {how}, which may round otherwise"
    if threads not in (None, torch.get_num_threads()):
        return f"it was trained by {threads} threads, and {torch.get_num_threads()} may round otherwise"
    if lacking := sorted(set(kept) - set(about.snapshots)):
        return f"one run of {plan.steps:,} steps keeps its weights at step {lacking[0]:,}, and it did not"
    if trainer.history.best_by and best not in (0, model.summary["best_step"]):
        return f"its best weights are those of its last step, where one run of {plan.steps:,} takes no error"
    return ""
