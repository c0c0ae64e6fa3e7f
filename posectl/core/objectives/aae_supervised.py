"""AAE that is told labels: the decoder sees a sample's class as a one-hot vector, and the code is left with its style.

Source: Makhzani et al., "Adversarial Autoencoders", 2015, section 4, Figs. 9 and 10, whose style has 15 numbers
(--latent 15).

Defaults: the paper's networks, but for the activation of the discriminator, a leaky ReLU; not its momentum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from posectl.core.kinds import Kind
from posectl.core.latent.priors import Prior
from posectl.core.nets import Architecture
from posectl.core.objectives import objective
from posectl.core.objectives.base import Draws
from posectl.core.objectives.categorical import one_hots
from posectl.core.objectives.discriminator import Compared, Discriminated, beside
from posectl.core.objectives.step import Noise, Step


@objective("aae-supervised")
@dataclass(frozen=True)
class SupervisedAAE(Discriminated):
    """The supervised AAE. A code is (y, z): y the label as a one-hot vector, z the style.

    The encoder gives z alone. In use, where nobody says the label, it is the one by which the decoded sample comes
    nearest.

    lam: weight of the encoder's loss by the discriminator; beside the mean square of an
        image 0.005 is a fair start. Paper: 1, in a step of its own.
    width: units of each hidden layer of the discriminator. Paper: 1000.
    depth: hidden layers of the discriminator. Paper: 2.
    labels: whether the discriminator sees each sample's class, so that the style of every class has the same
        distribution, and tells nothing of the class. Paper: not shown, over thousands of epochs.
    classes: number of classes, which comes from the data.
    """

    name = "aae-supervised"
    noise = {"style": Noise("normal", "code")}
    adversary_names = ("discriminator",)
    needs_labels = True
    needs_all_labels = True
    needs_normal = True
    shapes_code = True
    changes_encoder = True

    width: int = 1000
    depth: int = 2
    labels: bool = False
    classes: int = 0

    @property
    def in_code(self) -> int:
        """The classes, which come first in a code."""
        return self.classes

    def encoder(self, inner: nn.Module, architecture: Architecture, replicas: int) -> nn.Module:
        """Return the net's encoder of styles, with room for the label before them."""
        style = replace(architecture, latent=architecture.latent - self.classes)  # type: ignore[type-var]
        return nn.Sequential(style.encoder(replicas), RoomBefore(self.classes))

    def sizes(self, architecture: Architecture) -> dict[str, int]:
        """Return the size of z, with the label's where the discriminator sees it."""
        return {"discriminator": architecture.latent - (0 if self.labels else self.classes)}

    def parts(self, step: Step) -> dict[str, Compared]:
        """Return z beside normal noise."""
        return {"discriminator": (step.z[..., self.classes :], step.drawn("style")[..., self.classes :])}

    def seen(self, step: Step) -> dict[str, Compared]:
        """Return the parts, each with the samples' labels where the discriminator sees them."""
        parts = self.parts(step)
        if self.labels:
            y = step.z[..., : self.classes]
            parts["discriminator"] = beside((y, y), parts["discriminator"])
        return parts

    def with_labels(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """Return codes with their labels in them."""
        assert labels is not None
        return torch.cat((F.one_hot(labels, self.classes).to(z.dtype), z[..., self.classes :]), dim=-1)

    def completed(self, z: Tensor, x: Tensor, decode: Callable[[Tensor], Tensor], kind: Kind) -> Tensor:
        """Return codes with the labels by which the decoded samples come nearest to x."""
        ones = torch.ones(z.shape[:-1], dtype=torch.int64, device=z.device)
        told = [self.with_labels(z, label * ones) for label in range(self.classes)]
        errors = torch.stack([kind.errors(x, decode(codes)) for codes in told])
        return self.with_labels(z, errors.argmin(0))

    def draws(self, prior: Prior, noise: Tensor, uniform: Tensor, encoder: nn.Module) -> Draws:
        """Return draws of (y, z), every class as likely."""
        classes, y = one_hots(uniform, self.classes)
        return Draws(torch.cat((y.to(noise), noise[..., self.classes :]), dim=-1), classes)


class RoomBefore(nn.Module):
    """So many zeros before vectors (R, B, d)."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, (self.room, 0))
