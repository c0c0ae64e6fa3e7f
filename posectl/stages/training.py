"""What `train` and `sweep` share: a training's identity, its trainer, its steps, and the model that it ends as."""

from __future__ import annotations

import dataclasses
import math
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from posectl.core import device as devices
from posectl.core.latent.priors import PRIORS
from posectl.core.nets import NETS, Architecture
from posectl.core.objectives import OBJECTIVES, Objective
from posectl.core.training.augment import for_poses
from posectl.core.training.batches import Endless, Stored, Supply, Taken
from posectl.core.training.loop import Plan, Term, Trainer
from posectl.data.dataset import TRAIN
from posectl.data.worlds import sampler
from posectl.errors import IntegrityError, InvalidInputError, UsageError, nearest_name
from posectl.stages.dataset import StoredDataset
from posectl.stages.options import TrainOptions
from posectl.stages.run import Run, run_key
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


def suited(options: TrainOptions, source: StoredDataset) -> TrainOptions:
    """The options with the prior and net that suit the samples, where none was named."""
    prior, net = ("normal", "conv") if source.kind == "images" else ("sphere", "mlp")
    return replace(options, prior=options.prior or prior, net=options.net or net)


def build_architecture(options: TrainOptions, shape: tuple[int, ...]) -> Architecture:
    """The net that the options name, given those of them that it has."""
    kind = NETS.get(str(options.net))
    own = {field.name for field in dataclasses.fields(kind)} & {field.name for field in dataclasses.fields(options)}
    return kind(shape=shape, **{name: getattr(options, name) for name in own})


def with_classes(objective: Objective, source: StoredDataset) -> Objective:
    """The objective, told how many classes the labels name. Raises InvalidInputError where it needs labels in vain."""
    if not objective.needs_labels:
        return objective
    classes = source.about.get("classes")
    if not classes:
        raise InvalidInputError(
            f"{objective.name} is to be informed by labels, and {source.artifact.ref} has none.",
            "Take a dataset with classes, as MNIST's or a folder of folders.",
        )
    return replace(objective, classes=int(classes))  # type: ignore[type-var]


def models_by_key(run: Run, keys: Iterable[str]) -> dict[str, Artifact]:
    """The models, under whatever name, that trainings of these keys ended as: the newest of each."""
    wanted, found = set(keys), {}
    for model in run.artifacts.artifacts("model"):
        if model.key in wanted:
            with suppress(IntegrityError):  # a damaged one is trained again
                model.check_sizes()
                found[model.key] = model
    return found


def check_options(options: TrainOptions) -> None:
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
    if options.prior is not None and options.prior not in PRIORS:
        raise UsageError(f"There is no prior {options.prior!r}.", nearest_name(options.prior, PRIORS))
    if not all(0 <= beta < 1 for beta in options.betas):
        raise UsageError(f"Adam's betas are in [0, 1), and {options.betas} are not.", "For example --betas 0.9,0.999.")
    if options.pairing == "halves" and options.batch % 2:
        raise UsageError("Pairing by halves takes an even batch.", f"--batch {options.batch + 1}.")


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


def _objective(name: str, settings: dict[str, Any]) -> Objective:
    kind = OBJECTIVES.get(name)
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    for key, value in dict(settings).items():
        if key not in fields:
            raise UsageError(f"The regularizer {name!r} has no setting {key!r}.", nearest_name(key, fields))
        settings[key] = _of_type(f"{name}.{key}", value, str(fields[key].type))
    lam = settings.get("lam", 0.0)
    if lam < 0:
        raise UsageError(f"A lambda cannot be negative, and {name}'s is {lam}.", "0 turns a regularizer off.")
    return kind(**settings)


def _of_type(what: str, value: float | str, kind: str) -> float | int | bool | str:
    """The value of a setting as its field's type has it."""
    if kind == "bool":
        if value not in ("true", "false", 0, 1):
            raise UsageError(f"{what} is true or false, not {value!r}.", f"For example --set {what}=true.")
        return value in ("true", 1)
    if kind not in ("float", "int"):
        return value if isinstance(value, str) else f"{value:g}"
    if not isinstance(value, int | float) or (kind == "int" and not float(value).is_integer()):
        raise UsageError(f"{what} is a {'whole ' * (kind == 'int')}number, not {value!r}.", f"For example --set {what}=1.")
    if not math.isfinite(value):
        raise UsageError(f"{what} must be finite, not {value}.", "Give a number.")
    return int(value) if kind == "int" else value


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
        betas=options.betas, precision=options.precision,
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
        if due and trainer.step < options.steps and not trainer.all_diverged:
            checkpoint()

    finished = trainer.run(
        checkpoint_every=options.checkpoint_every, checkpoint=checkpoint, report=look, should_stop=stopped
    )
    if not finished and not trainer.all_diverged:
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
    figures = dict(zip(trainer.figures, trainer.log[trainer.step - 1, :, replica].tolist(), strict=True))
    if trainer.tests:
        figures["test"] = float(trainer.tests[max(trainer.tests)][replica])
    return figures


def write_model(
    draft: Draft, trainer: Trainer, index: int, replica: Replica, source: StoredDataset, seconds: float
) -> dict[str, Any]:
    """Put one replica of a trainer into a draft, and return the summary of its figures."""
    _write_arrays(draft, trainer, index)
    draft.record(threads=torch.get_num_threads(), about=_about(replica, source))
    unit = "m" if source.is_poses else "1"
    return {**_summary(trainer, index), "unit": unit, "steps": replica.options.steps, "seconds": round(seconds, 3)}


def _write_arrays(draft: Draft, trainer: Trainer, replica: int) -> None:
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


def _summary(trainer: Trainer, replica: int) -> dict[str, Any]:
    return {
        "losses": {k: v for k, v in latest(trainer, replica).items() if k != "test"},
        "test_error": float(trainer.tests[max(trainer.tests)][replica]),
        "best_test_error": float(trainer.best_error[replica]),
        "best_step": int(trainer.best_step[replica]),
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
