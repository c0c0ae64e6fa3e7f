"""Objectives: what an autoencoder is trained for beside reconstruction, one regularizer a file.

A regularizer names the networks that it brings, the noise that a step needs, and its losses, all as functions of a
`Step`. The autoencoder minimises reconstruction + sum of lambda times term. Each network that a regularizer brings
whose name is in `adversary_names` minimises its own loss, and no gradient of that loss reaches anything else; the other
networks are trained with the autoencoder. Losses are (R,): one figure a replica, never mixed.

What changes the autoencoder itself is a hook: `encoder` and `decoder` wrap the networks for training and for use alike;
`corrupt_input` and `corrupt_code` act in training alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    has_term: ClassVar[bool] = True
    needs_labels: ClassVar[bool] = False
    needs_velocity: ClassVar[bool] = False
    needs_data: ClassVar[bool] = False
    adversary_names: ClassVar[tuple[str, ...]] = ()

    lam: float

    def encoder(self, inner: nn.Module, architecture: Architecture, replicas: int) -> nn.Module:
        """The encoder to use in place of the net's own. Its first `architecture.latent` outputs are the code."""
        return inner

    def decoder(self, inner: nn.Module, architecture: Architecture, replicas: int) -> nn.Module:
        """The decoder to use in place of the net's own."""
        return inner

    def networks(self, architecture: Architecture, replicas: int) -> dict[str, nn.Module]:
        """The networks that it brings, by name."""
        return {}

    def corrupt_input(self, x: Tensor, noise: Mapping[str, Tensor]) -> Tensor:
        """What is encoded in place of x (R, B, *shape), in training."""
        return x

    def corrupt_code(self, z: Tensor, step: Step) -> Tensor:
        """What is decoded for the reconstruction in place of z (R, B, d), in training."""
        return z

    def reconstruction(self, step: Step, networks: Networks) -> Tensor:
        """The loss (R,) in place of the plain reconstruction, where `replaces_reconstruction`."""
        return squared_error(step.x, step.x_hat)

    def term(self, step: Step, networks: Networks) -> Tensor:
        """What the autoencoder minimises (R,), times lambda; asked of those that have one (`has_term`)."""
        return torch.zeros(len(step.x), device=step.x.device)

    def adversaries(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """What the networks in `adversary_names` minimise, each (R,)."""
        return {}

    def paces(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Factors (R,) in [0, 1] on the learning rate at this step, of "autoencoder" or of adversaries by name."""
        return {}

    def resting(self, index: int) -> tuple[str, ...]:
        """Which of "autoencoder" and its adversaries do not move at the step of this index."""
        return ()


def build_encoder(architecture: Architecture, objectives: Iterable[Objective], replicas: int) -> nn.Module:
    """The net's encoder, as every objective wraps it."""
    module = architecture.encoder(replicas)
    for objective in objectives:
        module = objective.encoder(module, architecture, replicas)
    return module


def build_decoder(architecture: Architecture, objectives: Iterable[Objective], replicas: int) -> nn.Module:
    """The net's decoder, as every objective wraps it."""
    module = architecture.decoder(replicas)
    for objective in objectives:
        module = objective.decoder(module, architecture, replicas)
    return module


OBJECTIVES: Registry[type[Objective]] = Registry("regularizer", "posectl.core.objectives")
objective = OBJECTIVES.register


def mean_over_batch(values: Tensor) -> Tensor:
    """(R, B, ...) to (R,): sample by sample first, for the sum of one large replica alone threads would share out."""
    of_samples = values.flatten(2).mean(2) if values.dim() > 2 else values
    return of_samples.mean(1)


def squared_error(x: Tensor, x_hat: Tensor) -> Tensor:
    """The reconstruction loss (R,): squared error, mean over the batch and, for points (..., 3), over joints of the
    squared 3-vector (m^2, as the pose report's code, losses/joints_loss.py); for images over every element (ACAI)."""
    return mean_square(x_hat - x)


def mean_square(differences: Tensor) -> Tensor:
    """(R,) of differences of samples (R, B, *shape), as the reconstruction takes it: see `squared_error`."""
    flat = differences.flatten(2)
    return torch.linalg.vecdot(flat, flat).sum(1) * ((3 if are_points(differences) else 1) / flat[0].numel())


def are_points(x: Tensor) -> bool:
    """Whether samples (R, B, *shape) are points (R, B, J, 3), and not images."""
    return x.dim() == 4 and x.shape[-1] == 3


def check_together(objectives: list[Objective]) -> None:
    """Raise UsageError where two objectives are the same, or both replace the reconstruction."""
    names = [objective.name for objective in objectives]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"The regularizer {twice[0]!r} is named twice.", "Name each once, with its own --lam.")
    replacing = [objective.name for objective in objectives if objective.replaces_reconstruction]
    if len(replacing) > 1:
        raise UsageError(f"{' and '.join(replacing)} each replace the reconstruction loss.", "Keep one of them.")


def check_unweighted(objective: Objective, strength: str) -> None:
    """Raise UsageError where an objective that has no term is given a weight; `strength` is the setting that it has."""
    if objective.lam != 1:
        raise UsageError(
            f"{objective.name} adds no term to the loss that --lam {objective.lam:g} could weigh.",
            f"Its strength is --set {strength}=VALUE; beside other regularizers give it --lam 1.",
        )
