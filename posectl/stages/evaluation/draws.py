"""The distribution that new codes are drawn from: the prior, or one fitted to the codes of training samples."""

from __future__ import annotations

import numpy as np
import torch

from posectl.core.autoencoder import Autoencoder
from posectl.core.latent.densities import fitted_gaussian
from posectl.core.latent.priors import Prior
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.options import Draws

MOST = 10_000
"""Training samples at most whose codes a density is fitted to, spread evenly over them."""


def drawing_prior(model: Autoencoder, draws: Draws, dataset: StoredDataset | None) -> Prior:
    """Return the model's prior with draws as asked for, those that are fitted by its dataset.

    Raises InvalidInputError where that is gone, or has fewer than two samples.
    """
    if draws == "prior":
        return model.prior
    if dataset is None:
        raise InvalidInputError("The dataset of the model, to fit a density to, is gone.", "--draws prior needs none.")
    real = dataset.train if len(dataset.train) else dataset.test
    if len(real) < 2:
        raise InvalidInputError(
            f"{dataset.artifact.ref} has too few samples to fit a density to.", "--draws prior needs none."
        )
    rows = np.linspace(0, len(real) - 1, min(MOST, len(real))).round().astype(int)
    return fitted_gaussian(model.prior, model.encode(torch.from_numpy(np.ascontiguousarray(real[rows]))))
