"""The identity of a training: its settings with net and objectives, and the key that its model is found by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import torch

from posectl.core.kinds import KINDS
from posectl.core.nets import NETS, Architecture
from posectl.core.objectives import OBJECTIVES
from posectl.core.objectives.base import Objective
from posectl.errors import IntegrityError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.identity import key_of, work_of, work_recorded
from posectl.stages.options import TrainOptions
from posectl.stages.run import Run
from posectl.stages.training.augmentation import AUGMENTATIONS
from posectl.stages.training.settings import (
    build_architecture,
    build_objectives,
    describe,
    informed,
    resolve_options,
)
from posectl.store import Artifact


@dataclass(frozen=True)
class Replica:
    """One training: its options, its work, and the key that its model is found by, however it is trained. modules:
    those that registries gave it."""

    options: TrainOptions
    seed: int
    architecture: Architecture
    objectives: tuple[Objective, ...]
    config: dict[str, dict[str, Any]]
    work: str
    key: str
    modules: tuple[str, ...]


def identify(run: Run, dataset: StoredDataset, options: TrainOptions, seed: int, device: torch.device) -> Replica:
    """Identify the training of these options and seed. Raises UsageError where the options do not fit together."""
    options = resolve_options(options, dataset)
    objectives = informed(build_objectives(options), options, dataset)
    architecture = build_architecture(options, tuple(dataset.shape), sum(each.in_code for each in objectives))
    config = run.config(options)
    if options.labelled is None:  # as before there was this option
        del config["labelled"]
    config["objectives"] = {"value": [describe(o) for o in objectives], "source": "resolved"}
    config["architecture"] = {"value": describe(architecture), "source": "resolved"}
    work = work_of("model", config, seed, str(device), [("dataset", dataset.artifact.digest)])
    modules = (
        *(OBJECTIVES.module(o.name) for o in objectives),
        NETS.module(architecture.name),
        KINDS.module(dataset.kind.name),
        *(AUGMENTATIONS.module(name) for name in AUGMENTATIONS.names() if name == dataset.kind.name),
    )
    # A sweep and `train` find each other's models: both compute them by the code of train.
    return Replica(options, seed, architecture, objectives, config, work, key_of(work, "train", modules), modules)


def existing_models(
    run: Run, replicas: Sequence[Replica], models: Iterable[Artifact] | None = None
) -> dict[str, Artifact]:
    """Find the models that trainings ended as, under any name: the newest of each, by the training's key.

    models: those to look among, all of the store unless told, which takes a millisecond each to read. Those of the same
    work by other code count if `run.reuse`; else their number is reported.
    """
    by_key = {replica.key: replica.key for replica in replicas}
    by_work = {replica.work: replica.key for replica in replicas}
    found: dict[str, Artifact] = {}
    others: dict[str, Artifact] = {}
    for model in run.artifacts.artifacts("model") if models is None else models:
        same = by_key.get(str(model.key))
        other = None if same else by_work.get(work_recorded(model, ["dataset"]))
        with suppress(IntegrityError):  # a damaged one is trained again
            if same or other:
                model.check_sizes()
            if same:
                found[same] = model
            elif other:
                others[other] = model
    others = {key: model for key, model in others.items() if key not in found}
    if others and not run.reuse:
        run.tell(f"{len(others)} of {len(replicas)} models are there by other code; --reuse takes them.")
    return {**others, **found} if run.reuse else found
