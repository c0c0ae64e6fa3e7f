"""What a training's options mean: whether they make sense, and the net and objectives that they name."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import replace
from typing import Any

from posectl.core.latent.priors import PRIORS
from posectl.core.nets import NETS, Architecture
from posectl.core.objectives import OBJECTIVES, Objective
from posectl.errors import InvalidInputError, UsageError, nearest_name
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.options import RECIPES, TrainOptions


def check_options(options: TrainOptions) -> None:
    """Raise UsageError for what no training can use."""
    for name in ("lr", "lr_adversary", "degrees"):
        value = getattr(options, name)
        flag = f"--{name.replace('_', '-')}"
        if value is not None and not math.isfinite(value):
            raise UsageError(f"{flag} must be finite, not {value}.", "Give a number.")
        if value is not None and (value < 0 or (value == 0 and name != "degrees")):
            raise UsageError(f"{flag} must be positive, not {value}.", "For example --lr 0.001.")
    for name, least in (("steps", 1), ("batch", 2), ("evaluate_every", 1), ("checkpoint_every", 0),
                        ("snapshots", 0)):  # fmt: skip
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
    names, lams = _parts(options)
    settings: dict[str, dict[str, float | str]] = {name: {} for name in names}
    for name, key, value in map(_setting, options.set):
        if name not in settings:
            raise UsageError(
                f"--set {name}.{key} speaks of a regularizer that is not used.", nearest_name(name, settings)
            )
        settings[name][key] = value
    for name, lam in zip(names, lams, strict=True):
        if lam is not None:
            settings[name]["lam"] = lam
    return [_objective(name, settings[name]) for name in names]


def _parts(options: TrainOptions) -> tuple[list[str], list[float | None]]:
    """The regularizers, recipes resolved into theirs, and their lambdas, None for the published one."""
    names: list[str] = []
    lams: list[float | None] = []
    known = [*OBJECTIVES.names(), *RECIPES]
    for i, name in enumerate(options.reg):
        if name not in known:
            raise UsageError(f"There is no regularizer {name!r}.", nearest_name(name, known))
        lam = options.lam[i] if options.lam else None
        if name in RECIPES:
            names += RECIPES[name]
            lams += [weight * (1.0 if lam is None else lam) for weight in RECIPES[name].values()]
        else:
            names.append(name)
            lams.append(lam)
    return names, lams


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
    kind = kind.removesuffix(" | None")
    if kind == "bool":
        if value not in ("true", "false", 0, 1):
            raise UsageError(f"{what} is true or false, not {value!r}.", f"For example --set {what}=true.")
        return value in ("true", 1)
    if kind not in ("float", "int"):
        return value if isinstance(value, str) else f"{value:g}"
    if not isinstance(value, int | float) or (kind == "int" and not float(value).is_integer()):
        wanted = "a whole number" if kind == "int" else "a number"
        raise UsageError(f"{what} is {wanted}, not {value!r}.", f"For example --set {what}=1.")
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
