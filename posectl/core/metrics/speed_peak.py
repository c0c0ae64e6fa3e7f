"""Where on a path it moves the fastest, and how wide that zone is (pose report, section V.B)."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.kinds import Kind
from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise
from posectl.core.metrics.transitions import COINCIDENT, transitions

BINS = 20
"""Parts of the way over which `curve` counts the peaks."""

_EVEN = 1e-4


@metric("speed_peak", better={"width": "higher"})
def speed_peak(paths: Tensor, kind: Kind) -> Score:
    """Compute `alpha`, the place of the largest transition of each of paths (B, T, *shape), midway between its two
    samples; and `width`, the share of the path on which transitions are at least half-way from their mean to that.

    Paths that never leave their start, and even ones, which have no peak, are undefined. `curve` holds the `share` of
    the peaks in each of 20 parts of the way, at the middle `alpha` of each, and `normal`, that of the normal
    distribution of their mean and standard deviation: the report finds them close to it "visually".

    >>> import numpy as np
    >>> import posectl
    >>> x = np.array([0.0, 1.0, 2.0, 6.0, 8.0])[None, :, None, None]  # steps of 1, 1, 4 and 2 metres
    >>> score = posectl.metrics.speed_peak(x * np.eye(3)[0] * np.ones((17, 1)))
    >>> score["alpha"]["mean"], score["width"]["mean"]
    (0.625, 0.25)
    """
    steps = transitions(paths, kind)
    largest, mean = steps.amax(1), steps.mean(1)
    peaked = (largest > COINCIDENT) & (largest > (1 + _EVEN) * mean)
    places = torch.where(peaked, (steps.argmax(1) + 0.5).double() / steps.shape[1], torch.nan)
    widths = (steps >= ((mean + largest) / 2)[:, None]).double().mean(1)
    score = summarise(places, "1")
    return {
        "alpha": score,
        "width": summarise(torch.where(peaked, widths, torch.nan), "1"),
        "curve": _curve(places[peaked].cpu(), score),
    }


def _curve(places: Tensor, score: Score) -> dict[str, Tensor]:
    """Return the shares of places in each part of the way, and those of the normal distribution like them."""
    edges = torch.linspace(0, 1, BINS + 1, dtype=torch.float64)
    counts = torch.histogram(places, edges).hist
    normal = torch.full_like(counts, torch.nan)
    if score["std"]:
        distribution = torch.distributions.Normal(score["mean"], score["std"])
        normal = distribution.cdf(edges).diff()
    return {"alpha": (edges[1:] + edges[:-1]) / 2, "share": counts / max(len(places), 1), "normal": normal}
