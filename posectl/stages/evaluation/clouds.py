"""The evaluation protocol of point clouds: paths between random test clouds, and reconstructions of those."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.core.latent.priors import sample_codes
from posectl.core.random import generator
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.evaluation.protocol import (
    Evaluation,
    Protocol,
    Reference,
    ResolvedOptions,
    protocol,
    provide_labels,
)
from posectl.stages.options import EvaluateOptions


@protocol("clouds")
class CloudProtocol(Protocol):
    """The protocol of clouds. Every metric of paths takes the random pairs, for a distance of clouds is dear; distances
    of clouds element by element, which the search for the nearest takes, say nothing and are not provided."""

    sizes = {"random_pairs": 64, "random_steps": 16}

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
            codes = sample_codes(model.prior, len(clouds), model.latent, generator(seed, "evaluate/samples"))
            return model.decode(codes.to(model.device))

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
            "endpoints": "random pairs of test clouds",
            "samples": len(clouds),
        }
        if dataset is not None:
            provide_labels(evaluation, model, dataset)
        self.provide_reference(evaluation, reference)

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
        evaluation.inputs.provide(cloud_reference=lambda: evaluation.tensor(clouds))
        evaluation.protocol |= {
            "reference": reference.label,
            "reference_clouds": len(clouds),
            "reference_split": "test",
        }
        if reference.parent is not None:
            evaluation.parents = [*evaluation.parents, ("reference", reference.parent)]
        if reference.record is not None:
            evaluation.files = [*(evaluation.files or []), reference.record]
