"""Tasks of a pose prior: completion, denoising, inverse kinematics and generation, of models and of baselines.

Poses come from the test split; all that starts or trains anything comes from the train split.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.core.latent.densities import fitted_gaussian
from posectl.core.latent.priors import NORMAL, sample_codes
from posectl.core.metrics.hypotheses import Recovered
from posectl.core.random import generator
from posectl.core.recovery import Recovery
from posectl.core.recovery.average import Average
from posectl.core.recovery.fitted import Fit
from posectl.core.recovery.linear import Linear
from posectl.core.recovery.neighbour import Neighbour
from posectl.core.recovery.network import Network
from posectl.core.recovery.random_starts import RandomStarts
from posectl.data.dataset import TEST, TRAIN, VALIDATION
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError, TooFewError, UsageError, did_you_mean
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.examples import spread
from posectl.stages.artifacts.rows import evenly
from posectl.stages.evaluation.masks import any_known, known_by_mask
from posectl.stages.evaluation.protocol import Evaluation, Reference, protocol_of, provide_draws
from posectl.stages.options import TASKS
from posectl.stages.run import Progress

SIGMAS = (20, 40, 100)
"""Standard deviations of the noise of every coordinate, millimetres."""

FRAMES = 60
FEWEST = 10
"""Poses that each split has to have."""

_STARTS = 10

FITTED = ("completion",)
"""The tasks in which a model's code from random starts is a baseline."""

CHIEF = ("hidden", "hidden_min10", "hidden_mean10", "seen", "all", "aligned", "bones", "apd10", "fid", "fid_of_angles",
         "feature_fid", "precision", "recall", "dnn", "dnn_of_angles", "apd")  # fmt: skip
"""The scores of tasks that are shown where none are asked for."""

INPUTS = {"completion": "completions", "ik": "solutions", "denoising": "denoised"}


class Task(NamedTuple):
    """What the subjects of a task share: training poses (M, J, 3), test poses (N, J, 3), and clips (B, T, J, 3)."""

    train: Tensor
    test: Tensor
    clips: Tensor


def model_task(evaluation: Evaluation, model: Autoencoder, dataset: StoredDataset | None) -> None:
    """Provide what a model makes of the task, against its dataset or the named reference."""
    reference = protocol_of(evaluation.kind).reference(evaluation, dataset)
    if reference is None:
        raise InvalidInputError(f"The dataset of {evaluation.label} is gone.", "Name one with --against.")
    options, seed = evaluation.options, evaluation.run.seed
    evaluation.protocol |= {"weights": options.weights, "prior": model.prior.name}
    task = _task(evaluation, reference)
    if options.task == "generation":
        provide_draws(evaluation, model, dataset)
        evaluation.protocol["samples"] = options.samples
        _provide_generation(evaluation, task, lambda: evaluation.inputs.get("samples"))
        return
    evaluation.protocol["starts"] = options.starts
    if options.starts == "random":
        _provide(evaluation, task, lambda: RandomStarts(model, _STARTS, seed))
    else:
        _provide(evaluation, task, lambda: Fit(model, spread(model, task.train, reference.up, reference.parent), seed))


def baseline_task(evaluation: Evaluation, name: str) -> None:
    """Provide what a baseline makes of the task. Raises UsageError for one that the task has not."""
    reference = protocol_of(evaluation.kind).reference(evaluation, None)
    assert reference is not None
    named = str(evaluation.options.task)
    if name not in BASELINES[named]:
        raise UsageError(f"There is no baseline {name!r} of {named}.", did_you_mean(name, BASELINES[named]))
    task = _task(evaluation, reference)
    if named == "generation":
        count, g = evaluation.options.samples, generator(evaluation.run.seed, "evaluate/samples")
        evaluation.protocol["samples"] = count
        _provide_generation(evaluation, task, lambda: _DRAWS[name](task.train, count, g))
    else:
        _provide(evaluation, task, lambda: _RECOVERIES[name](task.train))


def samples_task(evaluation: Evaluation) -> None:
    """Score samples (N, J, 3) of any system for the task. Raises InvalidInputError for another task, for paths, and
    without a reference."""
    if evaluation.options.task != "generation" or not evaluation.inputs.has("samples"):
        raise InvalidInputError(
            f"{evaluation.label} holds no model, and {evaluation.options.task} needs one.",
            "Name a model or a baseline; --task generation takes samples, too.",
        )
    if evaluation.reference is None:
        raise InvalidInputError("Generation needs real poses.", "Name a dataset with --against.")
    _provide_generation(evaluation, _task(evaluation, evaluation.reference), lambda: evaluation.inputs.get("samples"))


def _task(evaluation: Evaluation, reference: Reference) -> Task:
    if evaluation.kind.name != "poses":
        raise InvalidInputError(
            f"{evaluation.options.task} is a task of poses, and {evaluation.label} is of {evaluation.kind.name}.",
            "Name a model of poses.",
        )
    for name, poses in (("train", reference.train), ("test", reference.test)):
        if len(poses) < FEWEST:
            raise TooFewError(
                f"{reference.label} has {len(poses)} poses for {name}, and tasks need {FEWEST} or more of each split.",
                "Name a dataset of more with --against.",
            )
    held_out = VALIDATION if evaluation.options.split == "validation" else TEST
    count, seed = min(evaluation.options.poses, len(reference.test)), evaluation.run.seed
    rows = torch.randperm(len(reference.test), generator=generator(seed, "evaluate/task poses"))[:count].numpy()
    clips = _clips(reference, held_out, max(1, count // FRAMES), seed)
    if reference.parent is not None and all(
        parent.digest != reference.parent.digest for _, parent in evaluation.parents
    ):
        evaluation.parents = [*evaluation.parents, ("reference", reference.parent)]
    evaluation.inputs.provide(parents=lambda: H36M17.parents)
    evaluation.protocol |= {
        "task": evaluation.options.task,
        "reference": reference.label,
        "train_poses": len(reference.train),
        "test_poses": count,
        "clips": len(clips),
        "split": _split(reference, held_out),
    }
    return Task(*map(evaluation.tensor, (reference.train, reference.test[rows], clips)))


def _split(reference: Reference, held_out: int) -> str:
    """Say by what the held-out split is apart from the train split."""
    if reference.parent is None or not reference.parent.has("clips/subject"):
        return "unknown"
    dataset = StoredDataset(reference.parent)
    starts, subjects = dataset.artifact.read("clips/start"), dataset.artifact.read("clips/subject")
    of_train, of_test = (set(subjects[dataset.split[starts] == part].tolist()) for part in (TRAIN, held_out))
    both = of_train & of_test - {""}
    if both:
        return f"{len(both)} subjects in train and test"
    return "by subject, where it is known" if "" in subjects else "by subject"


def _clips(reference: Reference, held_out: int, count: int, seed: int) -> np.ndarray:
    """Draw `count` clips (B, FRAMES, J, 3) of held-out frames that follow one another; none of a reference without."""
    none = np.zeros((0, FRAMES, *reference.test.shape[1:]), np.float32)
    if reference.parent is None or not reference.parent.has("clips/start"):
        return none
    dataset = StoredDataset(reference.parent)
    starts, lengths = (dataset.artifact.read(f"clips/{each}") for each in ("start", "length"))
    first = [
        row
        for start, length in zip(starts.tolist(), lengths.tolist(), strict=True)
        for row in range(start, start + length - FRAMES + 1, FRAMES)
        if dataset.split[start] == held_out
    ]
    order = torch.randperm(len(first), generator=generator(seed, "evaluate/task clips"))[:count].tolist()
    return np.stack([dataset.samples[first[i] : first[i] + FRAMES] for i in order]) if first else none


def _provide(evaluation: Evaluation, task: Task, made: Callable[[], Recovery]) -> None:
    """Provide the input of the task's metric, made by a recovery."""
    named, options, recovery = str(evaluation.options.task), evaluation.options, cache(made)
    if named == "denoising":
        evaluation.protocol["noise_mm"] = list(SIGMAS)
        evaluation.inputs.provide(denoised=lambda: _denoised(evaluation, task, recovery()))
        return
    hypotheses = options.hypotheses if named == "completion" else 1
    known = known_by_mask(named, options.masks, len(task.test), evaluation.run.seed)
    evaluation.protocol |= {"hypotheses": hypotheses, "masks": list(known)}

    def recovered() -> Mapping[str, Recovered]:
        found = {}
        for done, (mask, each) in enumerate(known.items()):
            evaluation.run.progress(Progress(f"{named}: {mask}", done, len(known), "masks"))
            each = each.to(evaluation.device)
            found[mask] = Recovered(task.test, each, recovery().complete(_blank(task.test, each), each, hypotheses))
        return found

    evaluation.inputs.provide(**{INPUTS[named]: recovered})


def _blank(poses: Tensor, known: Tensor) -> Tensor:
    """Return the poses with hidden joints at the origin: nobody shall see them."""
    return torch.where(known[..., None], poses, 0.0)


def _denoised(evaluation: Evaluation, task: Task, recovery: Recovery) -> dict[str, Recovered]:
    found = {}
    for done, sigma in enumerate(SIGMAS):
        evaluation.run.progress(Progress(f"denoising: {sigma} mm", done, len(SIGMAS), "noises"))
        noise, g = sigma / 1000, generator(evaluation.run.seed, "evaluate/noise", sigma)
        single, clips = (_noisy(poses, noise, g) for poses in (task.test, task.clips))
        found[f"{sigma}"] = _all_known(task.test, recovery.denoise(single, noise))
        if len(clips):
            made = recovery.denoise_clips(clips, noise)
            found[f"{sigma}-clips"] = _all_known(task.clips.flatten(0, 1), made.flatten(0, 1)[:, None])
    return found


def _noisy(poses: Tensor, noise: float, g: torch.Generator) -> Tensor:
    return poses + noise * torch.randn(poses.shape, generator=g).to(poses)


def _all_known(truth: Tensor, made: Tensor) -> Recovered:
    return Recovered(truth, torch.ones(truth.shape[:2], dtype=torch.bool, device=truth.device), made)


def _provide_generation(evaluation: Evaluation, task: Task, drawn: Callable[[], Tensor]) -> None:
    evaluation.inputs.provide(drawn=drawn, train=lambda: task.train, held_out=lambda: task.test)


def _real(train: Tensor, count: int, g: torch.Generator) -> Tensor:
    return train[torch.randint(len(train), (count,), generator=g).to(train.device)]


def _gaussian(train: Tensor, count: int, g: torch.Generator) -> Tensor:
    flat = train.flatten(1)[evenly(len(train), 50_000)]
    return sample_codes(fitted_gaussian(NORMAL, flat), count, flat.shape[1], g).to(train).unflatten(1, train.shape[1:])


_DRAWS: dict[str, Callable[[Tensor, int, torch.Generator], Tensor]] = {"train": _real, "gaussian": _gaussian}
_RECOVERIES: dict[str, Callable[[Tensor], Recovery]] = {
    "regression": Linear,
    "network": partial(Network, masks=any_known),
    "neighbour": Neighbour,
    "noisy": lambda train: Average(0),
    "moving-average": lambda train: Average(2),
}
BASELINES: dict[str, tuple[str, ...]] = {
    "completion": ("regression", "network", "neighbour"),
    "ik": ("regression", "network", "neighbour"),
    "denoising": ("noisy", "moving-average", "regression", "network", "neighbour"),
    "generation": ("train", "gaussian"),
}
"""The baselines that stand beside every model, by task."""
assert set(BASELINES) == set(TASKS)
