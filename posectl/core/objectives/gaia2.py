"""GAIA as its author later simplified it: a U-Net as discriminator, squared errors, nothing to balance.

Replaces the reconstruction, which passes through the discriminator. Source: Sainburg, timsainb/
tensorflow2-generative-models, 5.0-GAIA-fashion-mnist.ipynb, 2019.

Defaults: the notebook's losses; not its Adam at 1e-3 with beta 0.5, nor its RMSprop for the discriminator: both
networks move by Adam.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from posectl.core.nets import Architecture
from posectl.core.nets.layers import together
from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks, Objective
from posectl.core.objectives.hourglass import hourglass
from posectl.core.objectives.step import Noise, Step

# A stick broken so often has 3^-16 of its length left on average, less than float32 resolves.
_PIECES = 16


class _Errors(NamedTuple):
    """Squared errors (R,) of the discriminator D: of x, of the reconstruction x_hat against x, and of decoded mixes
    against themselves."""

    real: Tensor
    generated: Tensor
    mixed: Tensor


@objective("gaia2")
@dataclass(frozen=True)
class GAIA2(Objective):
    """The simplified GAIA objective. Convolutional nets have a U-Net as discriminator; an MLP has a fully connected
    autoencoder with such skips, which no one published (hourglass.py).

    lam: weight of the error of mixes in the generator's loss. Paper: 1.
    """

    name = "gaia2"
    whole_batch = "each of its mixes is of the whole batch"
    noise = {"gaia2": Noise("uniform", 2 * _PIECES)}
    replaces_reconstruction = True
    adversary_names = ("discriminator",)

    lam: float = 1.0

    def networks(self, architecture: Architecture, replicas: int) -> dict[str, nn.Module]:
        """Build the discriminator."""
        return {"discriminator": hourglass(architecture, replicas, skips=True)}

    def reconstruction(self, step: Step, networks: Networks) -> Tensor:
        """Return |x - D(x_hat)|^2."""
        return self._errors(step, networks).generated

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return |x_mix - D(x_mix)|^2."""
        return self._errors(step, networks).mixed

    def adversaries(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Return both reconstruction errors of x, less the error of mixes as far as it is below that of data."""
        real, generated, mixed = self._errors(step, networks)
        return {"discriminator": generated + real - torch.minimum(mixed, real)}

    def _errors(self, step: Step, networks: Networks) -> _Errors:
        def errors() -> _Errors:
            weights = mixing_weights(step.drawn("gaia2"), step.z.shape[1])
            (mixed,) = step.decode(step.prior.project(weights @ step.z))
            seen = together(networks["discriminator"], step.x, step.x_hat, mixed)
            wanted = (step.x, step.x, mixed)
            return _Errors(*(step.kind.reconstruction(x, again) for x, again in zip(wanted, seen, strict=True)))

        return step.once("gaia2", errors)


def mixing_weights(uniform: Tensor, batch: int) -> Tensor:
    """Return weights (R, B, batch) of a whole batch in each mix, from uniform noise (R, B, 2n): rows sum to one.

    The notebook norms chi-square variates of 1 / batch degrees of freedom. So each row is Dirichlet with concentrations
    1 / (2 batch), of which the variates themselves underflow. A Dirichlet process of concentration 1/2 over the batch
    has the same distribution: pieces of a stick, broken each time where Beta(1, 1/2) says, that fall to samples at
    random (Sethuraman, 1994).
    """
    breaks, falls = uniform.chunk(2, dim=-1)
    left = breaks.square()  # 1 - Beta(1, 1/2)
    before = torch.cat((torch.ones_like(left[..., :1]), left[..., :-1].cumprod(-1)), dim=-1)
    last = torch.zeros_like(left[..., :1])
    pieces = before * (1 - torch.cat((left[..., :-1], last), dim=-1))
    owners = F.one_hot((falls * batch).long().clamp_max(batch - 1), batch)
    return (pieces[..., None] * owners).sum(-2)
