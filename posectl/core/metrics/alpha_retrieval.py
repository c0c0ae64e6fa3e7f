"""The alpha of the nearest real image, against the alpha that was decoded (AEAI, Figs. 7, 15)."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import columns, summarise
from posectl.core.metrics.trace import Trace, wrapped


@metric("alpha_retrieval", better="lower")
def alpha_retrieval(retrieval_trace: Trace) -> Score:
    """Compute the difference, without unit, between the alpha of the nearest real image and each image's own.

    A real image's alpha is the place of its factors, projected onto the line between the ends' factors, beyond [0, 1]
    if it lies outside the interval, which in the paper is one of 70 degrees. `curve` holds the `median` over the paths
    at each `alpha` and the quartiles `lower` and `upper`; a perfect path has median = alpha.

    >>> import posectl
    >>> import torch
    >>> from posectl.core.metrics.trace import Trace
    >>> turn = torch.linspace(0, 80, 17).double()[None, :, None]  # an even turn by 80 degrees
    >>> even = Trace(turn, turn, torch.zeros(1, 17), torch.tensor([360.0]), "deg")
    >>> posectl.metrics.alpha_retrieval(even)["mean"]
    0.0
    """
    retrieved = _alpha(retrieval_trace)
    alpha = retrieval_trace.alpha
    quartiles = {name: torch.nanquantile(retrieved, q, dim=0).cpu() for name, q in (("lower", 0.25), ("upper", 0.75))}
    curve = {"alpha": alpha.cpu(), **columns(retrieved, "median"), **quartiles}
    return summarise((retrieved - alpha).abs(), "1", curve=curve)


def _alpha(trace: Trace) -> Tensor:
    """Return the retrieved alpha (B, T); NaN where both ends have the same factors."""
    chord = (trace.expected[:, -1] - trace.expected[:, 0])[:, None]
    off = wrapped(trace.retrieved - trace.expected[:, :1], trace.periods)
    return (off * chord).sum(-1) / trace.length[:, None].square()
