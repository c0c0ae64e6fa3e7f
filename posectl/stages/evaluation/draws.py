"""The distribution that new codes are drawn from: the prior, or one fitted to the codes of training samples."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from posectl.core.autoencoder import Autoencoder
from posectl.core.latent.densities import fitted_gaussian
from posectl.core.latent.mixture import Mixture
from posectl.core.latent.priors import Prior, sample_codes
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.mixture import COMPONENTS, mixture_of
from posectl.stages.artifacts.rows import evenly
from posectl.stages.options import Draws

MOST = 10_000
"""Training samples at most whose codes a density is fitted to, spread evenly over them."""


def fitted_density(model: Autoencoder, draws: Draws, dataset: StoredDataset | None) -> Prior | Mixture | None:
    """Return the distribution to draw from that is fitted to a dataset's codes; None where none was asked for.

    Raises InvalidInputError where the dataset is gone, or has fewer than two samples.
    """
    if draws == "prior":
        return None
    if dataset is None:
        raise InvalidInputError("The dataset of the model, to fit a density to, is gone.", "--draws prior needs none.")
    real = dataset.train if len(dataset.train) else dataset.test
    if len(real) < 2:
        raise InvalidInputError(
            f"{dataset.artifact.ref} has too few samples to fit a density to.", "--draws prior needs none."
        )
    if draws == "mixture":
        return mixture_of(model, real, COMPONENTS)
    rows = evenly(len(real), MOST)
    return fitted_gaussian(model.prior, model.encode(torch.from_numpy(np.ascontiguousarray(real[rows]))))


def drawn_codes(model: Autoencoder, density: Prior | Mixture | None, count: int, generator: torch.Generator) -> Tensor:
    """Draw codes (count, d) on the CPU from a density, or, None, from what the model's codes were shaped to."""
    if density is None:
        return model.draw(count, generator).codes
    if isinstance(density, Mixture):
        noise, uniform = torch.randn(count, model.latent, generator=generator), torch.rand(count, generator=generator)
        return model.prior.project(density.draw(noise, uniform))
    return sample_codes(density, count, model.latent, generator)
