"""ACAI: a critic guesses how far a decoded interpolation is mixed, and the autoencoder makes it guess zero.

Source: Berthelot et al., "Understanding and Improving Interpolation in Autoencoders via an Adversarial Regularizer",
2018; on poses, Naayem, "Adversarial regularizer for improving autoencoders' latent space with human
3d-poses", Eqs. 2 and 3.

Defaults: the paper's weights on its networks; not its Adam at 1e-4 nor its 262,144 steps, which --preset acai has, nor
the pose report's lr 0.01, gamma and batch norm, which --preset naayem has.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from posectl.core.nets import Architecture
from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks, Objective, mean_over_batch
from posectl.core.objectives.step import UNIFORM, Step


@objective("acai")
@dataclass(frozen=True)
class ACAI(Objective):
    """The ACAI regularizer.

    lam: weight of the critic's guess, squared. Paper: 0.5; the pose report: 0 to 2.
    gamma: share of the data in the critic's second input. Paper: 0.2; the pose report: 0.05.
    """

    name = "acai"
    whole_batch = ""
    noise = {"alpha": UNIFORM}
    adversary_names = ("critic",)

    lam: float = 0.5
    gamma: float = 0.2

    def networks(self, architecture: Architecture, replicas: int) -> dict[str, nn.Module]:
        """Build the critic."""
        return {"critic": architecture.critic(replicas)}

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the mean of d(x_mix)^2 (Eq. 3)."""
        guess, _ = self._guesses(step, networks)
        return mean_over_batch(guess.square())

    def adversaries(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Return the mean of (d(x_mix) - alpha)^2, plus the mean of d(gamma x + (1 - gamma) x_hat)^2 (Eq. 2)."""
        guess, of_real = self._guesses(step, networks)
        return {"critic": mean_over_batch((guess - step.alpha).square()) + mean_over_batch(of_real.square())}

    def _guesses(self, step: Step, networks: Networks) -> tuple[Tensor, Tensor]:
        def guess() -> tuple[Tensor, Tensor]:
            # Two passes: only the critic learns from the blend, which needs no gradient of the autoencoder.
            x_hat, critic = step.x_hat.detach(), networks["critic"]
            return critic(step.x_mix), critic(x_hat + self.gamma * (step.kind.matched(step.x, x_hat) - x_hat))

        return step.once("acai", guess)
