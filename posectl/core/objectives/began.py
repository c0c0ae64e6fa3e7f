"""BEGAN: an autoencoder as discriminator reproduces data better than draws of the generator, in a balance that is kept.

Source: Berthelot et al., "BEGAN: Boundary Equilibrium Generative Adversarial Networks", 2017, section 3.3; shown beside
GAIA by Sainburg et al., 2018, Fig. 5 C. The decoder is the generator. The paper has no encoder: it finds the code of a
real sample by descent on |x - G(z)| (section 4.3). Here an encoder learns to make that descent in one step; the decoder
learns nothing from it.

Defaults: absolute errors, as in the paper, but a greater gamma and rate. At the paper's rate the balance moves by some
1e-4 a step, and a generator of digits has come down to a single image before that is felt, as it does at its gamma of
0.5, and in a net of leaky ReLUs. With the paper's ELUs (--set mlp.activation=elu), --lr 0.001 and --betas 0.5,0.999 it
draws many digits after 1,500 steps (8,000 of MNIST's images at 16x16). Not its Adam at 1e-4, which decays, nor its
uniform codes: draws follow the model's prior.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from posectl.core.nets import Architecture
from posectl.core.nets.layers import together
from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks, Objective
from posectl.core.objectives.step import Noise, Step
from posectl.errors import UsageError


class _Errors(NamedTuple):
    """Mean absolute errors (R,) of the discriminator, of data and of decoded draws."""

    real: Tensor
    drawn: Tensor


@objective("began")
@dataclass(frozen=True)
class BEGAN(Objective):
    """The BEGAN. The discriminator is the net's own autoencoder, as in the paper. One set of draws serves it and the
    generator.

    lam: weight of the generator's loss. Paper: 1.
    gamma: error of draws over that of data at the balance: the lower, the less varied the draws. Paper: 0.5; 0.3 and
        0.7.
    rate: by how much the balance follows the errors at a step, lambda_k. Paper: 0.001.
    """

    name = "began"
    whole_batch = "its balance follows errors of the whole batch"
    noise = {"began": Noise("normal", "code")}
    replaces_reconstruction = True
    adversary_names = ("discriminator",)

    lam: float = 1.0
    gamma: float = 0.7
    rate: float = 0.05

    def __post_init__(self) -> None:
        if not 0 <= self.gamma <= 1:
            raise UsageError(f"began.gamma is a ratio from 0 to 1, and {self.gamma} is not.", "As published: 0.5.")
        if self.rate < 0:
            raise UsageError(f"began.rate cannot be negative, and {self.rate} is.", "As published: 0.001.")

    def networks(self, architecture: Architecture, replicas: int) -> dict[str, nn.Module]:
        """Build the discriminator, and the balance."""
        autoencoder = nn.Sequential(architecture.encoder(replicas), architecture.decoder(replicas))
        return {"discriminator": autoencoder, "balance": Balance(replicas)}

    def reconstruction(self, step: Step, networks: Networks) -> Tensor:
        """Return the mean absolute error (R,) of reconstructions, which moves the encoder alone."""
        still = step.z_in.detach().requires_grad_()
        error = step.kind.mean_absolute(step.x, *step.decode(still))
        (slope,) = torch.autograd.grad(error.sum(), still)
        return error.detach() + ((step.z_in - still.detach()) * slope).flatten(1).sum(1)

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the discriminator's error (R,) of decoded draws."""
        return self._errors(step, networks).drawn

    def adversaries(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Return the discriminator's error (R,) of data, less k times that of decoded draws; k follows."""
        errors, balance = self._errors(step, networks), cast(Balance, networks["balance"])
        loss = errors.real - balance.k[:, 0].clone() * errors.drawn
        if balance.training:
            balance.follow(self.rate * (self.gamma * errors.real - errors.drawn).detach())
        return {"discriminator": loss}

    def _errors(self, step: Step, networks: Networks) -> _Errors:
        def errors() -> _Errors:
            (drawn,) = step.decode(step.prior.draw(step.drawn("began")))
            again = together(networks["discriminator"], step.x, drawn)
            return _Errors(*map(step.kind.mean_absolute, (step.x, drawn), again))

        return step.once(self.name, errors)


class Balance(nn.Module):
    """The share k (R, 1) in [0, 1] of the error of draws in the discriminator's loss, 0 at first."""

    k: Tensor

    def __init__(self, replicas: int) -> None:
        super().__init__()
        self.register_buffer("k", torch.zeros(replicas, 1))

    def follow(self, change: Tensor) -> None:
        """Add changes (R,), and stay in [0, 1]."""
        self.k.add_(change[:, None]).clamp_(0, 1)
