"""train: an autoencoder under regularizers, from a dataset artifact to a model artifact."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from posectl.core import device as devices
from posectl.core.training.loop import Trainer
from posectl.errors import DivergedError, InterruptedRunError, InvalidInputError
from posectl.stages.dataset import StoredDataset
from posectl.stages.options import TrainOptions
from posectl.stages.prepare import prepare
from posectl.stages.run import Progress, Result, Run, produce
from posectl.stages.settings import build_objectives, check_options
from posectl.stages.training import (
    advance,
    build_trainer,
    ctrl_c,
    default_name,
    identify,
    latest,
    models_by_key,
    write_model,
)
from posectl.store import Checkpoints, Draft


def train(
    run: Run, dataset: str | None = None, options: TrainOptions = TrainOptions(), *, resume: bool = False
) -> Result:
    """Train on a dataset (the newest one if None; the embedded mannequin in an empty store) and publish the model.

    resume continues from the last checkpoint of the same run, if there is one, as if it had never stopped. Without a
    name, a model of this very run is found under any name, as a sweep gave it. Raises DivergedError naming the step of
    a non-finite loss, InterruptedRunError after Ctrl-C.
    """
    check_options(options)
    build_objectives(options)  # before an empty store is given a dataset
    device = devices.resolve(run.device)
    source = training_set(run, dataset)
    devices.use_threads(run.threads)
    replica = identify(run, source, options, run.seed, device)
    checkpoints = run.artifacts.checkpoints(replica.key)

    def fill(draft: Draft) -> dict[str, Any]:
        trainer = build_trainer(source, [replica], device)
        _start(run, trainer, checkpoints, resume)
        seconds = _train(run, trainer, options, checkpoints, stopped)
        return write_model(draft, trainer, 0, replica, source, seconds)

    same = None if run.name or run.force else models_by_key(run, [replica.key]).get(replica.key)
    name = same.name if same else default_name(options)
    parents = [("dataset", source.artifact)]
    with checkpoints.lock(), ctrl_c() as stopped:
        result = produce(run, "model", name, replica.config, fill, parents=parents, device=str(device))
        checkpoints.clear()  # not before the model is there
    return result


def training_set(run: Run, ref: str | None) -> StoredDataset:
    """The dataset of this ref, or the newest; the embedded mannequin, prepared, in an empty store."""
    if ref is None and run.artifacts.newest("dataset") is None:
        run.tell("No dataset in the store: preparing the embedded mannequin.")
        prepare(replace(run, name=None, sources={}), "mannequin")
    dataset = StoredDataset(run.subject(ref, "dataset", "`posectl prepare mannequin` makes one."))
    for name in ("train", "test"):
        if not len(getattr(dataset, name)):
            raise InvalidInputError(
                f"{dataset.artifact.ref} has no {name} samples.", "Prepare it with more subjects, or --test FILE."
            )
    return dataset


def _start(run: Run, trainer: Trainer, checkpoints: Checkpoints, resume: bool) -> None:
    found = checkpoints.load()
    if found is None:
        if resume:
            run.tell("No checkpoint of this run: starting at step 0.")
        return
    step, arrays, _ = found
    if not resume:
        run.tell(f"A checkpoint of this very run stands at step {step}; starting over. (--resume would continue it.)")
        checkpoints.clear()
        return
    run.tell(f"Continuing at step {step}.")
    trainer.restore(step, arrays)


def _train(
    run: Run, trainer: Trainer, options: TrainOptions, checkpoints: Checkpoints, stopped: Callable[[], bool]
) -> float:
    """Run the loop with progress and checkpoints; returns its seconds."""

    def report(rate: float) -> None:
        run.progress(Progress("training", trainer.step, options.steps, "steps", {**latest(trainer), "samples/s": rate}))

    finished, seconds = advance(
        trainer, options, save=lambda: checkpoints.save(trainer.step, trainer.state(), {}), report=report,
        stopped=stopped,
    )  # fmt: skip
    if trainer.history.all_diverged:
        step = int(trainer.history.diverged_at[0])
        checkpoints.clear()
        raise DivergedError(
            f"The loss became non-finite at step {step}; nothing was published.",
            "A smaller --lr or --lam usually helps.",
        )
    if not finished:
        again = shlex.join([*shlex.split(run.command), "--resume"]) if "--resume" not in run.command else run.command
        raise InterruptedRunError(f"Interrupted at step {trainer.step}; nothing was published.", f"To go on: {again}")
    return seconds
