"""Which alpha the nearest real image has, against the alpha that was decoded (AEAI, Figs. 7, 15)."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import columns, summarise
from posectl.core.metrics.trace import Trace, wrapped


@metric("alpha_retrieval")
def alpha_retrieval(interval_trace: Trace) -> Score:
    """One value an image, without unit: how far the alpha of the nearest real image is off the image's own.

    The alpha of a real image is where its factors project onto the way between the ends' factors, beyond [0, 1] if it
    lies outside the interval. `curve` holds the `median` over the paths at each `alpha` and the quartiles `lower` and
    `upper`; a perfect path has median = alpha.
    """
    found = _alpha(interval_trace)
    alpha = interval_trace.alpha
    quartiles = {name: torch.nanquantile(found, q, dim=0).cpu() for name, q in (("lower", 0.25), ("upper", 0.75))}
    curve = {"alpha": alpha.cpu(), **columns(found, "median"), **quartiles}
    return summarise((found - alpha).abs(), "1", curve=curve)


def _alpha(trace: Trace) -> Tensor:
    """(B, T); NaN where both ends have the same factors."""
    way = (trace.way[:, -1] - trace.way[:, 0])[:, None]
    off = wrapped(trace.found - trace.way[:, :1], trace.periods)
    return (off * way).sum(-1) / trace.length[:, None].square()
