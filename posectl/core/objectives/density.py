"""The density of codes: new codes are drawn where those of training samples lie, not all over the prior's support.

A Gaussian follows the codes of the batches, as batch norm's running statistics do its rows; draws of it are projected
onto the prior's support. So terms of fresh codes press where codes are, and cost the reconstruction little. In the end
a mixture of Gaussians is fitted to the codes of training samples, and drawn from: codes of people who walk and who sit
lie apart. It is weights, means and covariances, and holds no sample. Source: posectl's own; after training it is
ex-post density estimation, Ghosh et al., "From Variational to Deterministic Autoencoders", 2020, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from posectl.core.latent.priors import Prior
from posectl.core.nets import Architecture
from posectl.core.objectives import objective
from posectl.core.objectives.base import Draws, Networks, Objective
from posectl.core.objectives.step import Step
from posectl.errors import UsageError

_MEAN, _COVARIANCE, _SEEN = "density_mean", "density_covariance", "density_seen"
# Of the mean variance, what is added to each: codes that leave a direction free have a root all the same.
_LEAST = 1e-5


@objective("density")
@dataclass(frozen=True)
class Density(Objective):
    """The density of codes, which changes no loss by itself.

    lam: weighs nothing.
    batches: over how many the mean and the covariance are averaged, all alike at first and then fading.
    components: of the mixture, at most: each has ten codes a dimension; 1: the Gaussian alone.
    """

    name = "density"
    has_term = False

    lam: float = 0.0
    batches: int = 100
    components: int = 32

    def __post_init__(self) -> None:
        if self.batches < 1:
            raise UsageError(f"density.batches counts batches and cannot be {self.batches}.", "For example 100.")
        if self.components < 1:
            raise UsageError(f"density.components counts Gaussians and cannot be {self.components}.", "1 is one alone.")

    def most_components(self) -> int:
        """Return the number of Gaussians at most."""
        return self.components

    def encoder(self, inner: nn.Module, architecture: Architecture, replicas: int) -> nn.Module:
        """Give the encoder the mean and the covariance of its codes, those of the standard normal before any."""
        inner.register_buffer(_MEAN, torch.zeros(replicas, architecture.latent))
        # Not on "meta", where its size is asked for: there PyTorch makes it by Python, and imports its compiler first.
        inner.register_buffer(_COVARIANCE, torch.eye(architecture.latent, device="cpu").repeat(replicas, 1, 1))
        inner.register_buffer(_SEEN, torch.zeros(replicas))
        return inner

    @torch.no_grad()
    def follow(self, step: Step, networks: Networks) -> None:
        """Take in the codes of a batch."""
        mean, covariance, seen = (cast(Tensor, getattr(step.encoder, name)) for name in (_MEAN, _COVARIANCE, _SEEN))
        seen += 1
        share = seen.reciprocal().clamp_min(1 / self.batches)
        with torch.autocast(step.z.device.type, enabled=False):
            mean.lerp_(step.z.float().mean(1), share[:, None])
            apart = step.z.float() - mean[:, None]
            covariance.lerp_(apart.mT @ apart / apart.shape[1], share[:, None, None])

    @torch.no_grad()
    def fresh(self, prior: Prior, noise: Tensor, encoder: nn.Module) -> Tensor | None:
        """Return codes (R, N, d) of standard normal noise (R, N, d); None for an encoder whose codes were not seen."""
        mean, covariance = getattr(encoder, _MEAN, None), getattr(encoder, _COVARIANCE, None)
        if mean is None or covariance is None:
            return None
        with torch.autocast(noise.device.type, enabled=False):
            size = covariance.diagonal(dim1=1, dim2=2).mean(1)[:, None]
            root = torch.linalg.cholesky(covariance + torch.diag_embed((_LEAST * size).expand_as(mean)))
            return prior.project(mean[:, None] + noise.float() @ root.mT)

    def draws(self, prior: Prior, noise: Tensor, uniform: Tensor, encoder: nn.Module) -> Draws | None:
        """Return draws of the density by standard normal noise (N, d)."""
        codes = self.fresh(prior, noise.to(next(encoder.parameters()).device)[None], encoder)
        return None if codes is None else Draws(codes[0])
