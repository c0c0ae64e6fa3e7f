"""GAIA: an autoencoder as discriminator reproduces data and fails on what is generated; the other one makes it succeed.

Replaces the reconstruction, which passes through the discriminator. Source: Sainburg et al., "Generative adversarial
interpolative autoencoding", 2018, by the authors' code where the paper's signs disagree (timsainb/GAIA, network.py).

Defaults: the authors' weights; not their Adam at 1e-4 nor their batch of 8, which --preset gaia has, nor their output
sigmoid, style code and MUNIT networks, which posectl has not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from posectl.core.nets import Architecture
from posectl.core.nets.layers import together
from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks, Objective
from posectl.core.objectives.distance import distance_loss
from posectl.core.objectives.hourglass import hourglass
from posectl.core.objectives.step import Noise, Step
from posectl.errors import UsageError

# At most this share of the discriminator's loss is spent on failing.
_MOST_FAKE = 0.9


class _Errors(NamedTuple):
    """Mean absolute errors (R,) of the discriminator D: of x, of the reconstruction x_hat against x, and of decoded
    interpolations against themselves."""

    real: Tensor
    generated: Tensor
    interpolated: Tensor


@objective("gaia")
@dataclass(frozen=True)
class GAIA(Objective):
    """The GAIA objective. The place at which an interpolation lies is not clipped, so 4.55 % lie beyond two codes.

    The discriminator has half the net's features at each level and no code (hourglass.py). The authors have a style
    code beside the one that the distance loss is of, and clip the generator's loss after that is added, not before;
    it is far too small to matter.

    lam: weight of the pairwise distance loss. Paper: 5e-5, half the learning rate.
    slope: of the sigmoids that balance losses and learning rates. Paper: 20.
    gamma: how hard the discriminator tries to fail. Paper: 0.5.
    spread: standard deviation of the place between two codes, half way on average. Paper: 0.25.
    """

    name = "gaia"
    whole_batch = "it balances its losses by their means over the batch"
    noise = {"gaia": Noise("normal")}
    replaces_reconstruction = True
    adversary_names = ("discriminator",)

    lam: float = 5e-5
    slope: float = 20.0
    gamma: float = 0.5
    spread: float = 0.25

    def __post_init__(self) -> None:
        if min(self.slope, self.gamma, self.spread) < 0:
            raise UsageError(
                "gaia.slope, gaia.gamma and gaia.spread cannot be negative.",
                "As published: slope=20, gamma=0.5, spread=0.25.",
            )

    def networks(self, architecture: Architecture, replicas: int) -> dict[str, nn.Module]:
        """Build the discriminator."""
        return {"discriminator": hourglass(architecture, replicas, share=0.5)}

    def reconstruction(self, step: Step, networks: Networks) -> Tensor:
        """Return the generator's loss (R,): both generated errors, the greater weighed more."""
        _, generated, interpolated = self._errors(step, networks)
        share = self._balance(interpolated - generated)
        return (share * interpolated + (1 - share) * generated).clamp(-1, 1)

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the pairwise distance loss (R,)."""
        return distance_loss(step.x, step.z, step.kind)

    def adversaries(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Return the real error (R,) less a balanced share of the generated ones (the paper's Eq. 1 has their sign
        wrong)."""
        real, generated, interpolated = self._errors(step, networks)
        share = self._balance(self.gamma * interpolated - real).clamp(0, _MOST_FAKE)
        return {"discriminator": (real - share * (generated + interpolated) / 2).clamp(-1, 1)}

    def lr_scales(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Move the discriminator faster, and the autoencoder slower, the worse the discriminator does on data against
        what is generated (the paper's Algorithm 1 has the two swapped)."""
        real, generated, interpolated = (error.detach() for error in self._errors(step, networks))
        scale = self._balance(real - (generated + interpolated) / 2)
        return {"discriminator": scale, "autoencoder": 1 - scale}

    def interpolate(self, step: Step) -> Tensor:
        """Return codes (R, B, d) near half way between the first half of the batch and the second, and between the
        first half reversed and the second; an odd last code is left out."""
        half = step.z.shape[1] // 2
        if half == 0:
            raise UsageError(
                "gaia interpolates between the halves of a batch, and this has a single pair.", "--batch 4."
            )
        first, second = step.z[:, :half], step.z[:, half : 2 * half]
        alpha = 0.5 + self.spread * step.drawn("gaia")[:, : 2 * half]
        return step.path(torch.cat((first, first.flip(1)), dim=1), torch.cat((second, second), dim=1), alpha)

    def _balance(self, difference: Tensor) -> Tensor:
        return torch.sigmoid(self.slope * difference)

    def _errors(self, step: Step, networks: Networks) -> _Errors:
        def errors() -> _Errors:
            (decoded,) = step.decode(self.interpolate(step))
            seen = together(networks["discriminator"], step.x, step.x_hat, decoded)
            wanted = (step.x, step.x, decoded)
            return _Errors(*(absolute_error(step, x, again) for x, again in zip(wanted, seen, strict=True)))

        return step.once("gaia", errors)


def absolute_error(step: Step, x: Tensor, x_hat: Tensor) -> Tensor:
    """Return the mean absolute error (R,) over every element, in the kind's `intensity`."""
    return step.kind.mean_absolute(x, x_hat) / step.kind.intensity
