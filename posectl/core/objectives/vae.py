"""VAE: a code is the mean of a Gaussian that is sampled in training and held near the standard normal.

Source: Kingma and Welling, "Auto-Encoding Variational Bayes", 2014, Eq. 10 and appendices B and C; for images with the
settings of Berthelot et al., 2018 (brain-research/acai, vae.py).

Defaults: Berthelot et al.'s beta and likelihood of images; not their Adam at 1e-4 nor their length.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from posectl.core.kinds import Kind
from posectl.core.latent.posterior import reparameterise
from posectl.core.nets import Architecture
from posectl.core.nets.layers import Linear
from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks, Objective
from posectl.core.objectives.step import Noise, Step, Traced
from posectl.errors import UsageError


class Variational(Objective):
    """An objective whose codes are drawn from a Gaussian posterior in training, and held near N(0, I) by its term.

    In use a code is the posterior's mean; Berthelot et al. score draws from it, for which there is `reparameterise`.
    On the sphere the direction of a draw is decoded: N(0, I) has a uniform one, so the loss still bounds the
    likelihood under the sphere's own prior.
    """

    whole_batch = ""
    noise = {"vae": Noise("normal", "code")}
    replaces_reconstruction = True
    has_posterior = True
    changes_encoder = True

    def encoder(self, inner: nn.Module, architecture: Architecture, replicas: int) -> nn.Module:
        """Return the net's encoder with a linear layer to means and log variances."""
        return nn.Sequential(inner, Linear(replicas, architecture.latent, 2 * architecture.latent))

    def decoder(self, inner: nn.Module, architecture: Architecture, replicas: int, kind: Kind) -> nn.Module:
        """Return the net's decoder, of logits for images."""
        return FromLogits(inner) if kind.likelihood == "bernoulli" else inner

    def corrupt_code(self, z: Tensor, step: Step) -> Tensor:
        """Draw codes (R, B, d) from the posterior."""
        drawn = step.prior.project(reparameterise(step.z_raw, step.extra, step.drawn("vae")))
        # Added as a difference, so that other objectives' changes to the code stay.
        return step.prior.project(z + (drawn - step.z))

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the Kullback-Leibler divergence (R,) of N(mean, v) from N(0, I), or the narrower prior: sum of
        (mean^2 + v - 1 - log v) / 2, in its deviations."""
        deviation = step.prior.deviation
        mean, log_variance = step.z_raw / deviation, step.extra - 2 * math.log(deviation)
        return (mean.square() + log_variance.exp() - 1 - log_variance).sum(2).mean(1) / 2


@objective("vae")
@dataclass(frozen=True)
class VAE(Variational):
    """The variational autoencoder. The losses are in nats a sample, sums over elements and means over the batch, so
    other regularizers beside it take larger weights than beside a mean square.

    Images in [-1, 1] are Bernoulli in (x + 1) / 2, whose logits are decoded. Other samples are Gaussian.

    lam: weight of the divergence, beta. Paper: 1.
    sigma: standard deviation of each coordinate of a sample that is no image, in metres: about the error of a plain
        autoencoder of poses with 8 numbers.
    """

    name = "vae"

    lam: float = 1.0
    sigma: float = 0.02

    def __post_init__(self) -> None:
        if self.sigma <= 0:
            raise UsageError(f"{self.name}.sigma must be positive, not {self.sigma}.", "For example 0.05, in metres.")

    def reconstruction(self, step: Step, networks: Networks) -> Tensor:
        """Return -log p(x | z), (R,), but for the Gaussian's constant."""
        if step.kind.likelihood == "gaussian":
            losses = (step.x_hat - step.x).square() / (2 * self.sigma**2)
        elif step.kind.likelihood == "nearest":
            losses = step.kind.squares(step.x, step.x_hat)[..., None] / (2 * self.sigma**2)
        else:
            losses = F.binary_cross_entropy_with_logits(step.trace, (step.x + 1) / 2, reduction="none")
        return losses.flatten(2).sum(2).mean(1)


class FromLogits(Traced):
    """A decoder of logits l as one of images in [-1, 1]: 2 sigmoid(l) - 1, twice a pixel's probability less one."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, codes: Tensor) -> Tensor:
        return torch.tanh(self.inner(codes) / 2)

    def trace(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """Return images and their logits: beyond 18 or so, images are 1 or -1 in float32 and no longer show the
        logits."""
        logits = self.inner(codes)
        return torch.tanh(logits / 2), logits
