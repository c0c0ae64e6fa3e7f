"""train: an autoencoder under regularizers, from a dataset artifact to a model artifact."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from posectl.core import device as devices
from posectl.core.training.loop import Trainer
from posectl.errors import DivergedError, InterruptedRunError
from posectl.stages.options import TrainOptions
from posectl.stages.run import Progress, Result, Run, find_existing, produce
from posectl.stages.training.dataset import training_set
from posectl.stages.training.model import write_model
from posectl.stages.training.replica import identify
from posectl.stages.training.settings import build_objectives, check_options, default_name
from posectl.stages.training.trainer import advance, build_trainer, interruptible, latest
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
    build_objectives(options)  # raises before an empty store is given a dataset
    device = devices.resolve(run.device)
    data = training_set(run, dataset)
    devices.use_threads(run.threads)
    replica = identify(run, data, options, run.seed, device)
    run.detail(
        f"{data.artifact.ref}: {len(data.train):,} to train on, {len(data.test):,} to test; {replica.architecture}."
    )
    parents = [("dataset", data.artifact)]
    if not (run.name or run.force):
        made = find_existing(run, "model", None, replica.key, replica.work, ["dataset"])
        if made is not None:
            return Result(made, dict(made.summary), reused=True)
        run = replace(run, force=True)  # there is none under any name
    checkpoints = run.artifacts.checkpoints(replica.key)

    def fill(draft: Draft) -> dict[str, Any]:
        trainer = build_trainer(data, [replica], device)
        _start(run, trainer, checkpoints, resume)
        seconds = _train(run, trainer, options, checkpoints, stopped)
        return write_model(draft, trainer, 0, replica, data, seconds)

    with checkpoints.lock(), interruptible() as stopped:
        result = produce(
            run, "model", default_name(options, data), replica.config, fill, stage="train", modules=replica.modules,
            parents=parents, device=str(device),
        )  # fmt: skip
        checkpoints.clear()  # not before the model is there
    return result


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
    """Run the loop with progress and checkpoints, and return its seconds."""

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
