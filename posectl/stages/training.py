"""What `train` and `sweep` share: a training's identity, its trainer, its steps, and the model that it ends as."""

from __future__ import annotations

import dataclasses
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from posectl.core import device as devices
from posectl.core.latent.priors import PRIORS
from posectl.core.nets import Architecture
from posectl.core.objectives import Objective
from posectl.core.training.augment import for_poses
from posectl.core.training.batches import Endless, Stored, Supply, Taken
from posectl.core.training.loop import Plan, Term, Trainer
from posectl.data.dataset import TRAIN
from posectl.data.worlds import sampler
from posectl.errors import IntegrityError
from posectl.stages.dataset import StoredDataset
from posectl.stages.options import TrainOptions
from posectl.stages.run import Run, run_key
from posectl.stages.settings import build_architecture, build_objectives, describe, suited, with_classes
from posectl.store import Artifact, Draft

# How often a checkpoint is written unless asked otherwise: often enough that a killed run loses a minute or so.
_CHECKPOINT_SECONDS = 30.0

_OF_SAMPLES = ("kind", "skeleton", "unit", "up", "coordinates", "factors", "periods", "classes", "world")


@dataclass(frozen=True)
class Replica:
    """One training: what was asked for, and the key that its model is found by, however it is trained."""

    options: TrainOptions
    seed: int
    architecture: Architecture
    objectives: tuple[Objective, ...]
    config: dict[str, dict[str, Any]]
    key: str


def identify(run: Run, source: StoredDataset, options: TrainOptions, seed: int, device: torch.device) -> Replica:
    """The training of these options and seed. Raises UsageError where the options do not fit together."""
    options = suited(options, source)
    objectives = [with_classes(objective, source) for objective in build_objectives(options)]
    architecture = build_architecture(options, tuple(source.shape))
    config = run.config(options)
    config["objectives"] = {"value": [describe(o) for o in objectives], "source": "resolved"}
    key = run_key("model", config, seed, str(device), [("dataset", source.artifact)])
    return Replica(options, seed, architecture, tuple(objectives), config, key)


def models_by_key(run: Run, keys: Iterable[str]) -> dict[str, Artifact]:
    """The models, under whatever name, that trainings of these keys ended as: the newest of each."""
    wanted, found = set(keys), {}
    for model in run.artifacts.artifacts("model"):
        if model.key in wanted:
            with suppress(IntegrityError):  # a damaged one is trained again
                model.check_sizes()
                found[model.key] = model
    return found


def build_trainer(source: StoredDataset, replicas: Sequence[Replica], device: torch.device) -> Trainer:
    """The trainer of replicas that differ in lambdas and seed alone, as one stack."""
    options = replicas[0].options
    augment = None
    if source.is_poses and (options.rotate != "none" or options.flip):
        mirror = source.skeleton.mirror if options.flip else ()
        augment = for_poses(source.up, mirror, rotate=options.rotate, degrees=options.degrees)
    test = torch.from_numpy(np.ascontiguousarray(source.test)).to(device)
    devices.allow_tf32(options.precision == "tf32")
    plan = Plan(
        steps=options.steps, batch=options.batch, lr=options.lr, lr_adversary=options.lr_adversary,
        pairing=options.pairing, evaluate_every=max(1, min(options.evaluate_every, options.steps)),
        betas=options.betas, precision=options.precision, snapshots=options.snapshots,
    )  # fmt: skip
    terms = [
        Term(same[0], torch.tensor([o.lam for o in same], device=device))
        for same in zip(*(replica.objectives for replica in replicas), strict=True)
    ]
    return Trainer(
        replicas[0].architecture, PRIORS[str(options.prior)], terms, supply(source, device), test, plan,
        [r.seed for r in replicas], augment=augment,
    )  # fmt: skip


def supply(source: StoredDataset, device: torch.device) -> Supply:
    """The training samples: those of the dataset, or fresh ones where its world has no end."""
    draw = sampler(source.about, device)
    if draw is not None:

        def take(count: int, generator: torch.Generator) -> Taken:
            images, known = draw(count, generator)
            return images, known.get("label")

        return Endless(take, tuple(source.shape), device)
    train = torch.from_numpy(np.ascontiguousarray(source.train)).to(device)
    labels = None
    if source.about.get("classes"):
        labels = torch.from_numpy(source.known("label")[source.split == TRAIN].astype(np.int64)).to(device)
    return Stored(train, labels)


def advance(
    trainer: Trainer,
    options: TrainOptions,
    *,
    save: Callable[[], None],
    report: Callable[[float], None],
    stopped: Callable[[], bool],
) -> tuple[bool, float]:
    """Step to the end: whether it was reached (or was not, by a stop or by divergence of all), and the seconds.

    report receives samples per second, all replicas summed. A stop leaves a checkpoint.
    """
    started = last = time.monotonic()
    first = trainer.step

    def checkpoint() -> None:
        nonlocal last
        save()
        last = time.monotonic()

    def look() -> None:
        seconds = time.monotonic() - started
        report((trainer.step - first) * options.batch * trainer.replicas / max(seconds, 1e-9))
        due = not options.checkpoint_every and time.monotonic() - last > _CHECKPOINT_SECONDS
        if due and trainer.step < options.steps and not trainer.history.all_diverged:
            checkpoint()

    finished = trainer.run(
        checkpoint_every=options.checkpoint_every, checkpoint=checkpoint, report=look, should_stop=stopped
    )
    if not finished and not trainer.history.all_diverged:
        save()
    return finished, time.monotonic() - started


@contextmanager
def ctrl_c() -> Iterator[Callable[[], bool]]:
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
    history = trainer.history
    figures = dict(zip(history.figures, history.log[trainer.step - 1, :, replica].tolist(), strict=True))
    if history.tests:
        figures["test"] = float(history.tests[max(history.tests)][replica])
    return figures


def write_model(
    draft: Draft, trainer: Trainer, index: int, replica: Replica, source: StoredDataset, seconds: float
) -> dict[str, Any]:
    """Put one replica of a trainer into a draft, and return the summary of its figures."""
    _write_arrays(draft, trainer, index)
    about = _about(replica, source) | {"snapshots": list(trainer.history.snapshots)}
    draft.record(threads=torch.get_num_threads(), about=about)
    unit = "m" if source.is_poses else "1"
    return {**_summary(trainer, index), "unit": unit, "steps": replica.options.steps, "seconds": round(seconds, 3)}


def _write_arrays(draft: Draft, trainer: Trainer, replica: int) -> None:
    """Put one replica's weights (last and best), optimizer state and log into a draft."""
    history = trainer.history
    for which in ("last", "best", *(f"step-{step}" for step in history.snapshots)):
        for name, array in trainer.weights(replica, which).items():
            draft.put(f"weights/{which}/{name}", array, _dims(array))
    for name, array in trainer.moments(replica).items():
        draft.put(f"optimizer/{name}", array, _dims(array))
    for i, name in enumerate(history.figures):
        draft.put(f"log/{name}", history.log[: trainer.step, i, replica].cpu().numpy(), ("step",))
    steps = sorted(history.tests)
    draft.put("log/test_step", np.array(steps, dtype=np.int64), ("test",))
    draft.put("log/test_error", np.array([history.tests[s][replica] for s in steps]), ("test",))


def _dims(array: np.ndarray) -> tuple[str, ...]:
    return tuple(f"size_{n}_of_axis_{i}" for i, n in enumerate(array.shape))


def _summary(trainer: Trainer, replica: int) -> dict[str, Any]:
    history = trainer.history
    return {
        "losses": {k: v for k, v in latest(trainer, replica).items() if k != "test"},
        "initial_test_error": float(history.tests[0][replica]),
        "test_error": float(history.tests[max(history.tests)][replica]),
        "best_test_error": float(history.best_error[replica]),
        "best_step": int(history.best_step[replica]),
    }


def _about(replica: Replica, source: StoredDataset) -> dict[str, Any]:
    """What a reader needs to rebuild the model: net, prior, objectives, and what its samples are."""
    net = replica.architecture
    return {
        "net": {"name": net.name, **dataclasses.asdict(net)},  # type: ignore[call-overload]
        "prior": replica.options.prior,
        "objectives": [describe(o) for o in replica.objectives],
        "samples": {k: source.about[k] for k in _OF_SAMPLES if k in source.about},
    }


def default_name(options: TrainOptions) -> str:
    return "-".join(options.reg) if options.reg != ("none",) else "plain"
