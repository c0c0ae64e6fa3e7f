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

from posectl.core.latent.priors import NORMAL, SPHERE, Prior
from posectl.core.latent.targets import mixture, swiss_roll
from posectl.core.nets import Architecture
from posectl.core.objectives import objective
from posectl.core.objectives.base import Draws
from posectl.core.objectives.discriminator import Compared, Discriminated
from posectl.core.objectives.step import Noise, Step
from posectl.errors import UsageError, did_you_mean

_WHOLE = {"latent": None, "gaussian": NORMAL, "sphere": SPHERE}
_IN_PARTS: dict[str, Callable[[Tensor, Tensor, int], Tensor]] = {"mixture": mixture, "swiss-roll": swiss_roll}
_PARTS = 10


@objective("aae")
@dataclass(frozen=True)
class AAE(Discriminated):
    """The AAE regularizer.

    lam: weight of the encoder's loss; beside squared metres 1 forgets the poses, and 0.01 is a fair start. Paper: 1,
        of images in [-1, 1].
    width: units of each hidden layer of the discriminator. Paper: 100.
    depth: hidden layers of the discriminator. Paper: 2.
    prior: distribution of codes: "latent" is the latent space's own, N(0, I) or uniform on the sphere; "gaussian"
        and "sphere" name them; "mixture" and "swiss-roll" are shapes of ten components in the plane, see
        core/latent/targets.py. Paper: gaussian.
    labels: whether the discriminator sees each sample's class, and the class is the draw's component. Paper: both
        are shown.
    classes: number of classes, which comes from the data.
    unlabelled: whether there are samples without a label, whose class is one more, and whose draws are of any
        component; so it is where --labelled leaves some. Paper: both are shown.
    """

    name = "aae"
    noise = {"aae": Noise("normal", "code"), "aae.component": Noise("uniform")}
    adversary_names = ("discriminator",)
    shapes_code = True

    prior: str = "latent"
    labels: bool = False
    classes: int = 0
    unlabelled: bool = False

    def __post_init__(self) -> None:
        known = [*_WHOLE, *_IN_PARTS]
        if self.prior not in known:
            raise UsageError(f"aae has no prior {self.prior!r}.", did_you_mean(self.prior, known))
        if self.labels and self.prior not in _IN_PARTS:
            raise UsageError(
                f"aae.labels names the components of a prior, and {self.prior!r} has none.",
                "Add --set aae.prior=mixture, or swiss-roll.",
            )
        super().__post_init__()

    @property
    def needs_labels(self) -> bool:  # type: ignore[override]
        """True if the discriminator sees labels."""
        return self.labels

    def sizes(self, architecture: Architecture) -> dict[str, int]:
        """Return what the discriminator sees. Raises UsageError for a prior that a code of odd length cannot follow."""
        if self.prior in _IN_PARTS and architecture.latent % 2:
            raise UsageError(
                f"aae's {self.prior} fills pairs of elements, and a code of {architecture.latent} has an odd one.",
                f"--latent {architecture.latent + 1}.",
            )
        return {"discriminator": architecture.latent + (self._told if self.labels else 0)}

    def parts(self, step: Step) -> dict[str, Compared]:
        """Return codes and draws, with labels where the discriminator sees them."""
        return {"discriminator": (self._with_labels(step.z, step), self._with_labels(self.draw(step), step))}

    @property
    def _told(self) -> int:
        """The number of classes that the discriminator is told of: the last is that of samples without a label."""
        return self.classes + self.unlabelled

    def _with_labels(self, codes: Tensor, step: Step) -> Tensor:
        """Return the discriminator's input for codes (R, B, d): with labels, (R, B, d + classes)."""
        if not self.labels:
            return codes
        assert step.labels is not None
        told = torch.where(step.labels < 0, self.classes, step.labels)
        return torch.cat((codes, F.one_hot(told, self._told).to(codes.dtype)), dim=-1)

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
        any_component = (self._components * step.drawn("aae.component")).floor()
        if self.labels:
            assert step.labels is not None
            return torch.where(step.labels < 0, any_component.long(), step.labels), self._components
        return any_component, self._components

    @property
    def _components(self) -> int:
        return self.classes if self.labels else _PARTS

    def draws(self, prior: Prior, noise: Tensor, uniform: Tensor, encoder: nn.Module) -> Draws:
        """Return draws of the prior that codes were shaped to."""
        if self.prior in _IN_PARTS:
            component = (self._components * uniform).floor().long()
            codes = _IN_PARTS[self.prior](component, noise, self._components)
            return Draws(codes, component if self.labels else None)
        return Draws((_WHOLE[self.prior] or prior).draw(noise))
