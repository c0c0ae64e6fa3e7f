"""Codes with a part that stands for classes: the softmax of the encoder's first outputs, before a style.

Source: Makhzani et al., "Adversarial Autoencoders", 2015, sections 5 and 6. A code is (y, z): y the probabilities of
classes or clusters, z of as many numbers as `--latent`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from posectl.core.latent.priors import Prior
from posectl.core.nets import Architecture
from posectl.core.objectives.base import Draws, Objective, mean_over_batch
from posectl.core.objectives.discriminator import Compared, Discriminated, beside
from posectl.core.objectives.step import Noise, Step
from posectl.errors import UsageError


class SoftmaxFirst(nn.Module):
    """An encoder whose first `heads` outputs pass through a softmax."""

    def __init__(self, inner: nn.Module, heads: int) -> None:
        super().__init__()
        self.inner, self.heads = inner, heads

    def forward(self, x: Tensor) -> Tensor:
        raw = self.inner(x)
        return torch.cat((raw[..., : self.heads].softmax(-1), raw[..., self.heads :]), dim=-1)


def cross_entropy(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Return the mean (R,) of -log p of the labels (R, B), by probabilities (R, B, K)."""
    of_label = probabilities.gather(-1, labels[..., None])[..., 0]
    return mean_over_batch(-of_label.clamp_min(torch.finfo(of_label.dtype).tiny).log())


def one_hots(uniform: Tensor, heads: int) -> tuple[Tensor, Tensor]:
    """Return classes (...) by noise uniform in [0, 1), each as likely, and their one-hot vectors (..., heads)."""
    classes = (heads * uniform).floor().long()
    return classes, F.one_hot(classes, heads).to(uniform.dtype)


def labels_loss(objective: Objective, step: Step) -> Tensor:
    """Return the cross-entropy (R,) of the step's labelled samples."""
    samples, labels = step.labelled
    return cross_entropy(objective.probabilities(step.encoder(samples), step.latent), labels)


@dataclass(frozen=True)
class Headed(Objective):
    """An objective of codes (y, z) whose y the encoder gives."""

    whole_batch = ""
    needs_normal = True
    changes_encoder = True

    lam: float = 1.0

    @property
    def in_code(self) -> int:
        """The heads, which come first in a code."""
        return self.heads

    def encoder(self, inner: nn.Module, architecture: Architecture, replicas: int) -> nn.Module:
        """Return the net's encoder with a softmax over the heads."""
        return SoftmaxFirst(inner, self.heads)

    def probabilities(self, outputs: Tensor, latent: int) -> Tensor:
        """Return y."""
        return outputs[..., : self.heads]


@dataclass(frozen=True)
class Classes(Headed):
    """An objective that gives y a uniform distribution over one-hot vectors, and z a standard normal one."""

    adversary_names = ("categorical", "gaussian")
    shapes_code = True

    def sizes(self, architecture: Architecture) -> dict[str, int]:
        """Return the sizes of y and of z."""
        return {"categorical": self.heads, "gaussian": architecture.latent - self.heads}

    def parts(self, step: Step) -> dict[str, Compared]:
        """Return y beside one-hot vectors, and z beside normal noise."""
        _, drawn = one_hots(step.drawn("class"), self.heads)
        y, z = step.z[..., : self.heads], step.z[..., self.heads :]
        return {"categorical": (y, drawn), "gaussian": (z, step.drawn("style")[..., self.heads :])}

    def draws(self, prior: Prior, noise: Tensor, uniform: Tensor, encoder: nn.Module) -> Draws:
        """Return draws of (y, z)."""
        classes, y = one_hots(uniform, self.heads)
        return Draws(torch.cat((y.to(noise), noise[..., self.heads :]), dim=-1), self.meant(classes))

    def meant(self, heads: Tensor) -> Tensor | None:
        """Return the classes that heads stand for; None where they are clusters."""
        return None


@dataclass(frozen=True)
class Clusters(Classes):
    """The same of clusters: their number is a setting, and no labels are looked at."""

    clusters: int = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.clusters < 2:
            raise UsageError(
                f"{self.name}.clusters is two or more, not {self.clusters}.", f"--set {self.name}.clusters=16."
            )

    @property
    def heads(self) -> int:
        """The number of clusters."""
        return self.clusters


@dataclass(frozen=True)
class Categorical(Classes, Discriminated):
    """Such an objective whose discriminators see codes and draws under noise of deviation sigma.

    joint: whether the discriminator of z sees y, too, so that z tells nothing of y.
    """

    width: int = 1000
    depth: int = 2
    sigma: float = 0.3
    joint: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sigma < 0:
            raise UsageError(
                f"{self.name}.sigma is a deviation and cannot be {self.sigma}.",
                f"For example --set {self.name}.sigma=0.3.",
            )

    @property
    def noise(self) -> Mapping[str, Noise]:  # type: ignore[override]
        """A class and a style for every sample; where the discriminators see noise, as much of it for code and draw."""
        blur = {
            f"{self.name}.categorical": Noise("normal", self.heads, 2),
            f"{self.name}.gaussian": Noise("normal", "code", 2),
        }
        return {"style": Noise("normal", "code"), "class": Noise("uniform"), **(blur if self.sigma else {})}

    def sizes(self, architecture: Architecture) -> dict[str, int]:
        """Return the sizes of y and of z, or of both."""
        return self.sizes_of(architecture.latent - self.heads)

    def sizes_of(self, style: int) -> dict[str, int]:
        """Return what the discriminators see of a z of so many numbers."""
        return {"categorical": self.heads, "gaussian": style + (self.heads if self.joint else 0)}

    def seen(self, step: Step) -> dict[str, Compared]:
        """Return parts under noise, z after y if `joint`."""
        seen = self.parts(step)
        if self.sigma:
            seen = {name: self._blurred(part, step.drawn(f"{self.name}.{name}")) for name, part in seen.items()}
        if self.joint:
            seen["gaussian"] = beside(seen["categorical"], seen["gaussian"])
        return seen

    def _blurred(self, part: Compared, noise: Tensor) -> Compared:
        """Return a code and a draw (R, B, k) under the last k numbers of their noise (R, B, 2, n)."""
        of_code, of_draw = (self.sigma * noise[..., -part[0].shape[-1] :]).unbind(2)
        return part[0] + of_code, part[1] + of_draw
