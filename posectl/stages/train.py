"""train: an autoencoder under regularizers, from a dataset artifact to a model artifact."""

from __future__ import annotations

import dataclasses
import math
import shlex
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from posectl.core import device as devices
from posectl.core.latent.priors import PRIORS
from posectl.core.nets import NETS, Architecture
from posectl.core.objectives import OBJECTIVES, Objective
from posectl.core.training.augment import for_poses
from posectl.core.training.loop import Plan, Term, Trainer
from posectl.errors import (
    DivergedError,
    InterruptedRunError,
    InvalidInputError,
    UsageError,
    nearest_name,
)
from posectl.stages.dataset import StoredDataset
from posectl.stages.options import TrainOptions
from posectl.stages.prepare import prepare
from posectl.stages.run import Progress, Result, Run, produce, run_key
from posectl.store import Checkpoints, Draft

# How often a checkpoint is written unless asked otherwise: often enough that a killed run loses a minute or so.
_CHECKPOINT_SECONDS = 30.0


def train(
    run: Run, dataset: str | None = None, options: TrainOptions = TrainOptions(), *, resume: bool = False
) -> Result:
    """Train on a dataset (the newest one if None; the embedded mannequin in an empty store) and publish the model.

    resume continues from the last checkpoint of the same run, if there is one, as if it had never stopped. Raises
    DivergedError naming the step of a non-finite loss, InterruptedRunError after Ctrl-C.
    """
    _check(options)
    objectives = build_objectives(options)
    device = devices.resolve(run.device)
    source = _dataset(run, dataset)
    threads = devices.use_threads(run.threads)
    architecture = build_architecture(options, source.shape)
    config = run.config(options)
    config["objectives"] = {"value": [describe(o) for o in objectives], "source": "resolved"}
    parents = [("dataset", source.artifact)]
    key = run_key("model", config, run.seed, str(device), parents)

    checkpoints = run.artifacts.checkpoints(key)

    def fill(draft: Draft) -> dict[str, Any]:
        trainer = _trainer(run, source, options, architecture, objectives, device)
        _start(run, trainer, checkpoints, resume)
        seconds = _train(run, trainer, options, checkpoints, stopped)
        write(draft, trainer, 0)
        draft.record(threads=threads, about=about(options, architecture, objectives, source))
        return {**summary(trainer, 0), "steps": options.steps, "seconds": round(seconds, 3)}

    with checkpoints.lock(), _ctrl_c() as stopped:
        result = produce(run, "model", _default_name(options), config, fill, parents=parents, device=str(device))
        checkpoints.clear()  # not before the model is there
    return result


def _check(options: TrainOptions) -> None:
    """Raise UsageError for what no training can use."""
    for name in ("lr", "lr_adversary", "degrees"):
        value = getattr(options, name)
        flag = f"--{name.replace('_', '-')}"
        if value is not None and not math.isfinite(value):
            raise UsageError(f"{flag} must be finite, not {value}.", "Give a number.")
        if value is not None and (value < 0 or (value == 0 and name != "degrees")):
            raise UsageError(f"{flag} must be positive, not {value}.", "For example --lr 0.001.")
    for name, least in (("steps", 1), ("batch", 2), ("evaluate_every", 1), ("checkpoint_every", 0)):
        if getattr(options, name) < least:
            raise UsageError(f"--{name.replace('_', '-')} must be at least {least}.", "Give a larger number.")
    if options.prior not in PRIORS:
        raise UsageError(f"There is no prior {options.prior!r}.", nearest_name(options.prior, PRIORS))
    if options.pairing == "halves" and options.batch % 2:
        raise UsageError("Pairing by halves takes an even batch.", f"--batch {options.batch + 1}.")


def _dataset(run: Run, ref: str | None) -> StoredDataset:
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


def build_objectives(options: TrainOptions) -> list[Objective]:
    """The objectives that the options name, with lambdas and settings. Raises UsageError where they do not fit."""
    if options.lam and len(options.lam) != len(options.reg):
        raise UsageError(
            f"{len(options.reg)} regularizer(s) and {len(options.lam)} lambda(s) were given.",
            "Give one --lam after each --reg, or none for the published ones.",
        )
    settings: dict[str, dict[str, float | str]] = {name: {} for name in options.reg}
    for name, key, value in map(_setting, options.set):
        if name not in settings:
            raise UsageError(
                f"--set {name}.{key} speaks of a regularizer that is not used.", nearest_name(name, settings)
            )
        settings[name][key] = value
    for name, lam in zip(options.reg, options.lam, strict=False):
        settings[name]["lam"] = lam
    return [_objective(name, settings[name]) for name in options.reg]


def _objective(name: str, settings: Mapping[str, Any]) -> Objective:
    kind = OBJECTIVES.get(name)
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for key, value in settings.items():
        if key not in fields:
            raise UsageError(f"The regularizer {name!r} has no setting {key!r}.", nearest_name(key, fields))
        if fields[key].type in ("float", "int") and not isinstance(value, int | float):
            raise UsageError(f"{name}.{key} is a number, not {value!r}.", f"For example --set {name}.{key}=0.1.")
        if isinstance(value, float) and not math.isfinite(value):
            raise UsageError(f"{name}.{key} must be finite, not {value}.", "Give a number.")
    lam = settings.get("lam", 0.0)
    if lam < 0:
        raise UsageError(f"A lambda cannot be negative, and {name}'s is {lam}.", "0 turns a regularizer off.")
    return kind(**settings)


def _setting(text: str) -> tuple[str, str, float | str]:
    name, _, rest = text.partition(".")
    key, equals, value = rest.partition("=")
    if not (name and key and equals):
        raise UsageError(f"--set {text!r} is not understood.", "Write it as --set acai.gamma=0.05.")
    try:
        return name, key, float(value)
    except ValueError:
        return name, key, value


def describe(objective: Objective) -> dict[str, Any]:
    return {"name": objective.name, **dataclasses.asdict(objective)}  # type: ignore[call-overload]


def build_architecture(options: TrainOptions, shape: tuple[int, ...]) -> Architecture:
    return NETS.get(options.net)(
        shape=tuple(shape), latent=options.latent, widths=tuple(options.widths), activation=options.activation,
        batch_norm=options.batch_norm,
    )  # fmt: skip


def _trainer(
    run: Run,
    source: StoredDataset,
    options: TrainOptions,
    architecture: Architecture,
    objectives: list[Objective],
    device: torch.device,
) -> Trainer:
    augment = None
    if source.is_poses and (options.rotate != "none" or options.flip):
        mirror = source.skeleton.mirror if options.flip else ()
        augment = for_poses(source.up, mirror, rotate=options.rotate, degrees=options.degrees)
    train, test = (torch.from_numpy(np.ascontiguousarray(a)).to(device) for a in (source.train, source.test))
    plan = Plan(
        steps=options.steps, batch=options.batch, lr=options.lr, lr_adversary=options.lr_adversary,
        pairing=options.pairing, evaluate_every=max(1, min(options.evaluate_every, options.steps)),
    )  # fmt: skip
    terms = [Term(o, torch.tensor([o.lam], device=device)) for o in objectives]
    return Trainer(architecture, PRIORS[options.prior], terms, train, test, plan, [run.seed], augment=augment)


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
    started = last = time.monotonic()
    first = trainer.step

    def save() -> None:
        nonlocal last
        checkpoints.save(trainer.step, trainer.state(), {})
        last = time.monotonic()

    def report() -> None:
        seconds = time.monotonic() - started
        rate = (trainer.step - first) * options.batch * trainer.replicas / max(seconds, 1e-9)
        run.progress(Progress("training", trainer.step, options.steps, "steps", {**latest(trainer), "samples/s": rate}))
        due = not options.checkpoint_every and time.monotonic() - last > _CHECKPOINT_SECONDS
        if due and trainer.step < options.steps and not trainer.all_diverged:
            save()

    finished = trainer.run(
        checkpoint_every=options.checkpoint_every, checkpoint=save, report=report, should_stop=stopped
    )
    if trainer.all_diverged:
        step = int(trainer.diverged_at[0])
        checkpoints.clear()
        raise DivergedError(
            f"The loss became non-finite at step {step}; nothing was published.",
            "A smaller --lr or --lam usually helps.",
        )
    if not finished:
        save()
        again = shlex.join([*shlex.split(run.command), "--resume"]) if "--resume" not in run.command else run.command
        raise InterruptedRunError(f"Interrupted at step {trainer.step}; nothing was published.", f"To go on: {again}")
    return time.monotonic() - started


@contextmanager
def _ctrl_c() -> Iterator[Callable[[], bool]]:
    """Turns the first Ctrl-C into a flag, so that a step is never left half done; a second one interrupts at once."""
    asked = False

    def ask(number: int, frame: Any) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, previous)

    try:
        previous = signal.signal(signal.SIGINT, ask)
    except ValueError:  # not the main thread: whoever owns the signals decides
        yield lambda: False
        return
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, previous)


def latest(trainer: Trainer, replica: int = 0) -> dict[str, float]:
    """The losses of the last step, and the last test error."""
    figures = dict(zip(trainer.figures, trainer.log[trainer.step - 1, :, replica].tolist(), strict=True))
    if trainer.tests:
        figures["test"] = float(trainer.tests[max(trainer.tests)][replica])
    return figures


def write(draft: Draft, trainer: Trainer, replica: int) -> None:
    """Put one replica's weights (last and best), optimizer state and log into a draft."""
    for which, best in (("last", False), ("best", True)):
        for name, array in trainer.weights(replica, best=best).items():
            draft.put(f"weights/{which}/{name}", array, _dims(array))
    for name, array in trainer.moments(replica).items():
        draft.put(f"optimizer/{name}", array, _dims(array))
    for i, name in enumerate(trainer.figures):
        draft.put(f"log/{name}", trainer.log[: trainer.step, i, replica].cpu().numpy(), ("step",))
    steps = sorted(trainer.tests)
    draft.put("log/test_step", np.array(steps, dtype=np.int64), ("test",))
    draft.put("log/test_error", np.array([trainer.tests[s][replica] for s in steps]), ("test",))


def _dims(array: np.ndarray) -> tuple[str, ...]:
    return tuple(f"size_{n}_of_axis_{i}" for i, n in enumerate(array.shape))


def summary(trainer: Trainer, replica: int) -> dict[str, Any]:
    return {
        "losses": {k: v for k, v in latest(trainer, replica).items() if k != "test"},
        "test_error": float(trainer.tests[max(trainer.tests)][replica]),
        "best_test_error": float(trainer.best_error[replica]),
        "best_step": int(trainer.best_step[replica]),
    }


def about(
    options: TrainOptions, architecture: Architecture, objectives: list[Objective], source: StoredDataset
) -> dict[str, Any]:
    """What a reader needs to rebuild the model: net, prior, objectives, and what its samples are."""
    return {
        "net": {"name": architecture.name, **dataclasses.asdict(architecture)},  # type: ignore[call-overload]
        "prior": options.prior,
        "objectives": [describe(o) for o in objectives],
        "samples": {k: source.about[k] for k in ("kind", "skeleton", "unit", "up", "coordinates") if k in source.about},
    }


def _default_name(options: TrainOptions) -> str:
    return "-".join(name for name in options.reg) if options.reg != ("none",) else "plain"
