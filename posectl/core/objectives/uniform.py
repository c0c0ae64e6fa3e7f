"""Uniformity: codes spread evenly over the sphere, by the logarithm of a mean Gaussian kernel of their distances.

Source: Wang and Isola, "Understanding Contrastive Representation Learning through Alignment and Uniformity on the
Hypersphere", 2020, L_uniform with t = 2. The weight is posectl's own, found on poses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from posectl.core.latent.priors import onto_sphere
from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks, Objective
from posectl.core.objectives.step import Step
from posectl.errors import UsageError


@objective("uniform")
@dataclass(frozen=True)
class Uniform(Objective):
    """The uniformity term. On the linear latent the directions of codes are spread, and their lengths are left alone.

    lam: weight of the term.
    t: sharpness of the kernel. Paper: 2.
    """

    name = "uniform"
    whole_batch = "its term is over all pairs of a batch"

    lam: float = 0.003
    t: float = 2.0

    def __post_init__(self) -> None:
        if self.t <= 0:
            raise UsageError(f"uniform.t is the sharpness of a kernel and cannot be {self.t:g}.", "The paper's is 2.")

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the log mean over i != j of exp(-t |z_i - z_j|^2), each replica by itself."""
        codes = onto_sphere(torch.cat((step.z, step.z_partner), dim=1) if step.halves else step.z)
        count = codes.shape[1]
        cosines = codes @ codes.transpose(1, 2)
        # On the sphere |a - b|^2 = 2 - 2 cos(a, b).
        logs = 2 * self.t * (cosines - 1)
        logs = logs.masked_fill(torch.eye(count, dtype=torch.bool, device=logs.device), -torch.inf)
        return logs.flatten(1).logsumexp(1) - math.log(count * (count - 1))
