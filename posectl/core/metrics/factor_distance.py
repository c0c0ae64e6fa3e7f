"""The distance of a path's images from both its ends in the space of the factors, over alpha (AEAI, Fig. 8)."""

from __future__ import annotations

import torch

from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import columns, summarise
from posectl.core.metrics.trace import Trace


@metric("factor_distance", better="lower")
def factor_distance(trace: Trace) -> Score:
    """Compute how far each image's distances to both ends, in the factors' unit, are off those of the even path.

    The distance is Euclidean over the factors, periodic ones the short way round. On the even path it is alpha L from
    the start and (1 - alpha) L from the end, L being the distance between the ends. Paths without such a distance are
    undefined. `curve` holds the means over the paths: `to_start` and `to_end` with `even_to_start` and `even_to_end`,
    the paper's red lines.

    >>> import posectl
    >>> import torch
    >>> from posectl.core.metrics.trace import Trace
    >>> turn = torch.linspace(0, 80, 17).double()[None, :, None]  # an even turn by 80 degrees
    >>> even = Trace(turn, turn, torch.zeros(1, 17), torch.tensor([360.0]), "deg")
    >>> posectl.metrics.factor_distance(even)["mean"]
    0.0
    """
    defined = trace.length.isfinite()[:, None]
    even = trace.alpha * trace.length[:, None]
    distances = {
        "to_start": trace.from_start,
        "to_end": trace.to_end,
        "even_to_start": even,
        "even_to_end": even.flip(1),
    }
    means = {name: columns(values.where(defined, torch.nan), "mean")["mean"] for name, values in distances.items()}
    off = torch.stack([trace.from_start - even, trace.to_end - even.flip(1)]).abs()
    return summarise(off, trace.unit, curve={"alpha": trace.alpha.cpu(), **means})
