"""Wasserstein critics of codes: each scores a part of the code against draws, its slope held to one.

Source: Zamorski et al., "Adversarial Autoencoders for Compact Representations of 3D Point Clouds", 2020 (3d-AAE;
MaciejZamorski/3d-AAE, experiments/train_aae.py), with the gradient penalty of Gulrajani et al., "Improved Training of
Wasserstein GANs", 2017, Eq. 3.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from posectl.core.nets import Architecture
from posectl.core.nets.layers import Activation, HeLinear, Replicated, together
from posectl.core.objectives.base import Networks, Objective, mean_over_batch
from posectl.core.objectives.discriminator import Compared
from posectl.core.objectives.step import Step
from posectl.errors import UsageError

_WIDTHS = (512, 512, 128, 64)


@dataclass(frozen=True)
class Criticised(Objective):
    """An objective that shapes parts of the code, with a critic each, named in `adversary_names`. It draws a place in
    [0, 1) for each sample, the noise `<name>.place`."""

    whole_batch = ""

    lam: float = 1.0
    penalty: float = 10.0
    width: float = 1.0

    def __post_init__(self) -> None:
        if self.penalty < 0 or self.width <= 0:
            raise UsageError(
                f"{self.name}.penalty cannot be negative, and {self.name}.width is positive.",
                "As published: penalty=10, width=1.",
            )

    @abstractmethod
    def sizes(self, architecture: Architecture) -> Mapping[str, int]:
        """Return how many numbers each critic sees, by its name."""

    @abstractmethod
    def parts(self, step: Step) -> Mapping[str, Compared]:
        """Return what each critic sees, by its name."""

    def networks(self, architecture: Architecture, replicas: int) -> dict[str, nn.Module]:
        """Build the critics."""
        return {name: self._critic(size, replicas) for name, size in self.sizes(architecture).items()}

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return minus the mean (R,) of each critic's score of codes, summed."""
        first, *rest = (-mean_over_batch(of_code) for of_code, _ in self._scores(step, networks).values())
        return sum(rest, start=first)

    def adversaries(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Return each critic's mean score of codes, less that of draws, plus its gradient penalty."""
        return {
            name: mean_over_batch(of_code)
            - mean_over_batch(of_draw)
            + self.penalty * self.gradient_penalty(step, networks, name)
            for name, (of_code, of_draw) in self._scores(step, networks).items()
        }

    def gradient_penalty(self, step: Step, networks: Networks, name: str) -> Tensor:
        """Return the mean (R,) of (|gradient of the score| - 1)^2 at a random place between each draw and its code."""
        code, draw = self._parts(step)[name]
        between = torch.lerp(draw, code.detach(), step.drawn(f"{self.name}.place")[..., None]).requires_grad_()
        (slope,) = torch.autograd.grad(networks[name](between).sum(), between, create_graph=True)
        return mean_over_batch((torch.linalg.vector_norm(slope, dim=-1) - 1).square())

    def _critic(self, features: int, replicas: int) -> nn.Module:
        layers: list[nn.Module] = []
        for published in _WIDTHS:
            width = max(1, round(self.width * published))
            layers += [HeLinear(replicas, features, width), Activation("relu", inplace=True)]
            features = width
        return Replicated(*layers, HeLinear(replicas, features, 1), outputs=())

    def _parts(self, step: Step) -> Mapping[str, Compared]:
        return step.once(f"{self.name}.parts", lambda: self.parts(step))

    def _scores(self, step: Step, networks: Networks) -> dict[str, tuple[Tensor, ...]]:
        def scores() -> dict[str, tuple[Tensor, ...]]:
            return {name: together(networks[name], *part) for name, part in self._parts(step).items()}

        return step.once(self.name, scores)
