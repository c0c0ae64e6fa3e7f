"""Cycle consistency: a decoded interpolation is encoded to the code on the path that it came from.

Source: Oring et al., "Autoencoder Image Interpolation by Shaping the Latent Space", 2021 (AEAI), L_C of Eq. 1; lambda_C
from section 2.3.

Defaults: the paper's lambda. Its loss of a pair sums two reconstructions, so it presses half as hard as here. It states
no optimiser.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from posectl.core.objectives import objective, path_points
from posectl.core.objectives.base import Networks, Objective, mean_over_batch
from posectl.core.objectives.step import UNIFORM, Step


@objective("cycle")
@dataclass(frozen=True)
class Cycle(Objective):
    """The cycle-consistency term of AEAI: the paper's squared norm, here the mean over a code's elements.

    lam: weight of the term. Paper: 0.01, of a loss with two reconstructions a pair, so half as much here.
    grid: intervals of a path, at whose ends the term is taken; 0 takes one uniform place a pair, see path_points.py.
        Paper: both.
    """

    name = "cycle"
    whole_batch = ""
    encodes_again = True
    noise = {"t": UNIFORM}

    lam: float = 0.01
    grid: int = 0

    def __post_init__(self) -> None:
        path_points.check_grid(self.name, self.grid)

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the inconsistency (R,)."""
        return inconsistency(step, self.grid)


def inconsistency(step: Step, intervals: int = 0) -> Tensor:
    """Return the mean (R,) of (z(alpha) - encode(decode(z(alpha))))^2; gradients reach both codes."""
    (again,) = step.encode(path_points.samples(step, intervals))
    return mean_over_batch((again - path_points.codes(step, intervals)).square())
