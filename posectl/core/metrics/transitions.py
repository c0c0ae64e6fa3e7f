"""How far a path moves at each of its steps, in metres and against the even, straight way (pose report, section IV.B).

A path of T poses has T - 1 transitions. The even, straight way moves by d(first, last) / (T - 1) at each of them, and
that is what they are normalised by. The published code divides d by T instead, and so gives an even, straight path
T / (T - 1), 1.0101 at 100 steps; compat="naayem" does likewise.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import torch
from torch import Tensor

from posectl.core.metrics.summary import moments, row_sums
from posectl.errors import InvalidInputError

COINCIDENT = 1e-6
"""Metres: poses nearer than this are one pose. Ten times what float32 resolves at arm's length."""

BLOCK = 1 << 20
"""Coordinates that are compared at once; some 40 MB in float64. No result depends on it."""


def pose_distance(a: Tensor, b: Tensor) -> Tensor:
    """Mean per-joint distance (...) float64, in metres, of poses (..., J, 3) that broadcast (pose report, Eq. 8).

    Coordinates and joints are added one after the other, which pins every bit: the order in which a reduction of
    torch's own adds them depends on how the poses lie in memory.
    """
    a, b = torch.broadcast_tensors(a, b)
    lead = a.shape[:-2]
    if a.numel() <= BLOCK or lead.numel() <= 1:
        difference = a.double() - b.double()
        joints = _fold(difference * difference).sqrt()
        return _fold(joints) / joints.shape[-1]
    axis = max(range(len(lead)), key=lambda i: lead[i])
    halves = zip(a.tensor_split(2, axis), b.tensor_split(2, axis), strict=True)
    return torch.cat([pose_distance(x, y) for x, y in halves], axis)


def transitions(paths: Tensor) -> Tensor:
    """Distances (B, T - 1) float64, in metres, between neighbours on paths (B, T, J, 3).

    Raises InvalidInputError for paths of fewer than two poses.
    """
    if paths.ndim != 4 or paths.shape[1] < 2:
        raise InvalidInputError(
            f"Paths of shape {tuple(paths.shape)} have no transitions.",
            "Give (B, T, J, 3), with at least two poses on each path.",
        )
    return pose_distance(paths[:, 1:], paths[:, :-1])


def path_lengths(paths: Tensor) -> Tensor:
    """The sum of each path's transitions (B,) float64, in metres."""
    return row_sums(transitions(paths))


def end_to_end(paths: Tensor) -> Tensor:
    """Distances (B,) float64, in metres, from first to last pose; NaN where the ends coincide, or are not finite."""
    distance = pose_distance(paths[:, 0], paths[:, -1])
    return torch.where(distance > COINCIDENT, distance, torch.nan)


def normalised(paths: Tensor, compat: str | None = None) -> Tensor:
    """Transitions (B, T - 1) float64 over those of the even, straight way; rows of NaN where the ends coincide.

    compat="naayem" divides d(first, last) by T, as published, and not by T - 1.
    """
    steps = transitions(paths)
    parts = paths.shape[1] if compat == "naayem" else paths.shape[1] - 1
    return steps / (end_to_end(paths) / parts)[:, None]


class TransitionCurve(NamedTuple):
    """Normalised transitions averaged over the paths on which all are defined, `paths` in number.

    mean and std (T - 1,) float64, on the CPU; std is the root of the unbiased variance over the paths. NaN where there
    are too few paths.
    """

    mean: Tensor
    std: Tensor
    paths: int


def transition_curve(paths: Tensor, compat: str | None = None) -> TransitionCurve:
    """The average normalised transition at each step of paths (B, T, J, 3): the curves of the report's Figs. 1, 2."""
    steps = normalised(paths, compat)
    steps = steps[steps.isfinite().all(1)].cpu()
    mean, variance = zip(*(moments(step.tolist()) for step in steps.T), strict=True)
    return TransitionCurve(_column(mean), _column(variance).sqrt(), len(steps))


def _column(values: tuple[float | None, ...]) -> Tensor:
    return torch.tensor([torch.nan if value is None else value for value in values], dtype=torch.float64)


def _fold(values: Tensor) -> Tensor:
    """The sum over the last axis, from left to right."""
    return functools.reduce(torch.add, values.unbind(-1))
