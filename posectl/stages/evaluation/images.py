"""The evaluation protocol of images.

Paths go between random pairs of test images (ACAI), and between images a fixed angle apart (AEAI).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.data.dataset import TEST
from posectl.errors import InvalidInputError, UsageError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.files import is_file
from posectl.stages.evaluation.baselines import Baseline
from posectl.stages.evaluation.endpoints import random_pairs
from posectl.stages.evaluation.factors import FINEST, LENGTHS, STEP, Ends, FactorSpace, PlacedEnds
from posectl.stages.evaluation.protocol import Evaluation, Protocol, check_kind, protocol, provide_labels


@protocol("images")
class ImageProtocol(Protocol):
    """The protocol of images. Every metric of paths takes the random pairs. Where the factors behind the images are
    known, paths are placed among them, and compared with the true images."""

    compat = ("acai",)
    sizes = {"random_pairs": 256, "random_steps": 16}

    def model(self, evaluation: Evaluation, model: Autoencoder, path: str, dataset: StoredDataset | None) -> None:
        """Provide the inputs that a model makes, against its dataset or the named reference."""
        dataset = self.dataset(evaluation, dataset)
        if dataset is None:
            raise InvalidInputError(f"The dataset of {evaluation.label} is gone.", "Name one with --against.")
        if model.shape != dataset.shape:
            raise InvalidInputError(
                f"{evaluation.label} takes images of shape {model.shape}; {dataset.artifact.ref} has {dataset.shape}.",
                "Name a dataset of the model's shape with --against.",
            )

        def decoded(ends: Ends, steps: int) -> Tensor:
            first, last = (model.encode(ends.images[:, i]) for i in (0, 1))
            return model.decode_path(first, last, steps, path)

        self.baseline(evaluation, decoded, dataset)
        evaluation.inputs.provide(
            model=lambda: model,
            originals=lambda: evaluation.tensor(dataset.test if (dataset.split == TEST).any() else dataset.train),
            reconstructions=lambda: model.reconstruct(evaluation.inputs.get("originals")),
        )
        provide_labels(evaluation, model, dataset)
        evaluation.protocol |= {"path": path, "prior": model.prior.name, "weights": evaluation.options.weights}

    def baseline(self, evaluation: Evaluation, decode: Baseline, dataset: StoredDataset) -> None:
        """Provide the paths of a model or a baseline, and their places among the factors."""
        options, space = evaluation.options, _factor_space(evaluation, dataset)
        ends = _random_ends(evaluation, dataset, space)
        evaluation.inputs.provide(
            paths=lambda: decode(ends, options.random_steps),
            random_paths=lambda: evaluation.inputs.get("paths"),
        )
        evaluation.protocol |= {
            "pairs": options.random_pairs,
            "steps": options.random_steps,
            "endpoints": "random pairs of test images",
        }
        _provide_reference(evaluation, dataset, space)
        if space is not None and isinstance(ends, PlacedEnds):
            if space.has_one_object:
                even = space.straight_path(ends.factors, options.random_steps)
                evaluation.inputs.provide(trace=lambda: space.trace(evaluation.inputs.get("paths"), even))
            _provide_intervals(evaluation, space, decode)

    def array(self, evaluation: Evaluation, array: np.ndarray, behind: StoredDataset | None) -> None:
        """Provide paths (B, T, C, H, W) as they are; their ends are at the factors of the nearest real images."""
        if evaluation.files and array.min() >= 0:
            evaluation.run.tell(
                f"No value of {evaluation.label} is below 0: images are in [-1, 1], "
                "and scores of others do not compare."
            )
        if array.ndim != 5:
            return
        paths = torch.from_numpy(array).to(evaluation.device)
        evaluation.inputs.provide(paths=lambda: paths, random_paths=lambda: paths)
        evaluation.protocol |= {"pairs": paths.shape[0], "steps": paths.shape[1]}
        dataset = self.dataset(evaluation, behind)
        if dataset is None:
            return
        if paths.shape[2:] != dataset.shape:
            raise InvalidInputError(
                f"{evaluation.label} has images {tuple(paths.shape[2:])}; {dataset.artifact.ref} has {dataset.shape}.",
                "Name a dataset of the same shape with --against; paths are (B, T, C, H, W) or, in grey, (B, T, H, W).",
            )
        space = _factor_space(evaluation, dataset)
        _provide_reference(evaluation, dataset, space)
        if space is None:
            return
        inputs = evaluation.inputs
        inputs.provide(
            trace=lambda: space.trace(paths),
            interval_paths=lambda: paths,
            interval_trace=lambda: inputs.get("trace"),
            interval_truth=lambda: space.truth(inputs.get("trace").expected, space.objects_in(paths[:, 0])),
        )
        evaluation.protocol["endpoints"] = "as the nearest real images have them"

    def dataset(self, evaluation: Evaluation, own: StoredDataset | None) -> StoredDataset | None:
        """Return the dataset of images that was named as reference, or the subject's own."""
        if evaluation.against is None:
            return own
        if is_file(evaluation.against):
            raise UsageError("Images are held against a dataset, not a file.", "`posectl prepare images` makes one.")
        dataset = StoredDataset(evaluation.run.artifacts.get(evaluation.against, "dataset"))
        check_kind(dataset, self.kind)
        return dataset


def _factor_space(evaluation: Evaluation, dataset: StoredDataset) -> FactorSpace | None:
    """Return the factors behind the images; None where nothing is known of them, or none of them goes round."""
    if not dataset.about.periods.keys() & set(dataset.about.factors):
        return None
    return FactorSpace(dataset, evaluation.device, evaluation.options.retrieval)


def _random_ends(evaluation: Evaluation, dataset: StoredDataset, space: FactorSpace | None) -> Ends:
    rows = np.flatnonzero(dataset.split == TEST)
    if not len(rows):
        rows = np.arange(len(dataset.split))
    if len(rows) < 2:
        raise InvalidInputError(
            f"{dataset.artifact.ref} has fewer than two images to go between.", "Prepare one of more images."
        )
    pairs = np.stack(
        [rows[some] for some in random_pairs(len(rows), evaluation.options.random_pairs, evaluation.run.seed)], 1
    )
    images = torch.from_numpy(dataset.samples[pairs]).to(evaluation.device)
    if space is None:
        return Ends(images)
    chosen = torch.from_numpy(pairs).to(evaluation.device)
    return PlacedEnds(images, space.values[chosen], space.objects[chosen[:, 0]])


def _provide_reference(evaluation: Evaluation, dataset: StoredDataset, space: FactorSpace | None) -> None:
    """Provide the real images that distances are measured to."""
    evaluation.inputs.provide(reference=lambda: evaluation.tensor(dataset.samples))
    evaluation.protocol |= {
        "reference": dataset.artifact.ref,
        "reference_images": len(dataset.split),
        "reference_split": "train and test",
    }
    evaluation.parents = [*evaluation.parents, ("reference", dataset.artifact)]
    if space is not None:
        evaluation.inputs.provide(reference=lambda: space.gallery[0])
        evaluation.protocol["retrieval"] = space.metric
        if space.fine:
            evaluation.protocol |= {"reference_images": FINEST, "reference_split": "drawn evenly"}


def _provide_intervals(evaluation: Evaluation, space: FactorSpace, decode: Baseline) -> None:
    options = evaluation.options
    degrees = options.interval
    if not 2 * STEP <= degrees < 180:
        raise UsageError(
            f"An interval of {degrees:g} degrees cannot be gone through.", "Take 10 to 175: --interval 80."
        )
    ends = space.interval(degrees, options.intervals, evaluation.run.seed)
    if ends is None:
        return
    steps = steps_of(degrees)
    even = space.straight_path(ends.factors, steps)
    evaluation.inputs.provide(
        interval_paths=lambda: decode(ends, steps),
        interval_truth=lambda: space.truth(even, ends.objects),
        interval_trace=lambda: space.trace(evaluation.inputs.get("interval_paths"), even),
        interval_sweep=lambda: _IntervalSweep(space, decode, options.intervals, evaluation.run.seed),
    )
    evaluation.protocol |= {"interval": degrees, "intervals": len(ends.images)}


def steps_of(degrees: float) -> int:
    """Count the images on an interval, both ends included: one every STEP degrees."""
    return round(degrees / STEP) + 1


@dataclass(frozen=True)
class _IntervalSweep:
    """An iterable over lengths of interval, with paths and true images that are made as they are asked for."""

    space: FactorSpace
    decode: Baseline
    most: int
    seed: int

    def __iter__(self) -> Iterator[tuple[float, Tensor, Tensor]]:
        for degrees in LENGTHS:
            ends = self.space.interval(degrees, self.most, self.seed)
            if ends is not None:
                steps = steps_of(degrees)
                truth = self.space.truth(self.space.straight_path(ends.factors, steps), ends.objects)
                yield float(degrees), self.decode(ends, steps), truth
