"""The reparameterisation of a Gaussian posterior.

Source: Kingma and Welling, "Auto-Encoding Variational Bayes", 2014, section 2.4.
"""

from __future__ import annotations

from torch import Tensor


def reparameterise(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """Draw codes (..., d), not yet projected, from N(mean, exp(log_variance)) by standard normal noise.

    >>> import torch
    >>> from posectl.core.latent.posterior import reparameterise
    >>> reparameterise(torch.ones(2), torch.zeros(2), torch.tensor([0.0, 2.0]))
    tensor([1., 3.])
    """
    return mean + (log_variance / 2).exp() * noise
