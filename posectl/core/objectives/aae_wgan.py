"""Adversarial autoencoder by Wasserstein critic: codes are drawn to a prior, and the critic's gradient held to one.

Source: Zamorski et al., 2020, see critics.py.

Defaults: the authors' critic and penalty. They sum the reconstruction over the batch of 50 and take the critic's mean,
so that their balance is --lam 0.02 here, which --preset 3d-aae has, with their Adam at 5e-4 and prior. Their codes are
draws from a Gaussian of which nothing holds the variance, here its means; their critic moves before the encoder, here
both at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from posectl.core.nets import Architecture
from posectl.core.objectives import objective
from posectl.core.objectives.critics import Criticised
from posectl.core.objectives.discriminator import Compared
from posectl.core.objectives.step import UNIFORM, Noise, Step


@objective("aae-wgan")
@dataclass(frozen=True)
class WassersteinAAE(Criticised):
    """The Wasserstein AAE regularizer. Draws are of the latent space's own prior (--prior).

    lam: weight of the encoder's loss, the critic's mean score of codes with its sign turned; a few hundred steps move
        codes further at 0.1 than at 0.02. Paper: 1, beside a sum over a batch of 50.
    penalty: weight of the squared difference of the critic's slope from one, in the critic's loss. Paper: 10.
    width: width of every layer of the critic, as a share of the published one. Paper: 1.
    """

    name = "aae-wgan"
    noise = {"aae-wgan": Noise("normal", "code"), "aae-wgan.place": UNIFORM}
    adversary_names = ("critic",)

    def sizes(self, architecture: Architecture) -> dict[str, int]:
        """Return the size of a code."""
        return {"critic": architecture.latent}

    def parts(self, step: Step) -> dict[str, Compared]:
        """Return codes beside draws."""
        return {"critic": (step.z, step.prior.draw(step.drawn("aae-wgan")))}
