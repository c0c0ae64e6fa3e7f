"""The four conditions of an admissible interpolation (AEAI, section 2), and the share of paths that meet them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from posectl.core.distances import root_mean_square
from posectl.core.metrics import Better, Score, metric
from posectl.core.metrics.factor_monotonicity import forward_share
from posectl.core.metrics.summary import summarise
from posectl.core.metrics.trace import Trace

NEAR = 0.25
"""The share of the distance between the true ends below which images count as one. A cross-fade is at 0.5 half-way."""

LIPSCHITZ = 2.0
"""The constant K that a path must keep to, as a multiple of the even path's: no step of more than two."""


BETTER: dict[str, Better] = {
    "boundary": "lower", "monotonicity": "higher", "smoothness": "lower", "credibility": "higher",
    "admissible": "higher",
}  # fmt: skip


@metric("admissibility", better=BETTER)
def admissibility(interval_paths: Tensor, interval_truth: Tensor, interval_trace: Trace) -> Score:
    """Compute each condition's figure of each path, without unit, and the share of paths that meet it (`met`).

    The paper leaves distance, constants and P(x) open. Here image distances are root mean squares over the distance
    between the true ends, the distance on the manifold is that of the factors of the nearest real images, and an image
    is credible, P(x) >= 1 - beta, where it is as near to some real image as NEAR. boundary: the worse end's distance to
    the true image; met at NEAR at most. monotonicity: the share of steps away from the start and towards the end; met
    at 1. smoothness: the Lipschitz constant of the factors over that of the even path; met at LIPSCHITZ at most.
    credibility: the share of images that are credible; met at 1. admissible: 1 for a path that meets all four, else 0.
    Undefined where the ends have the same factors or images.

    >>> import posectl
    >>> import torch
    >>> from posectl.core.metrics.trace import Trace
    >>> turn = torch.linspace(0, 80, 17).double()[None, :, None]  # an even turn by 80 degrees
    >>> even = Trace(turn, turn, torch.zeros(1, 17), torch.tensor([360.0]), "deg")
    >>> images = torch.linspace(-1, 1, 17).view(1, 17, 1, 1, 1).expand(1, 17, 1, 8, 8)
    >>> posectl.metrics.admissibility(images, images, even)["admissible"]["mean"]
    1.0
    """
    chord = root_mean_square(interval_truth[:, 0], interval_truth[:, -1])
    chord = torch.where(chord > 0, chord, torch.nan)
    ends = root_mean_square(interval_paths[:, [0, -1]], interval_truth[:, [0, -1]])
    even = interval_trace.length / (interval_paths.shape[1] - 1)
    credible = (interval_trace.gap <= NEAR * chord[:, None]).double().mean(1)
    figures = {
        "boundary": ends.amax(1) / chord,
        "monotonicity": forward_share(interval_trace),
        "smoothness": interval_trace.steps.amax(1) / even,
        "credibility": credible.where(chord.isfinite(), torch.nan),
    }
    met = {
        "boundary": figures["boundary"] <= NEAR,
        "monotonicity": figures["monotonicity"] == 1,
        "smoothness": figures["smoothness"] <= LIPSCHITZ,
        "credibility": figures["credibility"] == 1,
    }
    defined = torch.stack(list(figures.values())).isfinite().all(0)
    conditions: dict[str, Any] = {
        name: summarise(values, "1", met=_share(met[name], defined)) for name, values in figures.items()
    }
    every = torch.stack(list(met.values())).all(0).double()
    return {
        **conditions,
        "admissible": summarise(every.where(defined, torch.nan), "1"),
        "near": NEAR,
        "lipschitz": LIPSCHITZ,
        "unit": "1",
    }


def _share(met: Tensor, defined: Tensor) -> float | None:
    return summarise(met[defined], "1")["mean"]
