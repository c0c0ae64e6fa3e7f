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
from posectl.core.latent.paths import WHOLE, Span, alphas, between
from posectl.data.dataset import TEST
from posectl.errors import InvalidInputError, UsageError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.files import is_file
from posectl.stages.evaluation.baselines import Baseline
from posectl.stages.evaluation.endpoints import random_pairs
from posectl.stages.evaluation.factors import FINEST, LENGTHS, STEP, Ends, FactorSpace, PlacedEnds
from posectl.stages.evaluation.protocol import (
    Evaluation,
    Protocol,
    check_kind,
    drawn_once,
    protocol,
    provide_draws,
    provide_labels,
    provide_real,
    splits_of,
)

INTERVAL, RETRIEVAL_INTERVAL = 80.0, 70.0
"""Degrees between the ends of paths whose errors are shown, and of those whose alpha is retrieved (AEAI, section
4.3)."""

BEYOND = 20.0
"""Degrees by which extrapolations go on beyond either end."""


@protocol("images")
class ImageProtocol(Protocol):
    """The protocol of images. Every metric of paths takes the random pairs. Where the factors behind the images are
    known, paths are placed among them, and compared with the true images."""

    compat = ("acai",)
    not_reproduced = {
        "acai": "a new test set at every evaluation, the median of a run's last 20 evaluations, and a layer trained "
        "beside the autoencoder: classifier_accuracy's is trained after (`posectl train --reg probe` trains one beside)"
    }
    sizes = {
        "random_pairs": 256, "random_steps": 16, "samples": 2000, "recall_samples": 2000, "recall_targets": 2000,
    }  # fmt: skip

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

        def codes(ends: Ends) -> tuple[Tensor, Tensor]:
            return model.encode(ends.images[:, 0]), model.encode(ends.images[:, 1])

        def decoded(ends: Ends, steps: int, span: Span = WHOLE) -> Tensor:
            return model.decode_path(*codes(ends), steps, path, span)

        self.baseline(evaluation, decoded, dataset)
        evaluation.inputs.provide(
            path_codes=lambda: between(
                *codes(evaluation.inputs.get("random_ends")), evaluation.options.random_steps, path
            ),
            model=lambda: model,
            originals=lambda: evaluation.tensor(dataset.test if (dataset.split == TEST).any() else dataset.train),
            reconstructions=lambda: model.reconstruct(evaluation.inputs.get("originals")),
        )
        provide_labels(evaluation, model, dataset)
        provide_draws(evaluation, model, dataset)
        evaluation.protocol |= {"path": path, "prior": model.prior.name, "weights": evaluation.options.weights}

    def baseline(self, evaluation: Evaluation, decode: Baseline, dataset: StoredDataset) -> None:
        """Provide the paths of a model or a baseline, and their places among the factors."""
        options, space = evaluation.options, _factor_space(evaluation, dataset)
        ends = _random_ends(evaluation, dataset, space)
        evaluation.inputs.provide(
            random_ends=lambda: ends,
            paths=lambda: decode(ends, options.random_steps),
            random_paths=lambda: evaluation.inputs.get("paths"),
        )
        evaluation.protocol |= {
            "pairs": options.random_pairs,
            "steps": options.random_steps,
            "endpoints": f"random pairs of {options.split} images",
        }
        _provide_reference(evaluation, dataset, space)
        if space is not None and isinstance(ends, PlacedEnds):
            if space.has_one_object:
                even = space.straight_path(ends.factors, options.random_steps)
                evaluation.inputs.provide(trace=lambda: space.trace(evaluation.inputs.get("paths"), even))
            else:
                evaluation.inputs.provide(object_trace=lambda: space.object_trace(evaluation.inputs.get("paths"), ends))
            _provide_intervals(evaluation, space, decode)

    def array(self, evaluation: Evaluation, array: np.ndarray, behind: StoredDataset | None) -> None:
        """Provide paths (B, T, C, H, W) as they are, their ends at the factors of the nearest real images; or draws (N,
        C, H, W)."""
        if evaluation.files and array.min() >= 0:
            evaluation.run.tell(
                f"No value of {evaluation.label} is below 0: images are in [-1, 1], "
                "and scores of others do not compare."
            )
        given = torch.from_numpy(array).to(evaluation.device)
        moving = given.ndim == 5
        names = ("paths", "random_paths") if moving else ("samples", "recall_samples")
        evaluation.inputs.provide(**dict.fromkeys(names, lambda: given))
        evaluation.protocol |= dict(zip(("pairs", "steps") if moving else ("samples",), given.shape, strict=False))
        dataset = self.dataset(evaluation, behind)
        if dataset is None:
            return
        if given.shape[-3:] != dataset.shape:
            raise InvalidInputError(
                f"{evaluation.label} has images {tuple(given.shape[-3:])}; {dataset.artifact.ref} has {dataset.shape}.",
                "Name a dataset of the same shape with --against; paths are (B, T, C, H, W) or, in grey, (B, T, H, W).",
            )
        space = _factor_space(evaluation, dataset)
        _provide_reference(evaluation, dataset, space)
        if space is None or not moving:
            return
        paths = given
        inputs = evaluation.inputs
        inputs.provide(
            trace=lambda: space.trace(paths),
            interval_paths=lambda: paths,
            interval_trace=lambda: inputs.get("trace"),
            retrieval_trace=lambda: inputs.get("trace"),
            interval_truth=lambda: space.truth(inputs.get("trace").expected, space.objects_in(paths[:, 0])),
        )
        evaluation.protocol["endpoints"] = "as the nearest real images have them"

    def dataset(self, evaluation: Evaluation, own: StoredDataset | None) -> StoredDataset | None:
        """Return the dataset of images that was named as reference, or the subject's own."""
        if evaluation.against is None:
            return own
        if is_file(evaluation.against):
            raise UsageError("Images are held against a dataset, not a file.", "`posectl prepare images` makes one.")
        dataset = evaluation.dataset(evaluation.against)
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
    """Provide the real images that distances are measured to, and those whose recall is asked."""
    inputs = evaluation.inputs
    inputs.provide(
        reference=lambda: evaluation.tensor(dataset.samples),
        recall_targets=lambda: drawn_once(evaluation, inputs.get("reference").cpu().numpy(), "targets"),
    )
    provide_real(evaluation, dataset.train, dataset.test)
    evaluation.protocol |= {
        "reference": dataset.artifact.ref,
        "reference_images": len(dataset.split),
        "reference_split": splits_of(evaluation, dataset.validation),
    }
    evaluation.parents = [*evaluation.parents, ("reference", dataset.artifact)]
    if not (space and space.fine) and {TEST} < set(dataset.split.tolist()):
        inputs.provide(
            test_reference=lambda: evaluation.tensor(dataset.test),
            test_targets=lambda: drawn_once(evaluation, dataset.test, "test targets"),
        )
    if space is not None:
        inputs.provide(reference=lambda: space.gallery[0], true_images=lambda: inputs.get("reference"))
        evaluation.protocol["retrieval"] = space.metric
        if space.fine:
            evaluation.protocol |= {"reference_images": FINEST, "reference_split": "drawn evenly"}


def _provide_intervals(evaluation: Evaluation, space: FactorSpace, decode: Baseline) -> None:
    inputs, asked = evaluation.inputs, evaluation.options.interval
    if asked is not None and not 2 * STEP <= asked < 180:
        raise UsageError(f"An interval of {asked:g} degrees cannot be gone through.", "Take 10 to 175: --interval 80.")
    intervals = _Intervals(space, decode, evaluation.options.intervals, evaluation.run.seed)
    degrees, retrieval = (asked or published for published in (INTERVAL, RETRIEVAL_INTERVAL))
    ends = intervals.ends(degrees)
    if ends is None:
        return
    further, span = steps_of(degrees + 2 * BEYOND), (-BEYOND / degrees, 1 + BEYOND / degrees)
    inputs.provide(
        interval_paths=lambda: decode(ends, steps_of(degrees)),
        interval_truth=lambda: space.truth(intervals.even(ends, degrees), ends.objects),
        interval_trace=lambda: space.trace(inputs.get("interval_paths"), intervals.even(ends, degrees)),
        interval_sweep=lambda: intervals,
        beyond_paths=lambda: decode(ends, further, span),
        beyond_truth=lambda: space.truth(space.straight_path(ends.factors, further, span), ends.objects),
        beyond_alpha=lambda: alphas(further, span),
    )
    evaluation.protocol |= {"interval": degrees, "intervals": len(ends.images)}
    apart = intervals.ends(retrieval)
    if apart is not None:
        inputs.provide(
            retrieval_trace=lambda: space.trace(decode(apart, steps_of(retrieval)), intervals.even(apart, retrieval))
        )
        evaluation.protocol["retrieval_interval"] = retrieval


def steps_of(degrees: float) -> int:
    """Count the images on an interval, both ends included: one every STEP degrees."""
    return round(degrees / STEP) + 1


@dataclass(frozen=True)
class _Intervals:
    """Intervals of images: the ends of those of one length; an iterable over lengths, with paths and true images that
    are made as they are asked for."""

    space: FactorSpace
    decode: Baseline
    most: int
    seed: int

    def ends(self, degrees: float) -> PlacedEnds | None:
        """Draw ends that are so many degrees apart; None where there are none."""
        return self.space.interval(degrees, self.most, self.seed)

    def even(self, ends: PlacedEnds, degrees: float) -> Tensor:
        """Return the even path (B, T, F) between ends that are so many degrees apart."""
        return self.space.straight_path(ends.factors, steps_of(degrees))

    def __iter__(self) -> Iterator[tuple[float, Tensor, Tensor]]:
        for degrees in LENGTHS:
            ends = self.ends(degrees)
            if ends is not None:
                truth = self.space.truth(self.even(ends, degrees), ends.objects)
                yield float(degrees), self.decode(ends, steps_of(degrees)), truth
