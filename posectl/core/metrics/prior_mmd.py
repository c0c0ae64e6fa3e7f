"""How well codes match their prior: the squared maximum mean discrepancy between codes and draws, and by class.

Source: Gretton et al., "A Kernel Two-Sample Test", 2012, Eq. 3 (the unbiased estimate); with the inverse multiquadric
kernel of Tolstikhin et al., "Wasserstein Auto-Encoders", 2018, section 4.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise

PAIRS = 1 << 20
"""Pairs of codes that are compared at once; some 30 MB. No result depends on it, but for the order of sums."""


@metric("prior_mmd", better="lower")
def prior_mmd(
    matched_codes: Tensor, prior_codes: Tensor, matched_labels: Tensor | None = None,
    prior_classes: Tensor | None = None,
) -> Score:  # fmt: skip
    """Compute the squared maximum mean discrepancy of matched_codes (N, d) from prior_codes (M, d), in float64.

    The kernel is k(a, b) = 2 d / (2 d + |a - b|^2), and the estimate without bias, so that of two samples of one
    distribution is about zero, and may be less. `by_class`, where matched_labels (N,) are known: that of each class's
    codes, from the draws of that class where prior_classes (M,) say which, else from all; None where either has fewer
    than two.

    >>> import numpy as np
    >>> import posectl
    >>> codes, draws = np.array([[0.0], [2.0]]), np.array([[1.0], [3.0]])
    >>> round(posectl.metrics.prior_mmd(codes, draws)["mean"], 6)  # 2/6 + 2/6 - 2 (3 * 2/3 + 2/11) / 4
    -0.424242
    """
    size = matched_codes.shape[1]
    codes, draws = matched_codes.double(), prior_codes.to(matched_codes.device).double()
    by_class: dict[str, Any] = {}
    if matched_labels is not None:
        by_class["by_class"] = [
            _discrepancy(
                codes[matched_labels.to(codes.device) == label],
                draws if prior_classes is None else draws[prior_classes.to(draws.device) == label],
            )
            for label in range(int(matched_labels.max()) + 1)
        ]
    whole = _discrepancy(codes, draws)
    values = torch.tensor([torch.nan if whole is None else whole], dtype=torch.float64)
    return summarise(
        values, "1", **by_class, codes=len(codes), draws=len(draws), kernel=f"{2 * size} / ({2 * size} + |a - b|^2)"
    )


def _discrepancy(a: Tensor, b: Tensor) -> float | None:
    """Return the estimate for codes a (N, d) and b (M, d), None where there are fewer than two of either."""
    n, m = len(a), len(b)
    if min(n, m) < 2:
        return None
    # A code's kernel with itself is one, and does not count.
    within = (kernel_sum(a, a) - n) / (n * (n - 1)) + (kernel_sum(b, b) - m) / (m * (m - 1))
    return within - 2 * kernel_sum(a, b) / (n * m)


def kernel_sum(a: Tensor, b: Tensor, pairs: int = PAIRS) -> float:
    """Return the sum of the kernel over all pairs of codes (N, d) and (M, d), as many pairs at once."""
    scale = 2 * a.shape[1]
    rows = [
        (scale / (scale + torch.cdist(some, b, compute_mode="donot_use_mm_for_euclid_dist").square())).sum(1)
        for some in a.split(max(1, pairs // len(b)))
    ]
    return math.fsum(torch.cat(rows).tolist())
