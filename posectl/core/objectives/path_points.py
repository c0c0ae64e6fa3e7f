"""The places on a pair's path where AEAI's terms are evaluated: one uniform t, or the even grid 0, 1/M, ..., 1.

Oring et al. sum their terms over the M + 1 places of a grid in Eq. 1 and take one place a pair in section 2.3. posectl
takes the mean in both cases: one place is an unbiased estimate of it, and the paper's sum is M + 1 times as large.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from posectl.core.objectives.step import Step
from posectl.errors import UsageError


class _Grid(NamedTuple):
    codes: Tensor
    samples: Tensor
    velocities: Tensor | None


def codes(step: Step, intervals: int) -> Tensor:
    """Return codes (R, B, d) at t where `intervals` is 0, else (R, (M + 1) B, d) at all places of the grid."""
    return _at(step, intervals).codes if intervals else step.z_t


def samples(step: Step, intervals: int) -> Tensor:
    """Return the decoded samples of those codes."""
    return _at(step, intervals).samples if intervals else step.x_t


def velocities(step: Step, intervals: int) -> Tensor:
    """Return the exact derivatives of those samples along the paths."""
    if not intervals:
        return step.v_t
    velocity = _at(step, intervals, moving=True).velocities
    assert velocity is not None
    return velocity


def _at(step: Step, intervals: int, *, moving: bool = False) -> _Grid:
    moving = moving or step.needs_velocity

    def make() -> _Grid:
        alphas = [torch.full_like(step.ends[0][..., 0], n / intervals) for n in range(intervals + 1)]
        at = torch.cat([step.path(*step.ends, alpha) for alpha in alphas], dim=1)
        if not moving:
            return _Grid(at, step.decode(at)[0], None)
        decoded, velocity = step.decode_path(*alphas)
        return _Grid(at, torch.cat(decoded, dim=1), torch.cat(velocity, dim=1))

    return step.once(f"grid/{intervals}/{moving}", make)


def check_grid(name: str, intervals: int) -> None:
    """Raise UsageError for a grid of fewer than no intervals."""
    if intervals < 0:
        raise UsageError(
            f"{name}.grid counts the intervals of a path and cannot be {intervals}.",
            "0 takes one uniform place a pair, 10 takes 0, 0.1, ..., 1.",
        )
