"""Adversarial autoencoder by Wasserstein critic: codes are drawn to a prior, and the critic's gradient held to one.

Source: Zamorski et al., "Adversarial Autoencoders for Compact Representations of 3D Point Clouds", 2020 (3d-AAE;
MaciejZamorski/3d-AAE, experiments/train_aae.py), with the gradient penalty of Gulrajani et al., "Improved Training of
Wasserstein GANs", 2017, Eq. 3.

Defaults: the authors' critic and penalty. They sum the reconstruction over the batch of 50 and take the critic's mean,
so that their balance is --lam 0.02 here, which --preset 3d-aae has, with their Adam at 5e-4 and prior. Their codes are
draws from a Gaussian of which nothing holds the variance, here its means; their critic moves before the encoder, here
both at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from posectl.core.nets import Architecture
from posectl.core.nets.layers import Activation, HeLinear, Replicated, together
from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks, Objective, mean_over_batch
from posectl.core.objectives.step import UNIFORM, Noise, Step
from posectl.errors import UsageError

_WIDTHS = (512, 512, 128, 64)


@objective("aae-wgan")
@dataclass(frozen=True)
class WassersteinAAE(Objective):
    """The Wasserstein AAE regularizer. Draws are of the latent space's own prior (--prior).

    lam: weight of the encoder's loss, the critic's mean score of codes with its sign turned. Paper: 1, beside a sum
        over a batch of 50.
    penalty: weight of the squared difference of the critic's slope from one, in the critic's loss. Paper: 10.
    width: width of every layer of the critic, as a share of the published one. Paper: 1.
    """

    name = "aae-wgan"
    noise = {"aae-wgan": Noise("normal", "code"), "aae-wgan.place": UNIFORM}
    adversary_names = ("critic",)

    lam: float = 1.0
    penalty: float = 10.0
    width: float = 1.0

    def __post_init__(self) -> None:
        if self.penalty < 0 or self.width <= 0:
            raise UsageError(
                "aae-wgan.penalty cannot be negative, and aae-wgan.width is positive.",
                "As published: penalty=10, width=1.",
            )

    def networks(self, architecture: Architecture, replicas: int) -> dict[str, nn.Module]:
        """Build the critic."""
        layers: list[nn.Module] = []
        features = architecture.latent
        for published in _WIDTHS:
            width = max(1, round(self.width * published))
            layers += [HeLinear(replicas, features, width), Activation("relu", inplace=True)]
            features = width
        return {"critic": Replicated(*layers, HeLinear(replicas, features, 1), outputs=())}

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return minus the mean (R,) of the critic's score of codes."""
        of_code, _ = self._scores(step, networks)
        return -mean_over_batch(of_code)

    def adversaries(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Return the mean score of codes, less that of draws, plus the gradient penalty."""
        of_code, of_draw = self._scores(step, networks)
        apart = mean_over_batch(of_code) - mean_over_batch(of_draw)
        return {"critic": apart + self.penalty * self.gradient_penalty(step, networks)}

    def gradient_penalty(self, step: Step, networks: Networks) -> Tensor:
        """Return the mean (R,) of (|gradient of the score| - 1)^2 at a random place between each draw and its code."""
        draw, place = step.prior.draw(step.drawn("aae-wgan")), step.drawn("aae-wgan.place")[..., None]
        between = torch.lerp(draw, step.z.detach(), place).requires_grad_()
        (slope,) = torch.autograd.grad(networks["critic"](between).sum(), between, create_graph=True)
        return mean_over_batch((torch.linalg.vector_norm(slope, dim=-1) - 1).square())

    def _scores(self, step: Step, networks: Networks) -> tuple[Tensor, ...]:
        def scores() -> tuple[Tensor, ...]:
            return together(networks["critic"], step.z, step.prior.draw(step.drawn("aae-wgan")))

        return step.once(self.name, scores)
