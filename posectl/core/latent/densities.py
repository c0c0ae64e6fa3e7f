"""Densities fitted to codes, from which new ones are drawn where codes do not follow the prior."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from posectl.core.latent.priors import Prior


def fitted_gaussian(prior: Prior, codes: Tensor) -> Prior:
    """Return the prior with draws from the Gaussian of the mean and the unbiased covariance of codes (N, d), N > 1,
    projected onto the prior's support. Source: Ghosh et al., "From Variational to Deterministic Autoencoders", 2020,
    section 4, ex-post density estimation.

    >>> import torch
    >>> from posectl.core.latent.densities import fitted_gaussian
    >>> from posectl.core.latent.priors import NORMAL
    >>> codes = torch.tensor([[1.0, 5.0], [3.0, 5.0]])  # mean 2 and variance 2 along the first axis
    >>> fitted_gaussian(NORMAL, codes).draw(torch.zeros(1, 2))
    tensor([[2., 5.]])
    """
    wide = codes.double().cpu()
    variances, axes = torch.linalg.eigh(torch.cov(wide.T).view(wide.shape[1], -1))
    # Rounding leaves a direction without spread with a variance about zero, on either side.
    root = (axes * variances.clamp_min(0).sqrt()) @ axes.T

    def draw(noise: Tensor) -> Tensor:
        fresh = wide.mean(0) + noise.double().cpu() @ root
        return prior.project(fresh.to(noise))

    return replace(prior, draw=draw)
