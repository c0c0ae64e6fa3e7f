"""Smoothness: decoded interpolations move as little as possible at every place of their path.

The derivative is exact, by forward-mode differentiation. Source: Oring et al., "Autoencoder Image Interpolation by
Shaping the Latent Space", 2021 (AEAI), L_S of Eq. 1; lambda_S from section 2.3.

Defaults: the paper's lambda. Its loss of a pair sums two reconstructions, so it presses half as hard as here. It states
no optimiser.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from posectl.core.objectives import objective, path_points
from posectl.core.objectives.base import Networks, Objective
from posectl.core.objectives.step import UNIFORM, Step


@objective("smooth")
@dataclass(frozen=True)
class Smooth(Objective):
    """The smoothness term of AEAI. The paper leaves open how pixels are reduced; with a sum, lambda would depend on the
    size of an image. Here it is the mean over elements, and for points over squared 3-vectors, as in the
    reconstruction. The pixel cross-fade moves the least of all paths between two images, so beside a small squared
    error this weight may lead to that: on the pole and its shadow 0.001 does better than 0.1. Under batch norm the
    statistics of the batch stand still along a path (core/nets/layers.py).

    lam: weight of the term. Paper: 0.1, of a loss with two reconstructions a pair, so half as much here.
    grid: intervals of a path, at whose ends the term is taken; 0 takes one uniform place a pair, see path_points.py.
        Paper: both.
    """

    name = "smooth"
    whole_batch = ""
    noise = {"t": UNIFORM}
    needs_velocity = True

    lam: float = 0.1
    grid: int = 0

    def __post_init__(self) -> None:
        path_points.check_grid(self.name, self.grid)

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the unevenness (R,)."""
        return unevenness(step, self.grid)


def unevenness(step: Step, intervals: int = 0) -> Tensor:
    """Return the mean (R,) of |d x_hat / d alpha|^2, least on a path at constant speed straight from end to end."""
    return step.kind.mean_square(path_points.velocities(step, intervals))
