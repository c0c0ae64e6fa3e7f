"""Distance preservation: codes lie as far apart as their samples, up to one scale.

Source: Sainburg et al., "Generative adversarial interpolative autoencoding", 2018, section 2.3, L_dist, by the authors'
code where the paper's normalisers disagree (timsainb/GAIA, network.py). Objective `gaia` has it among its terms, with
the paper's weight; alone it presses on any other.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

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

    lam: float = 0.01

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the pairwise distance loss (R,) of the batch."""
        return distance_loss(step.x, step.z)


def distance_loss(x: Tensor, z: Tensor) -> Tensor:
    """Return the difference (R,) between pairwise distances of codes and of samples: the mean over all B^2 pairs of the
    squared difference of log(1 + squared distance over its mean)."""
    return mean_over_batch((_log_distances(x) - _log_distances(z)).square())


def _log_distances(samples: Tensor) -> Tensor:
    squares = squared_distances(samples)
    return log_over_mean(squares, squares.mean((1, 2), keepdim=True))


def squared_distances(samples: Tensor) -> Tensor:
    """Return squared distances (R, B, B) between samples (R, B, ...) of each replica, mean over their elements."""
    flat = samples.flatten(2)
    return torch.cdist(flat, flat, compute_mode="donot_use_mm_for_euclid_dist").square() / flat.shape[2]


def log_over_mean(squares: Tensor, mean: Tensor) -> Tensor:
    """Return log(1 + squares / mean), 0 where all are."""
    return torch.log1p(squares / mean.clamp_min(torch.finfo(mean.dtype).tiny))
