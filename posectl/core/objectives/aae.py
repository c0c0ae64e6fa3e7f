"""Adversarial autoencoder: a discriminator tells codes from draws of a prior, and the encoder makes it err.

Source: Makhzani et al., "Adversarial Autoencoders", 2015, sections 2 and 2.3; with the non-saturating loss and the
settings of Berthelot et al., 2018 (brain-research/acai, aae.py).

Defaults: Berthelot et al.'s weight and discriminator; not their Adam at 1e-4 nor their length, which --preset aae has.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.latent.targets import mixture, swiss_roll
from posectl.core.nets import Architecture
from posectl.core.nets.layers import Activation, Linear, Replicated, together
from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks, Objective
from posectl.core.objectives.cross_entropy import fake_loss, real_loss
from posectl.core.objectives.step import Noise, Step
from posectl.errors import UsageError, did_you_mean

_WHOLE = {"latent": None, "gaussian": NORMAL, "sphere": SPHERE}
_IN_PARTS: dict[str, Callable[[Tensor, Tensor, int], Tensor]] = {"mixture": mixture, "swiss-roll": swiss_roll}
_PARTS = 10


@objective("aae")
@dataclass(frozen=True)
class AAE(Objective):
    """The AAE regularizer.

    lam: weight of the encoder's loss; beside squared metres 1 forgets the poses, and 0.01 is a fair start. Paper: 1,
        of images in [-1, 1].
    prior: distribution of codes: "latent" is the latent space's own, N(0, I) or uniform on the sphere; "gaussian"
        and "sphere" name them; "mixture" and "swiss-roll" are shapes of ten components in the plane, see
        core/latent/targets.py. Paper: gaussian.
    labels: whether the discriminator sees each sample's class, and the class is the draw's component. Paper: both
        are shown.
    classes: number of classes, which comes from the data.
    width: units of each hidden layer of the discriminator. Paper: 100.
    depth: hidden layers of the discriminator. Paper: 2.
    """

    name = "aae"
    noise = {"aae": Noise("normal", "code"), "aae.component": Noise("uniform")}
    adversary_names = ("discriminator",)

    lam: float = 1.0
    prior: str = "latent"
    labels: bool = False
    classes: int = 0
    width: int = 100
    depth: int = 2

    def __post_init__(self) -> None:
        known = [*_WHOLE, *_IN_PARTS]
        if self.prior not in known:
            raise UsageError(f"aae has no prior {self.prior!r}.", did_you_mean(self.prior, known))
        if self.labels and self.prior not in _IN_PARTS:
            raise UsageError(
                f"aae.labels names the components of a prior, and {self.prior!r} has none.",
                "Add --set aae.prior=mixture, or swiss-roll.",
            )
        if self.width < 1 or self.depth < 1:
            raise UsageError(
                "aae's discriminator must be at least one unit wide and one layer deep.", "As published: 100, 2."
            )

    @property
    def needs_labels(self) -> bool:  # type: ignore[override]
        """True if the discriminator sees labels."""
        return self.labels

    def networks(self, architecture: Architecture, replicas: int) -> dict[str, nn.Module]:
        """Build the discriminator. Raises UsageError for a prior that a code of odd length cannot follow."""
        if self.prior in _IN_PARTS and architecture.latent % 2:
            raise UsageError(
                f"aae's {self.prior} fills pairs of elements, and a code of {architecture.latent} has an odd one.",
                f"--latent {architecture.latent + 1}.",
            )
        layers: list[nn.Module] = []
        features = architecture.latent + (self.classes if self.labels else 0)
        for _ in range(self.depth):
            layers += [Linear(replicas, features, self.width), Activation("leaky_relu", inplace=True)]
            features = self.width
        layers.append(Linear(replicas, features, 1))
        return {"discriminator": Replicated(*layers, outputs=())}

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the cross-entropy (R,) of the discriminator on codes, with the target of draws from the prior."""
        of_code, _ = self._logits(step, networks)
        return real_loss(of_code)

    def adversaries(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Return the cross-entropy (R,) of the discriminator on codes and on draws."""
        of_code, of_draw = self._logits(step, networks)
        return {"discriminator": fake_loss(of_code) + real_loss(of_draw)}

    def _logits(self, step: Step, networks: Networks) -> tuple[Tensor, ...]:
        def judge() -> tuple[Tensor, ...]:
            codes, draws = self._with_labels(step.z, step), self._with_labels(self.draw(step), step)
            return together(networks["discriminator"], codes, draws)

        return step.once("aae", judge)

    def _with_labels(self, codes: Tensor, step: Step) -> Tensor:
        """Return the discriminator's input for codes (R, B, d): with labels, (R, B, d + classes)."""
        if not self.labels:
            return codes
        assert step.labels is not None
        return torch.cat((codes, F.one_hot(step.labels, self.classes).to(codes.dtype)), dim=-1)

    def draw(self, step: Step) -> Tensor:
        """Draw codes (R, B, d) from the prior. Raises UsageError for one that codes on the sphere cannot follow."""
        if step.prior == SPHERE and self.prior not in ("latent", "sphere"):
            raise UsageError(
                f"Codes on the sphere cannot be distributed as aae's {self.prior!r}.", "Train with --prior normal."
            )
        noise = step.drawn("aae")
        if self.prior in _IN_PARTS:
            component, components = self._component(step)
            return _IN_PARTS[self.prior](component, noise, components)
        return (_WHOLE[self.prior] or step.prior).draw(noise)

    def _component(self, step: Step) -> tuple[Tensor, int]:
        """Return each draw's component (R, B), and the number of components."""
        if self.labels:
            assert step.labels is not None
            return step.labels, self.classes
        return (_PARTS * step.drawn("aae.component")).floor(), _PARTS
