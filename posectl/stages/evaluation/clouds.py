"""The evaluation protocol of point clouds: paths between random test clouds, and reconstructions of those."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.core.random import generator
from posectl.errors import InvalidInputError, UsageError, did_you_mean
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.evaluation.morphs import MIXES, SUM_WEIGHTS, has_factors, morphs_of, path_weights
from posectl.stages.evaluation.protocol import (
    Evaluation,
    Protocol,
    Reference,
    ResolvedOptions,
    protocol,
    provide_labels,
)
from posectl.stages.options import EvaluateOptions

TRAINING = "train"
"""The baseline that draws training clouds as samples: no model can do much better."""

Combine = Callable[[Tensor, Tensor], Tensor]
"""Clouds (B, T, P, 3) that are made of real ones (B, K, P, 3), combined by weights (T, K)."""


@protocol("clouds")
class CloudProtocol(Protocol):
    """The protocol of clouds. Every metric of paths takes the random pairs, for a distance of clouds is dear; distances
    of clouds element by element, which the search for the nearest takes, say nothing and are not provided."""

    sizes = {**Protocol.sizes, "random_pairs": 64, "random_steps": 16}

    def resolve(self, options: EvaluateOptions) -> ResolvedOptions:
        """Decide the sizes that were left open; every path has the steps of the random ones."""
        decided = super().resolve(options)
        return replace(decided, steps=decided.random_steps)

    def model(self, evaluation: Evaluation, model: Autoencoder, path: str, dataset: StoredDataset | None) -> None:
        """Provide the inputs that a model makes, against its dataset or the named reference."""
        reference = self.reference(evaluation, dataset)
        if reference is None:
            raise InvalidInputError(f"The dataset of {evaluation.label} is gone.", "Name one with --against.")
        clouds, _ = self.pool(evaluation, reference)
        if model.shape != clouds.shape[1:]:
            raise InvalidInputError(
                f"{evaluation.label} takes clouds of shape {model.shape}; {reference.label} has {clouds.shape[1:]}.",
                "Name a reference of the model's shape with --against.",
            )
        options, seed = evaluation.options, evaluation.run.seed

        def along() -> Tensor:
            a, b = (model.encode(evaluation.tensor(end)) for end in self.random_pairs(evaluation, reference))
            return model.decode_path(a, b, options.random_steps, path)

        def drawn() -> Tensor:
            count = min(options.clouds, len(clouds))
            codes = model.draw(count, generator(seed, "evaluate/samples")).codes
            return model.decode(codes.to(model.device))

        def on_path(ends: Tensor, weights: Tensor) -> Tensor:
            a, b = model.encode(ends.flatten(0, 1)).unflatten(0, ends.shape[:2]).unbind(1)
            return model.decode_path(a, b, len(weights), path)

        def summed(terms: Tensor, weights: Tensor) -> Tensor:
            codes = model.encode(terms.flatten(0, 1)).unflatten(0, terms.shape[:2])
            totals = torch.einsum("tk,bkd->btd", weights.to(codes), codes)
            return model.decode(model.prior.project(totals.flatten(0, 1))).unflatten(0, totals.shape[:2])

        evaluation.inputs.provide(
            model=lambda: model,
            paths=along,
            clouds=lambda: evaluation.tensor(clouds),
            reconstructed_clouds=lambda: model.reconstruct(evaluation.tensor(clouds)),
            cloud_samples=drawn,
        )
        evaluation.protocol |= {
            "path": path,
            "prior": model.prior.name,
            "weights": options.weights,
            "pairs": options.random_pairs,
            "steps": options.random_steps,
            "endpoints": f"random pairs of {options.split} clouds",
            "samples": min(options.clouds, len(clouds)),
        }
        if dataset is not None:
            provide_labels(evaluation, model, dataset)
        self.provide_reference(evaluation, reference)
        if reference.parent is not None:
            self.provide_morphs(evaluation, StoredDataset(reference.parent, evaluation.options.split), on_path, summed)

    def baseline(self, evaluation: Evaluation, name: str, dataset: StoredDataset) -> None:
        """Provide the sums that a mix of points makes of test clouds; or, of "train", training clouds as samples."""
        reference = self.stored_reference(dataset)
        self.provide_reference(evaluation, reference)
        if name == TRAINING:
            evaluation.inputs.provide(cloud_samples=lambda: _some(evaluation, reference.train, "samples"))
            return
        if name not in MIXES:
            raise UsageError(f"There is no baseline {name!r} of clouds.", did_you_mean(name, [*MIXES, TRAINING]))
        mix = MIXES[name]
        if not has_factors(dataset):
            raise InvalidInputError(
                f"The shapes between those of {dataset.artifact.ref} are not known.",
                "Make some: posectl prepare shapes.",
            )
        self.provide_morphs(evaluation, dataset, mix, mix)

    def provide_morphs(self, evaluation: Evaluation, dataset: StoredDataset, on_path: Combine, summed: Combine) -> None:
        """Provide paths and sums of test shapes whose factors are known, beside the true shapes."""
        if not has_factors(dataset):
            return
        inputs, options, seed = evaluation.inputs, evaluation.options, evaluation.run.seed
        inputs.provide(
            morphs=lambda: morphs_of(dataset, options.intervals, seed, evaluation.device),
            morph_paths=lambda: on_path(inputs.get("morphs").ends, path_weights()),
            morph_truth=lambda: inputs.get("morphs").between,
            sum_clouds=lambda: summed(inputs.get("morphs").terms, SUM_WEIGHTS)[:, 0],
            sum_truth=lambda: inputs.get("morphs").totals,
        )
        evaluation.protocol |= {"intervals": options.intervals, "morphs": "pairs and triples of a class"}

    def array(self, evaluation: Evaluation, array: np.ndarray, behind: StoredDataset | None) -> None:
        """Provide paths (B, T, P, 3), or samples (N, P, 3), as they are."""
        tensor = evaluation.tensor(array)
        moving = array.ndim == 4
        evaluation.inputs.provide(**{"paths" if moving else "cloud_samples": lambda: tensor})
        evaluation.protocol |= dict(zip(("pairs", "steps") if moving else ("samples",), array.shape, strict=False))
        reference = self.reference(evaluation, behind)
        if reference is not None:
            self.provide_reference(evaluation, reference)

    def provide_reference(self, evaluation: Evaluation, reference: Reference) -> None:
        """Provide the real clouds, of the test split."""
        clouds = reference.test if len(reference.test) else reference.train
        evaluation.inputs.provide(cloud_reference=lambda: _some(evaluation, clouds, "reference"))
        evaluation.protocol |= {
            "reference": reference.label,
            "reference_clouds": min(evaluation.options.clouds, len(clouds)),
            "reference_split": evaluation.options.split if len(reference.test) else "train",
        }
        if reference.parent is not None:
            evaluation.parents = [*evaluation.parents, ("reference", reference.parent)]
        if reference.record is not None:
            evaluation.files = [*(evaluation.files or []), reference.record]


def _some(evaluation: Evaluation, clouds: np.ndarray, purpose: str) -> Tensor:
    """Draw as many clouds as sets are compared by, each at most once."""
    order = torch.randperm(len(clouds), generator=generator(evaluation.run.seed, f"evaluate/{purpose} of clouds"))
    return evaluation.tensor(clouds[order[: evaluation.options.clouds].numpy()])
