"""The length of a path over the distance between its ends: 1 where it is straight; sees overshoot and detours."""

from __future__ import annotations

from torch import Tensor

from posectl.core.kinds import Kind
from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise
from posectl.core.metrics.transitions import end_to_end, path_lengths


@metric("path_length_ratio", better="lower")
def path_length_ratio(paths: Tensor, kind: Kind) -> Score:
    """Compute the length ratio of each of paths (B, T, *shape), without unit; undefined where the ends coincide.

    The length is the sum of the mean per-joint distances between neighbours. ANCI (Eq. 7 of the pose report) is the
    same number for a single path, once its transitions are counted right; no published protocol alters this one.

    >>> import numpy as np
    >>> import posectl
    >>> x = np.array([0.0, 2.0, 1.0])[None, :, None, None]  # two metres ahead, one back
    >>> posectl.metrics.path_length_ratio(x * np.eye(3)[0] * np.ones((17, 1)))["mean"]
    3.0
    """
    return summarise(path_lengths(paths, kind) / end_to_end(paths, kind), "1")
