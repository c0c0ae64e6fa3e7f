"""ACAI by skill: the autoencoder heeds the critic as far as that can tell how far an interpolation is mixed.

Where decoded mixes look like samples as they are, ACAI's critic finds nothing to tell alpha by; what it guesses, and
what the autoencoder is pressed for, is then arbitrary. Source: posectl's own, after Berthelot et al., "Understanding
and Improving Interpolation in Autoencoders via an Adversarial Regularizer", 2018 (ACAI); the skill is Murphy's, "Skill
Scores Based on the Mean Square Error and Their Relationships to the Correlation Coefficient", 1988.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from posectl.core.nets import Architecture
from posectl.core.objectives import objective
from posectl.core.objectives.acai import ACAI
from posectl.core.objectives.base import Networks, mean_over_batch
from posectl.core.objectives.step import Step

# Of alpha, uniform in [0, 1/2]: the mean square error of guessing its mean.
_VARIANCE = 1 / 48
# Batches over which the critic's error is averaged: of a few samples alone it is too uncertain.
_BATCHES = 100


class Skill(nn.Module):
    """The critic's mean square error (R,) over the last batches."""

    error: Tensor

    def __init__(self, replicas: int) -> None:
        super().__init__()
        self.register_buffer("error", torch.full((replicas,), _VARIANCE))

    @property
    def value(self) -> Tensor:
        """The skill (R,): 1 of a critic that knows alpha, 0 of one that is no better than its mean."""
        return (1 - self.error / _VARIANCE).clamp_min(0)


@objective("acai-skill")
@dataclass(frozen=True)
class ACAISkill(ACAI):
    """The ACAI regularizer, its term weighed by the critic's skill in the steps before.

    lam: weight of the critic's guess, squared, where its skill is 1.
    gamma: share of the data in the critic's second input.
    """

    name = "acai-skill"

    def networks(self, architecture: Architecture, replicas: int) -> dict[str, nn.Module]:
        """Build the critic, and the record of its skill."""
        return {**super().networks(architecture, replicas), "skill": Skill(replicas)}

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return ACAI's term (R,) times the skill."""
        return cast(Skill, networks["skill"]).value * super().term(step, networks)

    def adversaries(self, step: Step, networks: Networks) -> dict[str, Tensor]:
        """Return ACAI's loss of the critic, whose error is taken note of."""
        guess, _ = self._guesses(step, networks)
        error = mean_over_batch((guess - step.alpha).square()).detach()
        cast(Skill, networks["skill"]).error.lerp_(error, 1 / _BATCHES)
        return super().adversaries(step, networks)
