"""How far a path's images are found from both its ends in the space of the factors, over alpha (AEAI, Fig. 8)."""

from __future__ import annotations

import torch

from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import columns, summarise
from posectl.core.metrics.trace import Trace


@metric("factor_distance")
def factor_distance(trace: Trace) -> Score:
    """Two values an image, in the factors' unit: how far its distances to both ends are off those of the even way.

    The distance is Euclidean over the factors, periodic ones the short way round. The even way is alpha L from the
    start and (1 - alpha) L from the end, L being the distance between the ends. Paths without such a distance are
    undefined. `curve` holds the means over the paths: `to_start` and `to_end` with `even_to_start` and `even_to_end`,
    the paper's red lines.
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
