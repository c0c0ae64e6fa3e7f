"""The change of bone lengths along a path between its ends."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from posectl.core.distances import mean_per_joint
from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import row_sums, summarise


@metric("bone_length_error", better="lower")
def bone_length_error(paths: Tensor, parents: Sequence[int]) -> Score:
    """Compute the bone-length error of each of paths (B, T, J, 3), in metres; `parents` gives joints' parents, -1 at
    the root.

    The ends may belong to people of different size, so a bone's length should go linearly with alpha from its length
    in the first pose to that in the last; the error is the mean absolute deviation from this over bones and inner
    poses (the ends cannot deviate), and 0 for a rigid skeleton. `relative` holds the same statistics, without unit, of
    the error over the mean length that the bones should have. Paths without an inner pose are undefined.

    >>> import numpy as np
    >>> import posectl
    >>> path = np.zeros((1, 3, 2, 3))
    >>> path[..., 1, 2] = [1.0, 0.5, 1.0]  # a bone of 1 m that shrinks to 0.5 m half-way
    >>> posectl.metrics.bone_length_error(path, [-1, 0])["mean"]
    0.5
    """
    inner = paths.shape[1] - 2
    alpha = torch.arange(1, inner + 1, dtype=torch.float64, device=paths.device) / (inner + 1)
    deviation = torch.zeros(len(paths), inner, dtype=torch.float64, device=paths.device)
    expected = torch.zeros_like(deviation)
    bones = [(parent, child) for child, parent in enumerate(parents) if parent >= 0]
    for parent, child in bones:
        # The distance of "poses" that are one joint each is the length of the bone between them.
        length = mean_per_joint(paths[:, :, parent, None], paths[:, :, child, None])
        should = (1 - alpha) * length[:, :1] + alpha * length[:, -1:]
        deviation += (length[:, 1:-1] - should).abs()
        expected += should
    error = row_sums(deviation)
    return summarise(error / (inner * len(bones)), "m", relative=summarise(error / row_sums(expected), "1"))
