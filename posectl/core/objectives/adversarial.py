"""Realism: a discriminator tells data from decoded interpolations, and the autoencoder makes it fail.

Source: Oring et al., "Autoencoder Image Interpolation by Shaping the Latent Space", 2021 (AEAI), L_A of Eq. 1;
lambda_A from section 2.3.

Defaults: the paper's lambda. Its loss of a pair sums two reconstructions, so it presses half as hard as here. It states
no optimiser.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from posectl.core.nets import Architecture
from posectl.core.nets.layers import together
from posectl.core.objectives import objective, path_points
from posectl.core.objectives.base import Networks, Objective
from posectl.core.objectives.cross_entropy import fake_loss, real_loss
from posectl.core.objectives.step import UNIFORM, Step


@objective("adversarial")
@dataclass(frozen=True)
class Adversarial(Objective):
    """The realism term of AEAI. The discriminator sees no reconstructions, unlike AMR's. It is the net's critic, whose
    score is the logit of being data; the paper does not describe its own.

    lam: weight of the term. Paper: 0.01, of a loss with two reconstructions a pair, so half as much here.
    grid: intervals of a path, at whose ends the term is taken; 0 takes one uniform place a pair, see path_points.py.
        Paper: both.
    """

    name = "adversarial"
    whole_batch = ""
    noise = {"t": UNIFORM}
    adversary_names = ("discriminator",)

    lam: float = 0.01
    grid: int = 0

    def __post_init__(self) -> None:
        path_points.check_grid(self.name, self.grid)

    def networks(self, architecture: Architecture, replicas: int) -> dict[str, nn.Module]:
        """Build the discriminator."""
        return {"discriminator": architecture.critic(replicas)}

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the mean of -log D(x_hat(alpha)), which does not saturate."""
        _, of_fake = self._scores(step, networks)
        return real_loss(of_fake)

    def adversaries(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Return the mean of -log D(x), plus the mean of -log(1 - D(x_hat(alpha)))."""
        of_real, of_fake = self._scores(step, networks)
        return {"discriminator": real_loss(of_real) + fake_loss(of_fake)}

    def _scores(self, step: Step, networks: Networks) -> tuple[Tensor, ...]:
        def scores() -> tuple[Tensor, ...]:
            return together(networks["discriminator"], step.x, path_points.samples(step, self.grid))

        return step.once(self.name, scores)
