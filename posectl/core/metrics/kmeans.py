"""K-means by Lloyd's algorithm, many restarts at once, and the whitening that ACAI's protocol does before."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import one_hot

AT_ONCE = 1 << 24
"""Point-centre pairs, over all restarts, that are compared at once; some 200 MB."""

TOLERANCE = 1e-4
"""Centres that together move by less, squared and over the points' mean variance, have arrived (as in scikit-learn)."""

_SINGULAR = 1e-5


class Whitening:
    """A transform of points (N, d): centred, turned onto principal axes and divided by singular values, of one set."""

    def __init__(self, points: Tensor) -> None:
        points = points.double()
        self.mean = points.mean(0)
        _, singular, axes = torch.linalg.svd(points - self.mean, full_matrices=False)
        self.matrix = axes.T / (singular + _SINGULAR)

    def __call__(self, points: Tensor) -> Tensor:
        return (points.double() - self.mean) @ self.matrix


def kmeans(points: Tensor, clusters: int, *, restarts: int, iterations: int, generator: torch.Generator) -> Tensor:
    """Return the centres (clusters, d) of points (N, d), best by inertia of `restarts` runs from random points."""
    best, least = points[:clusters], torch.inf
    size = max(1, AT_ONCE // (len(points) * clusters))
    for first in range(0, restarts, size):
        count = min(size, restarts - first)
        begin = torch.stack([torch.randperm(len(points), generator=generator)[:clusters] for _ in range(count)])
        centres = _lloyd(points, points[begin.to(points.device)], iterations)
        inertia = _inertia(points, centres)
        if inertia.min() < least:
            best, least = centres[inertia.argmin()], inertia.min().item()
    return best


def assign(points: Tensor, centres: Tensor) -> Tensor:
    """Return the index (..., N) of the nearest of centres (..., K, d) to each of points (N, d)."""
    return (centres.square().sum(-1)[..., None, :] / 2 - points @ centres.mT).argmin(-1)


def _lloyd(points: Tensor, centres: Tensor, iterations: int) -> Tensor:
    """Move centres (I, K, d) until they stand still; a centre that no point is nearest to stays where it is."""
    still = TOLERANCE * points.var(0, correction=0).mean()
    moving = torch.arange(len(centres), device=points.device)
    for _ in range(iterations):
        old = centres[moving]
        member = one_hot(assign(points, old), old.shape[1]).to(points.dtype)
        count = member.sum(1)[..., None]
        new = torch.where(count > 0, member.mT @ points / count.clamp(min=1), old)
        centres[moving] = new
        moving = moving[(new - old).square().sum((1, 2)) > still]
        if not len(moving):
            break
    return centres


def _inertia(points: Tensor, centres: Tensor) -> Tensor:
    """Return the sum (I,) of squared distances to the nearest centre, for each of centres (I, K, d)."""
    return torch.stack([(points - each[assign(points, each)]).square().sum() for each in centres])
