"""Distance preservation: codes lie as far apart as their samples, up to one scale.

Source: Sainburg et al., "Generative adversarial interpolative autoencoding", 2018, section 2.3, L_dist, by the authors'
code where the paper's normalisers disagree (timsainb/GAIA, network.py). Objective `gaia` has it among its terms, with
the paper's weight; alone it presses on any other.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from posectl.core.distances import pairwise_squares
from posectl.core.kinds import Kind
from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks, Objective, mean_over_batch
from posectl.core.objectives.step import Step


@objective("distance")
@dataclass(frozen=True)
class Distance(Objective):
    """The pairwise distance loss by itself. On the sphere distances between codes are chords.

    lam: weight of the term. Paper: 5e-5, which is too small to show; the default is posectl's own.
    """

    name = "distance"
    whole_batch = "its term is over all pairs of a batch"

    lam: float = 0.01

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the pairwise distance loss (R,) of the batch."""
        return distance_loss(step.x, step.z, step.kind)


def distance_loss(x: Tensor, z: Tensor, kind: Kind) -> Tensor:
    """Return the difference (R,) between pairwise distances of codes and of samples: the mean over all B^2 pairs of the
    squared difference of log(1 + squared distance over its mean)."""
    of_samples, of_codes = kind.pairwise_squares(x), pairwise_squares(z)
    return mean_over_batch((_log_over_own_mean(of_samples) - _log_over_own_mean(of_codes)).square())


def _log_over_own_mean(squares: Tensor) -> Tensor:
    return log_over_mean(squares, squares.mean((1, 2), keepdim=True))


def log_over_mean(squares: Tensor, mean: Tensor) -> Tensor:
    """Return log(1 + squares / mean), 0 where all are."""
    return torch.log1p(squares / mean.clamp_min(torch.finfo(mean.dtype).tiny))
