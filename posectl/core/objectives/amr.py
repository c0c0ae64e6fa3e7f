"""AMR: decoded mixes of codes, and reconstructions, pass for data before a discriminator.

Replaces the reconstruction by L1. Source: Beckham et al., "On Adversarial Mixup Resynthesis", 2019, and the authors'
code (christopher-beckham/amr, models/swapgan.py).

Defaults: the authors' weights and mixer; not their Adam at 1e-4 with betas 0.5, 0.99, which --preset amr has, nor their
weight decay 1e-5 and instance norm, which posectl has not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from posectl.core.nets import Architecture
from posectl.core.nets.layers import together
from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks, Objective, mean_over_batch
from posectl.core.objectives.cross_entropy import fake_loss, real_loss
from posectl.core.objectives.mixers import MIXERS, OF_MANY
from posectl.core.objectives.spectral import Spectral
from posectl.core.objectives.step import Noise, Step
from posectl.errors import UsageError, did_you_mean


@objective("amr")
@dataclass(frozen=True)
class AMR(Objective):
    """The AMR regularizer. Mixes are put back onto the prior's support. The discriminator is the net's critic, scored
    by the mean of its outputs, as the authors'.

    lam: weight of all but the reconstruction. Paper: 1.
    l1: weight of the reconstruction, the authors' lambda. Paper: 10 in most runs, 2 to 50 in all.
    mixer: how codes are mixed: mixup, mixup2, fm, fm2, k-mixup or k-bernoulli, see mixers.py. Paper: fm2 is its
        Bernoulli mixup; the authors' launcher has no default.
    k: samples that the k- mixers mix. Paper: 3.
    every: moves of the discriminator to one of the autoencoder. Paper: 5.
    beta: weight, within lam, of the consistency of mixed codes. Paper: 0 in all runs.
    spectral: whether the discriminator's weights are spectrally normed. Paper: true.
    """

    name = "amr"
    whole_batch = "it mixes each sample with any others of the batch"
    encodes_again = True
    replaces_reconstruction = True
    adversary_names = ("discriminator",)

    lam: float = 1.0
    l1: float = 10.0
    mixer: str = "fm2"
    k: int = 3
    every: int = 5
    beta: float = 0.0
    spectral: bool = True

    def __post_init__(self) -> None:
        if self.mixer not in MIXERS:
            raise UsageError(f"amr has no mixer {self.mixer!r}.", did_you_mean(self.mixer, MIXERS))
        if self.k < 2 or self.every < 1:
            raise UsageError("amr.k is at least 2 and amr.every at least 1.", "As published: k=3, every=5.")
        if self.l1 < 0 or self.beta < 0:
            raise UsageError("amr.l1 and amr.beta are weights and cannot be negative.", "As published: l1=10, beta=0.")

    @property
    def noise(self) -> Mapping[str, Noise]:  # type: ignore[override]
        """The noise of the mixer."""
        return {
            "amr.partners": Noise("uniform", self._samples - 1),
            "amr.shares": Noise("uniform", self._samples),
            "amr.features": Noise("uniform", "code"),
        }

    @property
    def _samples(self) -> int:
        return self.k if self.mixer in OF_MANY else 2

    def networks(self, architecture: Architecture, replicas: int) -> dict[str, nn.Module]:
        """Build the discriminator."""
        critic = architecture.critic(replicas)
        return {"discriminator": Spectral(critic) if self.spectral else critic}

    def reconstruction(self, step: Step, networks: Networks) -> Tensor:
        """Return l1 times the mean absolute error (R,)."""
        return self.l1 * step.kind.mean_absolute(step.x, step.x_hat)

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return BCE(D(x_hat), 1) + BCE(D(x_mix), 1) + beta |encode(x_mix) - z_mix|."""
        _, of_reconstruction, of_mix = self._scores(step, networks)
        loss = real_loss(of_reconstruction) + real_loss(of_mix)
        if not self.beta:
            return loss
        mix, decoded = self._mixed(step)
        (again,) = step.encode(decoded)
        return loss + self.beta * mean_over_batch((again - mix).abs())

    def adversaries(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Return BCE(D(x), 1) + BCE(D(x_hat), 0) + BCE(D(x_mix), 0)."""
        of_real, of_reconstruction, of_mix = self._scores(step, networks)
        return {"discriminator": real_loss(of_real) + fake_loss(of_reconstruction) + fake_loss(of_mix)}

    def frozen(self, index: int) -> tuple[str, ...]:
        """Freeze the autoencoder at all steps but every `every`-th."""
        return ("autoencoder",) if index % self.every else ()

    def mix(self, step: Step) -> Tensor:
        """Return codes (R, B, d), each sample's mixed with those of so many random permutations of the batch."""
        orders = step.drawn("amr.partners").argsort(dim=1)
        others = [step.z.take_along_dim(order[..., None], dim=1) for order in orders.unbind(-1)]
        weights = MIXERS[self.mixer](step.drawn("amr.shares"), step.by_map(step.drawn("amr.features")))
        return step.prior.project(sum(w * z for w, z in zip(weights, (step.z, *others), strict=True)))

    def _mixed(self, step: Step) -> tuple[Tensor, Tensor]:
        def mixed() -> tuple[Tensor, Tensor]:
            mix = self.mix(step)
            return mix, step.decode(mix)[0]

        return step.once("amr.mixed", mixed)

    def _scores(self, step: Step, networks: Networks) -> tuple[Tensor, ...]:
        def scores() -> tuple[Tensor, ...]:
            return together(networks["discriminator"], step.x, step.x_hat, self._mixed(step)[1])

        return step.once("amr.scores", scores)
