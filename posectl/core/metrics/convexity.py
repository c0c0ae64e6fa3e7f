"""The share of mixed codes that lie where codes of real samples do: 1 where these fill a convex set.

Sainburg et al., "Generative adversarial interpolative autoencoding", 2018, section 1.2, claim it and do not measure it.
Where real codes lie is told by their nearest-neighbour balls (balls.py), as Kynkaanniemi et al., NeurIPS 2019, tell it
of samples.
"""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.balls import membership, radii
from posectl.core.metrics.summary import columns, summarise

PATHS = 1000
"""Paths at most whose codes are looked up."""


@metric("convexity", better="higher")
def convexity(path_codes: Tensor, real_codes: Tensor, *, k: int = 5) -> Score:
    """Compute the share, without unit, of the codes between the ends of path_codes (B, T, d), the first PATHS of them,
    that are inside the ball of some code of real_codes (N, d), each ball out to its k-th nearest neighbour, Euclidean.

    `curve` holds it as `mean` at each `alpha`, and `ends` is that of the ends, real samples' own codes: what is lost
    on the way is the difference. Ends that are among real_codes are inside. Raises TooFewError for N <= k.

    >>> import numpy as np
    >>> import posectl
    >>> angle = np.linspace(0, np.pi, 101)  # half a ring, whose ends the straight line joins outside of it
    >>> ring = np.stack([np.cos(angle), np.sin(angle)], 1)
    >>> line = np.linspace(ring[0], ring[-1], 5)[None]
    >>> score = posectl.metrics.convexity(line, ring, k=2)
    >>> score["mean"], score["ends"]
    (0.0, 1.0)
    """
    paths, codes = path_codes[:PATHS], real_codes.to(path_codes.device)
    hits, _ = membership(paths.flatten(0, 1), codes, radii(codes, k))
    inside = (hits > 0).double().view(paths.shape[:2])
    alpha = torch.linspace(0, 1, inside.shape[1], dtype=torch.float64)
    ends = summarise(inside[:, [0, -1]], "1")["mean"]
    curve = {"alpha": alpha, **columns(inside, "mean")}
    return summarise(inside[:, 1:-1], "1", ends=ends, k=k, among=len(codes), distance="l2", curve=curve)
