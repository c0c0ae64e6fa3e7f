"""Exact nearest neighbours of arrays of either sort."""

from __future__ import annotations

from typing import Any, Literal

import torch

from posectl.api.arrays import Array
from posectl.core.metrics import nearest as search


def nearest(
    queries: Any, reference: Any, k: int = 1, metric: Literal["mpjpe", "l2", "cosine"] = "mpjpe"
) -> tuple[Array, Array]:
    """Find the k samples of the reference nearest to each query, nearest first; among equals, the lowest index first.

    queries (N, ...), reference (M, ...): NumPy, PyTorch or zarr arrays. metric: "mpjpe", the mean per-joint distance of
    poses (J, 3) in their unit; "l2"; "cosine", 1 - cos. Returns distances (N, k) float64 and indices (N, k) int64,
    NumPy arrays for NumPy queries, tensors on the queries' device for tensors: exact, the same for any number of
    threads. Raises InvalidInputError for samples that are empty, NaN, infinite or of unlike shapes, and for k outside 1
    ... M.

    >>> import numpy as np
    >>> import posectl
    >>> poses = np.zeros((3, 17, 3)) + np.array([0.0, 1.0, 5.0])[:, None, None]
    >>> distances, indices = posectl.nearest(poses[:1] + 0.9, poses)
    >>> int(indices[0, 0])
    1
    """
    distances, indices = search.nearest(queries, reference, k, metric)
    if isinstance(queries, torch.Tensor):
        return distances, indices
    return distances.cpu().numpy(), indices.cpu().numpy()
