"""Constant speed: a decoded path moves as fast at one place as at another.

The squared difference of the logarithms of the speed at two random places of one path; so scale does not matter, and
neither long paths nor short ones are favoured. Source: posectl's own, with its weight found on poses; the metrics that
it serves are the smoothness ratio and ANCI of Naayem, section IV.B.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from posectl.core.objectives import objective
from posectl.core.objectives.base import Networks, Objective, mean_over_batch
from posectl.core.objectives.step import UNIFORM, Step

# The speed below which a path stands still: the distance below which metrics take two samples for one.
_STILL = 1e-6


@objective("speed")
@dataclass(frozen=True)
class Speed(Objective):
    """The constant-speed term.

    lam: weight of the term.
    """

    name = "speed"
    whole_batch = ""
    noise = {"t": UNIFORM, "s": UNIFORM}
    needs_velocity = True

    lam: float = 0.003

    def term(self, step: Step, networks: Networks) -> Tensor:
        """Return the mean of (log |v(t)| - log |v(s)|)^2."""
        return mean_over_batch((log_speed(step, step.v_t) - log_speed(step, step.v_s)).square())


def log_speed(step: Step, velocity: Tensor) -> Tensor:
    """Return the logarithm (R, B) of the size of d x / d alpha (R, B, *shape), in the norm of the transitions."""
    return step.kind.speed(velocity).clamp_min(_STILL).log()
