"""Objectives: what an autoencoder is trained for beside reconstruction, one regularizer a file.

A regularizer names the networks that it brings, the noise that a step needs, and its losses, all as functions of a
`Step`. The autoencoder minimises reconstruction + sum of lambda times term. Each network that a regularizer brings
whose name is in `adversary_names` minimises its own loss, and no gradient of that loss reaches anything else; the other
networks are trained with the autoencoder. Losses are (R,): one figure a replica, never mixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from posectl.core.nets import Architecture
from posectl.core.objectives.step import Draw, Step
from posectl.errors import UsageError
from posectl.registry import Registry

Networks = Mapping[str, nn.Module]


class Objective:
    """One regularizer. Options are dataclass fields, among them `lam`, the weight of `term`."""

    name: ClassVar[str]
    draws: ClassVar[Mapping[str, Draw]] = {}
    replaces_reconstruction: ClassVar[bool] = False
    adversary_names: ClassVar[tuple[str, ...]] = ()

    lam: float

    def networks(self, architecture: Architecture, replicas: int) -> dict[str, nn.Module]:
        """The networks that it brings, by name."""
        return {}

    def reconstruction(self, step: Step, networks: Networks) -> Tensor:
        """The loss (R,) in place of the plain reconstruction, where `replaces_reconstruction`."""
        return squared_error(step.x, step.x_hat)

    def term(self, step: Step, networks: Networks) -> Tensor:
        """What the autoencoder minimises (R,), times lambda."""
        return torch.zeros(len(step.x), device=step.x.device)

    def adversaries(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """What the networks in `adversary_names` minimise, each (R,)."""
        return {}


OBJECTIVES: Registry[type[Objective]] = Registry("regularizer", "posectl.core.objectives", helpers=("step",))
objective = OBJECTIVES.register


def mean_over_batch(values: Tensor) -> Tensor:
    """(R, B, ...) to (R,)."""
    return values.flatten(1).mean(1)


def squared_error(x: Tensor, x_hat: Tensor) -> Tensor:
    """The reconstruction loss (R,): squared error, mean over the batch and, for points (..., 3), over joints of the
    squared 3-vector (m^2, as the pose report's code, losses/joints_loss.py); for images over every element (ACAI)."""
    squares = (x_hat - x).square()
    points = x.dim() == 4 and x.shape[-1] == 3
    return mean_over_batch(squares) * 3 if points else mean_over_batch(squares)


def check_together(objectives: list[Objective]) -> None:
    """Raise UsageError where two objectives are the same, or both replace the reconstruction."""
    names = [objective.name for objective in objectives]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"The regularizer {twice[0]!r} is named twice.", "Name each once, with its own --lam.")
    replacing = [objective.name for objective in objectives if objective.replaces_reconstruction]
    if len(replacing) > 1:
        raise UsageError(f"{' and '.join(replacing)} each replace the reconstruction loss.", "Keep one of them.")
