"""Discriminators of codes: each tells a part of the code from draws, and the encoder makes it err.

Source: Makhzani et al., "Adversarial Autoencoders", 2015, section 2; with the non-saturating loss of Berthelot et al.,
2018 (brain-research/acai, aae.py).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from posectl.core.nets import Architecture
from posectl.core.nets.layers import Activation, Linear, Replicated, together
from posectl.core.objectives.base import Networks, Objective
from posectl.core.objectives.cross_entropy import fake_loss, real_loss
from posectl.core.objectives.step import Step
from posectl.errors import UsageError

Compared = tuple[Tensor, Tensor]
"""A part of the codes (R, B, k), and draws (R, B, k) of the distribution that it is to follow."""


def beside(first: Compared, second: Compared) -> Compared:
    """Return codes and draws of two parts as one, which a discriminator sees together."""
    (code, draw), (other_code, other_draw) = first, second
    return torch.cat((code, other_code), dim=-1), torch.cat((draw.to(other_draw), other_draw), dim=-1)


@dataclass(frozen=True)
class Discriminated(Objective):
    """An objective that shapes parts of the code, with a discriminator each, named in `adversary_names`."""

    whole_batch = ""

    lam: float = 1.0
    width: int = 100
    depth: int = 2

    def __post_init__(self) -> None:
        if self.width < 1 or self.depth < 1:
            raise UsageError(
                f"{self.name}'s discriminator must be at least one unit wide and one layer deep.",
                f"As published: {type(self).width}, {type(self).depth}.",
            )

    @abstractmethod
    def sizes(self, architecture: Architecture) -> Mapping[str, int]:
        """Return how many numbers each discriminator sees, by its name."""

    @abstractmethod
    def parts(self, step: Step) -> Mapping[str, Compared]:
        """Return what each discriminator tells apart, by its name."""

    def seen(self, step: Step) -> Mapping[str, Compared]:
        """Return parts as the discriminators see them."""
        return self.parts(step)

    def networks(self, architecture: Architecture, replicas: int) -> dict[str, nn.Module]:
        """Build the discriminators."""
        return {name: self._discriminator(size, replicas) for name, size in self.sizes(architecture).items()}

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the cross-entropy (R,) of the discriminators on codes, summed, with the target of draws."""
        first, *rest = (real_loss(of_code) for of_code, _ in self._logits(step, networks).values())
        return sum(rest, start=first)

    def adversaries(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Return the cross-entropy (R,) of each discriminator on codes and on draws."""
        logits = self._logits(step, networks).items()
        return {name: fake_loss(of_code) + real_loss(of_draw) for name, (of_code, of_draw) in logits}

    def _discriminator(self, features: int, replicas: int) -> nn.Module:
        layers: list[nn.Module] = []
        for _ in range(self.depth):
            layers += [Linear(replicas, features, self.width), Activation("leaky_relu", inplace=True)]
            features = self.width
        layers.append(Linear(replicas, features, 1))
        return Replicated(*layers, outputs=())

    def _logits(self, step: Step, networks: Networks) -> dict[str, tuple[Tensor, ...]]:
        def judge() -> dict[str, tuple[Tensor, ...]]:
            return {name: together(networks[name], *part) for name, part in self.seen(step).items()}

        return step.once(self.name, judge)
