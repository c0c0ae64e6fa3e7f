"""The transitions of a path, also over those of the even, straight path (pose report, section IV.B).

Poses (B, T, J, 3) move by the mean over joints, in metres; images (B, T, C, H, W) by the root mean square of elements.
A path of T samples has T - 1 transitions. The even, straight path moves by d(first, last) / (T - 1) at each of them,
which is their normaliser. The published code divides d by T instead, and so gives an even, straight path T / (T - 1),
1.0101 at 100 steps; compat="naayem" does likewise.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from posectl.core.kinds import Kind
from posectl.core.metrics.summary import moments, row_sums
from posectl.errors import InvalidInputError

COINCIDENT = 1e-6
"""Samples nearer than this are one sample: a micrometre for poses, ten times what float32 resolves at arm's length;
for images, whose intensities are of order one, as much."""


def transitions(paths: Tensor, kind: Kind) -> Tensor:
    """Return distances (B, T - 1) float64 between neighbours on paths (B, T, *shape).

    Raises InvalidInputError for paths of fewer than two samples.
    """
    if paths.ndim != 2 + len(kind.axes) or paths.shape[1] < 2:
        raise InvalidInputError(
            f"Paths of shape {tuple(paths.shape)} have no transitions.",
            f"Paths of {kind.name} are (path, step, {', '.join(kind.axes)}), with at least two steps.",
        )
    return kind.distance(paths[:, 1:], paths[:, :-1])


def path_lengths(paths: Tensor, kind: Kind) -> Tensor:
    """Return the sum of each path's transitions (B,) float64."""
    return row_sums(transitions(paths, kind))


def end_to_end(paths: Tensor, kind: Kind) -> Tensor:
    """Return distances (B,) float64 from first to last sample; NaN where the ends coincide, or are not finite."""
    chord = kind.distance(paths[:, :1], paths[:, -1:])[:, 0]
    return torch.where(chord > COINCIDENT, chord, torch.nan)


def normalised(paths: Tensor, kind: Kind, compat: str | None = None) -> Tensor:
    """Return transitions (B, T - 1) float64 over those of the even, straight path; rows of NaN where the ends coincide.

    compat="naayem" divides d(first, last) by T, as published, and not by T - 1.
    """
    steps = transitions(paths, kind)
    parts = paths.shape[1] if compat == "naayem" else paths.shape[1] - 1
    return steps / (end_to_end(paths, kind) / parts)[:, None]


class TransitionCurve(NamedTuple):
    """The normalised transitions averaged over the paths on which all are defined, `paths` in number.

    mean and std (T - 1,) float64, on the CPU; std is the root of the unbiased variance over the paths. NaN where there
    are too few paths.
    """

    mean: Tensor
    std: Tensor
    paths: int


def transition_curve(paths: Tensor, kind: Kind, compat: str | None = None) -> TransitionCurve:
    """Return the average normalised transition at each step of paths (B, T, ...): the report's Figs. 1, 2."""
    steps = normalised(paths, kind, compat)
    steps = steps[steps.isfinite().all(1)].cpu()
    mean, variance = zip(*(moments(step.tolist()) for step in steps.T), strict=True)
    return TransitionCurve(_column(mean), _column(variance).sqrt(), len(steps))


def _column(values: tuple[float | None, ...]) -> Tensor:
    return torch.tensor([torch.nan if value is None else value for value in values], dtype=torch.float64)
