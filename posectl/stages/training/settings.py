"""The interpretation of a training's options: their checks, and the net and objectives that they name."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from posectl.core.latent.priors import NORMAL, PRIORS
from posectl.core.nets import NETS, Architecture
from posectl.core.objectives import OBJECTIVES
from posectl.core.objectives.base import Objective, check_together
from posectl.core.objectives.price import Price
from posectl.data.dataset import TEST, TRAIN
from posectl.errors import InvalidInputError, UsageError, did_you_mean
from posectl.stages.artifacts.about import Description
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.options import PRICED, PRICED_SETTINGS, RECIPES, TrainOptions
from posectl.store.refs import fitting_name


def check_options(options: TrainOptions) -> None:
    """Raise UsageError for what no training can use."""
    for name in ("lr", "lr_adversary", "degrees"):
        value = getattr(options, name)
        flag = f"--{name.replace('_', '-')}"
        if value is not None and not math.isfinite(value):
            raise UsageError(f"{flag} must be finite, not {value}.", "Give a number.")
        if value is not None and (value < 0 or (value == 0 and name != "degrees")):
            raise UsageError(f"{flag} must be positive, not {value}.", "For example --lr 0.001.")
    for name, least in (("steps", 1), ("batch", 2), ("latent", 1), ("evaluate_every", 1), ("checkpoint_every", 0),
                        ("snapshots", 0)):  # fmt: skip
        if getattr(options, name) < least:
            raise UsageError(f"--{name.replace('_', '-')} must be at least {least}.", "Give a larger number.")
    if options.prior is not None and options.prior not in PRIORS:
        raise UsageError(f"There is no prior {options.prior!r}.", did_you_mean(options.prior, PRIORS))
    if not all(0 <= beta < 1 for beta in options.betas):
        raise UsageError(f"Adam's betas are in [0, 1), and {options.betas} are not.", "For example --betas 0.9,0.999.")
    if options.pairing == "halves" and options.batch % 2:
        raise UsageError("Pairing by halves takes an even batch.", f"--batch {options.batch + 1}.")
    micro = options.micro_batch
    if micro is not None and micro != options.batch and (micro < 2 or micro % 2 or options.batch % micro):
        fitting = [size for size in range(2, options.batch + 1, 2) if options.batch % size == 0]
        near = min(fitting, key=lambda size: abs(size - micro), default=None)
        raise UsageError(
            f"A batch of {options.batch} is not made of micro-batches of {micro}, each of whole pairs.",
            f"--micro-batch {near}." if near else "Take an even --batch.",
        )


# Micro-batches of a batch over ranks whose size nobody tells: as many as divide it into whole pairs.
_PARTS = (8, 4, 2)


def divided(options: TrainOptions, count: int | None) -> TrainOptions:
    """Return the options of a training over so many ranks, None for one without, with its micro-batch: the same for any
    number of ranks. Raises UsageError where that does not share them out."""
    if count is None:
        return options
    batch = options.batch
    micro = options.micro_batch or batch // next((n for n in _PARTS if batch % (2 * n) == 0), 1)
    if batch // micro % count:
        whole = -(-batch // (2 * count)) * 2 * count
        raise UsageError(
            f"The {batch // micro} micro-batches of a batch of {batch} cannot be shared out among {count} ranks.",
            f"Take --batch {whole} --micro-batch {whole // count}, or another number of ranks.",
        )
    return replace(options, micro_batch=micro)


def build_objectives(options: TrainOptions) -> list[Objective]:
    """Build the objectives of the options, with lambdas and settings. Raises UsageError if they do not fit."""
    if options.lam and len(options.lam) != len(options.reg):
        raise UsageError(
            f"{len(options.reg)} regularizer(s) and {len(options.lam)} lambda(s) were given.",
            "Give one --lam after each --reg, or none for the published ones.",
        )
    if options.reg == TrainOptions.reg and any(options.lam):
        weight = f"--lam {options.lam[0]:g}"
        raise UsageError(f"{weight} weighs a regularizer, and none is named.", f"For example --reg acai {weight}.")
    names, lams = _parts(options)
    nets = [options.net] if options.net else NETS.names()
    settings = _settings(options, [*names, *nets])
    if options.price is not None:
        _check_price(options.price, options, names)
        settings[Price.name]["price"] = options.price
    for name, lam in zip(names, lams, strict=True):
        if lam is not None:
            settings[name]["lam"] = lam
    return [_objective(name, settings[name]) for name in names]


def _check_price(value: float, options: TrainOptions, names: Sequence[str]) -> None:
    """Raise UsageError for what is no price, for one that no weights follow, and for one that is told twice."""
    Price(price=value)  # raises
    price = f"--price {value:g}"
    if options.lam and set(options.reg) & set(RECIPES):
        raise UsageError(
            f"{price} has the recipe's weights found, and --lam tells them.", "Leave --lam out, or --price."
        )
    if Price.name not in names:
        raise UsageError(f"{price} is what the recipe may cost, and there is none.", "Add --reg posectl.")
    if any(setting.startswith(f"{Price.name}.price=") for setting in options.set):
        raise UsageError(f"{price} and --set price.price both tell the price.", "Leave one of them out: --set.")


def build_architecture(options: TrainOptions, shape: tuple[int, ...], in_code: int = 0) -> Architecture:
    """Build the net that the options name, with its settings, for samples of this shape; in_code: numbers of a code
    that stand for classes, before those of the options."""
    name = str(options.net)
    cls = NETS.get(name)
    names, _ = _parts(options)
    latent = in_code + options.latent
    return cls(shape=shape, latent=latent, **_typed(name, "net", cls, _settings(options, [name, *names])[name]))


def _settings(options: TrainOptions, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Group the settings by their regularizer or net. Raises UsageError for one that is not used."""
    settings: dict[str, dict[str, Any]] = {name: {} for name in names}
    of_recipes = [] if options.lam else [text for name in options.reg for text in PRICED_SETTINGS.get(name, ())]
    for name, key, value in map(_setting, [*of_recipes, *options.set]):
        if name not in settings:
            raise UsageError(
                f"--set {name}.{key} is of a regularizer or net that is not used.", did_you_mean(name, settings)
            )
        settings[name][key] = value
    return settings


def _parts(options: TrainOptions) -> tuple[list[str], list[float | None]]:
    """Return the regularizers, recipes resolved into theirs, and their lambdas, None for the published one."""
    names: list[str] = []
    lams: list[float | None] = []
    known = [*OBJECTIVES.names(), *RECIPES]
    for i, name in enumerate(options.reg):
        if name not in known:
            raise _no_regularizer(name, known)
        lam = options.lam[i] if options.lam else None
        if name in RECIPES:
            parts = PRICED[name] if lam is None else {part: w * lam for part, w in RECIPES[name].items()}
            names += parts
            lams += parts.values()
        else:
            names.append(name)
            lams.append(lam)
    return names, lams


def _no_regularizer(name: str, known: Sequence[str]) -> UsageError:
    several = [part.strip() for part in name.replace("+", ",").split(",")]
    if len(several) > 1 and set(several) <= set(known):
        again = " ".join(f"--reg {part}" for part in several)
        return UsageError(f"{name!r} is several regularizers in one.", f"Name each by itself: {again}.")
    return UsageError(f"There is no regularizer {name!r}.", did_you_mean(name, known))


def _objective(name: str, settings: dict[str, Any]) -> Objective:
    cls = OBJECTIVES.get(name)
    values = _typed(name, "regularizer", cls, settings)
    if values.get("lam", 0.0) < 0:
        raise UsageError(f"A lambda cannot be negative, and {name}'s is {values['lam']}.", "0 turns a regularizer off.")
    return cls(**values)


def _typed(name: str, what: str, cls: type, settings: dict[str, Any]) -> dict[str, Any]:
    """Bring settings to the types of a dataclass's fields. Raises UsageError for keys and values that do not fit."""
    fields = {f.name: f for f in dataclasses.fields(cls) if f.name not in ("shape", "latent")}
    for key in settings:
        if key not in fields:
            raise UsageError(f"The {what} {name!r} has no setting {key!r}.", did_you_mean(key, fields))
    return {key: _of_type(f"{name}.{key}", value, str(fields[key].type)) for key, value in settings.items()}


def _of_type(what: str, value: Any, kind: str) -> Any:
    """Return the value of a setting as its field's type has it."""
    kind = kind.removesuffix(" | None")
    if kind == "bool":
        if value not in ("true", "false", "1", "0"):
            raise UsageError(f"{what} is true or false, not {value!r}.", f"For example --set {what}=true.")
        return value in ("true", "1")
    if kind.startswith("tuple[int"):
        return tuple(_number(what, part, "int") for part in str(value).split(","))
    return _number(what, value, kind) if kind in ("float", "int") else value


def _number(what: str, value: Any, kind: str) -> float | int:
    try:
        number = float(value)
    except ValueError:
        number = math.nan if str(value).strip().lower() == "nan" else None  # type: ignore[assignment]
    if number is None or (kind == "int" and math.isfinite(number) and not number.is_integer()):
        wanted = "a whole number" if kind == "int" else "a number"
        raise UsageError(f"{what} is {wanted}, not {value!r}.", f"For example --set {what}=1.")
    if not math.isfinite(number):
        raise UsageError(f"{what} must be finite, not {number}.", "Give a number.")
    return int(number) if kind == "int" else number


def _setting(text: str) -> tuple[str, str, str]:
    name, _, rest = text.partition(".")
    key, equals, value = rest.partition("=")
    if not (name and key and equals):
        raise UsageError(f"--set {text!r} is not understood.", "Write it as --set acai.gamma=0.05.")
    return name, key, value


def describe(thing: Any) -> Description:
    """Return a net or objective as artifacts record it: its name and its fields."""
    return {"name": thing.name, **dataclasses.asdict(thing)}


# Samples of a split, at most, whose error is taken where training samples come in blocks.
HELD_OUT = 1 << 16


def resolve_options(options: TrainOptions, dataset: StoredDataset) -> TrainOptions:
    """Fill in the prior and net that suit the kind of sample, where none was named, and the order of the samples.

    Raises UsageError for few labels among samples that are taken in blocks.
    """
    kind, endless = dataset.kind, bool(dataset.about.scene.get("endless"))
    order = options.order or ("blocks" if dataset.is_beyond_memory and not endless else "rows")
    if order == "blocks" and options.labelled is not None:
        raise UsageError("--labelled draws from all samples at once.", "Add --order rows, if there is room for them.")
    return replace(options, prior=options.prior or kind.prior, net=options.net or kind.net, order=order)


def informed(objectives: Sequence[Objective], options: TrainOptions, dataset: StoredDataset) -> tuple[Objective, ...]:
    """Return the objectives as the labels of the data make them.

    Raises InvalidInputError where labels are needed and there are none, or of one class alone, and UsageError where the
    options do not fit them.
    """
    check_together(list(objectives))
    on_sphere = [each.name for each in objectives if each.needs_normal and options.prior != NORMAL.name]
    if on_sphere:
        raise UsageError(f"Part of a code of {on_sphere[0]} stands for classes, on no sphere.", "Add --prior normal.")
    needing = [each for each in objectives if each.needs_labels]
    if options.labelled is not None and not needing:
        raise UsageError(
            f"--labelled {options.labelled} is of labels that are learned, and no regularizer here learns any.",
            "Add --reg aae-semi, or leave --labelled out.",
        )
    if not needing:
        return tuple(objectives)
    classes, some = _classes(needing[0].name, dataset), options.labelled is not None
    if some:
        _check_labelled(needing, int(options.labelled or 0), dataset)
    return tuple(each.informed(classes, unlabelled=some) if each.needs_labels else each for each in objectives)


def remarks(objectives: Sequence[Objective], dataset: StoredDataset) -> list[str]:
    """Say in a sentence each what the data cannot show: of a price without validation samples, of the classes of
    objectives that tell classes apart."""
    ref, said = dataset.artifact.ref, []
    if dataset.is_beyond_memory and not dataset.about.scene.get("endless"):
        said.append(
            f"{ref} exceeds the memory's budget, and is read block by block; errors are of {HELD_OUT:,} of its samples "
            "at most."
        )
    if any(isinstance(each, Price) for each in objectives) and not len(dataset.validation):
        said.append(
            f"{ref} has no validation samples (`prepare --validation 0.1`): the price is held on training batches, and "
            "test samples are not used in their place."
        )
    heads = next((each for each in objectives if each.heads), None)
    if heads is None or not dataset.about.classes or dataset.about.scene.get("endless"):
        return said
    labels = dataset.known("label")
    train, test = (set(np.unique(labels[dataset.split == split]).tolist()) for split in (TRAIN, TEST))
    if not heads.needs_labels and heads.heads < len(train):
        said.append(f"{heads.heads} clusters are fewer than the {len(train)} classes of {ref}: some share one.")
    for left, where in ((train - test, "training"), (test - train, "test")):
        if left:
            said.append(f"Of {ref}, classes {sorted(left)} are in the {where} samples alone.")
    return said


def _classes(name: str, dataset: StoredDataset) -> int:
    """Return the number of classes. Raises InvalidInputError for labels that teach nothing."""
    classes = dataset.about.classes
    if not classes:
        raise InvalidInputError(
            f"{name} is to be informed by labels, and {dataset.artifact.ref} has none.",
            "Take a dataset with classes, as MNIST's or a folder of folders.",
        )
    if not dataset.about.scene.get("endless"):
        found = len(np.unique(dataset.known("label")[dataset.split == TRAIN]))
        if found < 2:
            raise InvalidInputError(
                f"All training samples of {dataset.artifact.ref} are of one class, and {name} tells several apart.",
                "Prepare samples of two classes or more.",
            )
    return classes


def _check_labelled(needing: Sequence[Objective], labelled: int, dataset: StoredDataset) -> None:
    """Raise UsageError for a number of labelled samples that there are not, or that cannot teach these objectives."""
    samples = int((dataset.split == TRAIN).sum())
    whole = next((each.name for each in needing if each.needs_all_labels), None)
    if whole is not None:
        raise UsageError(
            f"{whole} is told the label of every sample, and --labelled {labelled} leaves some without.",
            "Leave --labelled out, or take --reg aae-semi.",
        )
    if dataset.about.scene.get("endless"):
        raise UsageError(f"{dataset.artifact.ref} draws every sample afresh, with its label.", "Leave --labelled out.")
    if labelled > samples:
        raise UsageError(
            f"--labelled {labelled} is more than the {samples:,} training samples of {dataset.artifact.ref}.",
            f"--labelled {samples} at most, or all.",
        )
    found = len(np.unique(dataset.known("label")[dataset.split == TRAIN]))
    if labelled < found:
        raise UsageError(
            f"--labelled {labelled} leaves some of the {found} classes without a sample.",
            f"--labelled {found} or more.",
        )


def default_name(options: TrainOptions, dataset: StoredDataset) -> str:
    """Name a model after its dataset and its regularizers."""
    reg = "-".join(options.reg) if options.reg != ("none",) else "plain"
    return fitting_name(f"{dataset.artifact.name}-{reg}")
