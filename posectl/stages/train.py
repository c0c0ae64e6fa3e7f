"""train: an autoencoder under regularizers, from a dataset artifact to a model artifact."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import torch

from posectl.core import device as devices
from posectl.core.objectives.price import TWIN
from posectl.core.training.loop import Trainer
from posectl.core.training.ranks import ALONE, Alone, LostRankError, met
from posectl.errors import ConflictError, DivergedError, InterruptedRunError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.options import TrainOptions
from posectl.stages.run import Progress, Result, Run, find_existing, produce
from posectl.stages.training.dataset import training_set
from posectl.stages.training.extension import Beginning, find_beginning, go_on_from
from posectl.stages.training.health import examine
from posectl.stages.training.log import NoLog, check_form, logging_to
from posectl.stages.training.model import write_model
from posectl.stages.training.replica import Replica, identify
from posectl.stages.training.settings import build_objectives, check_options, default_name, divided, remarks
from posectl.stages.training.size import check_fits
from posectl.stages.training.trainer import advance, build_trainer, interruptible, latest
from posectl.store import Checkpoints, Draft

_MILDER = "A smaller --lr or --lam usually helps."


def train(
    run: Run,
    dataset: str | None = None,
    options: TrainOptions = TrainOptions(),
    *,
    resume: bool = False,
    log: str = "",
) -> Result:
    """Train on a dataset (the newest one if None; the embedded mannequin in an empty store) and publish the model.

    resume continues from the last checkpoint of the same run, if there is one, as if it had never stopped, else from a
    finished run that differs in being shorter, where that comes to the same bits. Without a
    name, a model of this very run is found under any name, as a sweep gave it. log: "csv" or "tensorboard", which are
    written beside the store while it trains. Raises DivergedError naming the step of
    a non-finite loss, or where the mean sample always would be ten times as good; InterruptedRunError after Ctrl-C.

    Under torchrun the ranks share out the micro-batches of every step; the first one tells, saves and publishes. The
    model is the same to the bit whatever their number. Raises RankError where one is missing.
    """
    check_form(log)
    with met(os.environ) as ranks:
        if not ranks.leads:
            run = replace(run, tell=_say_nothing, detail=_say_nothing, warn=_say_nothing, progress=_say_nothing)
        check_options(options)
        options = divided(options, None if ranks is ALONE else ranks.count)
        build_objectives(options)  # raises before an empty store is given a dataset
        device = ranks.connect(devices.resolve(run.device))
        data = training_set(run, dataset) if ranks.leads else None
        ref = ranks.told(data.artifact.ref if data else None)
        data = data or training_set(run, ref)
        devices.use_threads(run.threads)
        replica = identify(run, data, options, run.seed, device)
        if not ranks.leads:
            return _follow(run, ranks, data, replica, device)
        if options.micro_batch:
            parts = options.batch // options.micro_batch
            run.detail(f"{parts} micro-batches of {options.micro_batch}, on {ranks.count} ranks.")
        result = _lead(run, ranks, data, replica, device, resume, log)
        ranks.told(result.ref)
        return result


def _lead(
    run: Run, ranks: Alone, data: StoredDataset, replica: Replica, device: torch.device, resume: bool, log: str
) -> Result:
    """Find the model or train it, on the one rank that tells, saves and publishes."""
    options = replica.options
    run.detail(
        f"{data.artifact.ref}: {len(data.train):,} to train on, {len(data.validation):,} to choose by, "
        f"{len(data.test):,} to test; {replica.architecture}."
    )
    for remark in remarks(replica.objectives, data):
        run.tell(remark)
    parents = [("dataset", data.artifact)]
    if not (run.name or run.force):
        made = find_existing(run, "model", None, replica.key, replica.work, ["dataset"])
        if made is not None:
            return Result(made, dict(made.summary), reused=True)
        run = replace(run, force=True)  # there is none under any name
    checkpoints = run.artifacts.checkpoints(replica.key)

    def fill(draft: Draft) -> dict[str, Any]:
        check_fits([replica], data, device)
        trainer = build_trainer(data, [replica], device, ranks)
        _start(run, trainer, checkpoints, find_beginning(run, data, replica, device), resume)
        if ranks is not ALONE:
            ranks.told((trainer.step, trainer.state()))
        with logging_to(run, log, draft.name, replica.key) as written:
            seconds = _train(run, trainer, options, checkpoints, written, stopped)
        health = examine(trainer, 0, replica, data)
        if health.blew_up:
            checkpoints.clear()
            raise DivergedError(f"The training blew up: {health}; nothing was published.", _MILDER)
        health.tell(run.tell)
        return write_model(draft, trainer, 0, replica, data, seconds, health)

    with checkpoints.lock() as lease, interruptible() as stopped:
        result = produce(
            run, "model", default_name(options, data), replica.config, fill, stage="train", modules=replica.modules,
            parents=parents, device=str(device), lease=lease,
        )  # fmt: skip
        checkpoints.clear()  # not before the model is there
    return result


def _follow(run: Run, ranks: Alone, data: StoredDataset, replica: Replica, device: torch.device) -> Result:
    """Train along with the rank that leads, unless it finds the model, and return what it comes to."""
    given: Any = ranks.told(None)
    trained = not isinstance(given, str)
    if trained:
        trainer = build_trainer(data, [replica], device, ranks)
        trainer.restore(*given)
        checkpoints = run.artifacts.checkpoints(replica.key)
        try:
            with interruptible() as stopped:
                _train(run, trainer, replica.options, checkpoints, NoLog(), stopped)
        except LostRankError as error:
            if error.speaks:  # the rank that leads is gone, and this one has all that it had
                with suppress(ConflictError), checkpoints.lock():
                    checkpoints.save(trainer.step, trainer.state(), {})
            raise
        given = ranks.told(None)
    model = run.artifacts.get(given, "model")
    return Result(model, dict(model.summary), reused=not trained)


def _start(run: Run, trainer: Trainer, checkpoints: Checkpoints, beginning: Beginning | None, resume: bool) -> None:
    """Put a trainer where it is to start: at the last checkpoint, at the end of a shorter training, or at step 0."""
    found = checkpoints.load()
    if found is not None:
        step, arrays, _ = found
        if resume:
            run.tell(f"Continuing at step {step}.")
            trainer.restore(step, arrays)
        else:
            run.tell(
                f"A checkpoint of this very run stands at step {step}; starting over. (--resume would continue it.)"
            )
            checkpoints.clear()
        return
    if beginning is None:
        if resume:
            run.tell("No checkpoint of this run: starting at step 0.")
        return
    first = f"{beginning.model.ref} is this run's first {beginning.steps} steps"
    if not resume:
        run.tell(f"{first}; --resume would go on from it.")
    elif beginning.by_other_code and not run.reuse:
        run.tell(f"{first} by other code; starting at step 0. (--reuse would go on from it.)")
    elif why := go_on_from([beginning], trainer):
        run.tell(f"{first}, but {why}: starting at step 0.")
    else:
        run.tell(f"Going on from {beginning.model.ref} at step {beginning.steps}.")


def _train(
    run: Run, trainer: Trainer, options: TrainOptions, checkpoints: Checkpoints, log: NoLog, stopped: Callable[[], bool]
) -> float:
    """Run the loop with progress and checkpoints, and return its seconds."""

    def report(rate: float) -> None:
        log.update(trainer)
        run.progress(Progress("training", trainer.step, options.steps, "steps", {**latest(trainer), "samples/s": rate}))

    def save() -> None:
        if trainer.ranks.leads:
            checkpoints.save(trainer.step, trainer.state(), {})

    try:
        finished, seconds = advance(trainer, options, save=save, report=report, stopped=stopped)
    except LostRankError as error:
        error.message = f"{error.message.rstrip('.')} at step {trainer.step}; nothing was published."
        error.hint = f"To go on, on as many ranks as there are: {_again(run, trainer.ranks)}"
        raise
    if trainer.history.all_diverged:
        step = int(trainer.history.diverged_at[0])
        checkpoints.clear()
        whose = "The loss of the plain twin" if trainer.history.diverged_in(step, TWIN) else "The loss"
        raise DivergedError(f"{whose} became non-finite at step {step}; nothing was published.", _MILDER)
    if not finished:
        again = _again(run, trainer.ranks)
        raise InterruptedRunError(f"Interrupted at step {trainer.step}; nothing was published.", f"To go on: {again}")
    return seconds


def _again(run: Run, ranks: Alone) -> str:
    """Return the command that goes on with a training."""
    words = shlex.split(run.command)
    started = [] if ranks is ALONE else ["torchrun", "--nproc-per-node", str(ranks.count), "-m"]
    return shlex.join([*started, *words, *([] if "--resume" in words else ["--resume"])])


def _say_nothing(said: object) -> None:
    """Say nothing, of a rank that does not lead."""
