"""The reparameterisation of a Gaussian posterior.

Source: Kingma and Welling, "Auto-Encoding Variational Bayes", 2014, section 2.4.
"""

from __future__ import annotations

from torch import Tensor


def reparameterise(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """Draw codes (..., d), not yet projected, from N(mean, exp(log_variance)) by standard normal noise."""
    return mean + (log_variance / 2).exp() * noise
