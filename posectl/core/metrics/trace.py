"""Paths of images in the space of the factors behind them, by the nearest real images.

A factor with a period, such as an azimuth, goes the short way round; periods (F,) are infinite for the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from posectl.core.distances import root_mean_square
from posectl.core.metrics.nearest import nearest
from posectl.errors import UsageError, did_you_mean

Retrieval = Literal["l2", "l1", "cosine"]

PAIRS = 1 << 16
"""Pairs of images that the L1 search compares at once. No result depends on it."""


@dataclass(frozen=True)
class Trace:
    """Paths (B, T, C, H, W) in the space of F factors, all float64.

    expected (B, T, F): the even path from the factors at the start to those at the end, the short way round; retrieved
    (B, T, F): the factors of the real image nearest to each; gap (B, T): root mean square distance to that image;
    periods (F,); unit: of the factors, "rad" or "deg".
    """

    expected: Tensor
    retrieved: Tensor
    gap: Tensor
    periods: Tensor
    unit: str

    @property
    def alpha(self) -> Tensor:
        """The places (T,) from 0 to 1."""
        return torch.linspace(0, 1, self.expected.shape[1], dtype=torch.float64, device=self.expected.device)

    @property
    def length(self) -> Tensor:
        """The distance between the ends (B,); NaN where they coincide."""
        length = (self.expected[:, -1] - self.expected[:, 0]).norm(dim=-1)
        return torch.where(length > 0, length, torch.nan)

    @property
    def from_start(self) -> Tensor:
        """The distance of each image from the factors at the start (B, T)."""
        return wrapped(self.retrieved - self.expected[:, :1], self.periods).norm(dim=-1)

    @property
    def to_end(self) -> Tensor:
        """The distance of each image from the factors at the end (B, T)."""
        return wrapped(self.retrieved - self.expected[:, -1:], self.periods).norm(dim=-1)

    @property
    def steps(self) -> Tensor:
        """The distance between neighbours on a path (B, T - 1)."""
        return wrapped(self.retrieved.diff(dim=1), self.periods).norm(dim=-1)


@dataclass(frozen=True)
class ObjectTrace:
    """Paths (B, T, C, H, W) among images of several objects: the trace of their views, the object (B, T) of the real
    image nearest to each, and the objects (B, 2) at their ends."""

    trace: Trace
    objects: Tensor
    ends: Tensor


def wrapped(difference: Tensor, periods: Tensor) -> Tensor:
    """Return differences of factors (..., F), the short way round: at most half a period either way."""
    whole = periods * torch.round(difference / periods)
    return torch.where(periods.isfinite(), difference - whole, difference)


def interpolate_factors(start: Tensor, stop: Tensor, periods: Tensor, alpha: Tensor) -> Tensor:
    """Return the even path (B, T, F) from factors (B, F) to factors (B, F), the short way round, at alpha (T,)."""
    return start[:, None] + alpha[:, None] * wrapped(stop - start, periods)[:, None]


def retrieve(images: Tensor, gallery: Tensor, metric: Retrieval) -> tuple[Tensor, Tensor]:
    """Return the index (...,) in gallery (G, C, H, W) of the image nearest to each of images (..., C, H, W), and the
    root mean square distance (...,) to it, whichever metric chose it. Raises UsageError for an unknown metric."""
    if metric not in get_args(Retrieval):
        raise UsageError(f"Nothing is retrieved by {metric!r}.", did_you_mean(metric, get_args(Retrieval)))
    flat = images.flatten(0, -4)
    index = _nearest_l1(flat, gallery) if metric == "l1" else nearest(flat, gallery, metric=metric)[1][:, 0]
    lead = images.shape[:-3]
    return index.view(lead), _gaps(flat, gallery, index).view(lead)


def _nearest_l1(images: Tensor, gallery: Tensor) -> Tensor:
    wide = gallery.flatten(1).double()
    blocks = images.flatten(1).split(max(1, PAIRS // len(gallery)))
    return torch.cat([torch.cdist(block.double(), wide, p=1).argmin(1) for block in blocks])


def _gaps(images: Tensor, gallery: Tensor, index: Tensor) -> Tensor:
    pieces = zip(images.split(256), index.split(256), strict=True)  # gathers no more of the gallery than it measures
    return torch.cat([root_mean_square(some, gallery[nearest]) for some, nearest in pieces])
