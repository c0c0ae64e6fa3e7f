"""A tree of boxes over samples, on the processor: built once, searched for any queries."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from posectl.core.nearest import build, kernel
from posectl.core.nearest.kernel import LANES, TILE

_log = logging.getLogger(__name__)

_TASKS = 256
"""Pieces that work is cut into, to keep the threads busy to its end. No result depends on it."""

_METRICS = {"mpjpe": kernel.MPJPE, "l2": kernel.L2, "cosine": kernel.COSINE}


class Tree:
    """Boxes around leaves of 8 samples, around twigs of 8 leaves and branches of 8 twigs, neighbours together.

    rows (M, D): float32 or float64, contiguous; kept, not copied. The tree takes 1.3 times their size in float32.
    """

    def __init__(self, rows: Tensor) -> None:
        self._rows = rows
        _log.info("Searching by a compiled tree over %d samples of %d numbers.", *rows.shape)
        order = _arrange(rows.numpy(), LANES)
        points = torch.zeros(-(-len(rows) // LANES), -(-rows.shape[1] // 3) * 3, LANES)
        duplicates = np.zeros(len(rows), np.bool_)
        packed = rows.numpy(), order, points.numpy(), duplicates
        _in_pieces(len(points), lambda first, last: build.pack(*packed, first, last))
        leaves = _boxes(points.amin(2), points.amax(2))
        twigs = _boxes(leaves[:, 0].amin(2), leaves[:, 1].amax(2))
        branches = _boxes(twigs[:, 0].amin(2), twigs[:, 1].amax(2))
        boxes = leaves.numpy(), twigs.numpy(), branches.numpy()
        self._arrays = (rows.numpy(), order, duplicates, points.numpy(), *boxes)

    def search(self, queries: Tensor, metric: str, start: int, distances: Tensor, indices: Tensor) -> None:
        """As `plain.search`, for queries (N, D) of the dtype of the rows."""
        visits = _arrange(queries.numpy(), TILE)
        slack = _slack(self._rows, queries, metric)
        known = distances.numpy(), indices.numpy()
        common = (self._arrays, queries.numpy(), visits, _METRICS[metric], slack, start, *known)
        _in_pieces(-(-len(queries) // TILE), lambda first, last: kernel.search(*common, first, last))


def _arrange(rows: np.ndarray, leaf_size: int) -> np.ndarray:
    """An order (M,) of rows (M, D) in which each run of `leaf_size` holds neighbours."""
    order, keys = np.arange(len(rows), dtype=np.int32), np.empty(len(rows), np.float32)
    halves = [(0, len(rows))]
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        while len(halves) < _TASKS and halves[0][1] > build.BRANCH * leaf_size:  # the first is the smallest
            middles = pool.map(lambda half: build.halve(rows, order, keys, *half, leaf_size), halves)
            halves = [part for (a, b), m in zip(halves, middles, strict=True) for part in ((a, m), (m, b))]
        list(pool.map(lambda half: build.arrange(rows, order, keys, *half, leaf_size), halves))
    return order


def _boxes(lower: Tensor, upper: Tensor) -> Tensor:
    """Corners (n, P) by eights: (n / 8, 2, P, 8); the last box fills the last eight up."""
    corners = torch.stack([lower, upper])
    corners = torch.cat([corners, corners[:, -1:].expand(-1, -len(lower) % LANES, -1)], 1)
    return corners.unflatten(1, (-1, LANES)).permute(1, 0, 3, 2).contiguous()


def _slack(rows: Tensor, queries: Tensor, metric: str) -> float:
    """The error of a distance in float32 beyond its own roundings: by underflow, and by rounding its input.

    That moves a coordinate by 2^-24 of the largest at most, on either side; a Euclidean length by sqrt(D) times that, a
    sum over joints by less than D times.
    """
    if rows.dtype == torch.float32:
        return 2.0**-50
    largest = sum(float(x.abs().max()) for x in (rows, queries))
    size = rows.shape[1]
    return 2.0**-50 + 2.0**-23 * largest * (size if metric == "mpjpe" else size**0.5)


def _in_pieces(count: int, work: Callable[[int, int], None]) -> None:
    """work(first, last) for ranges that make up 0 ... count, on as many threads as PyTorch uses."""
    step = max(1, -(-count // _TASKS))
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        list(pool.map(lambda first: work(first, min(first + step, count)), range(0, count, step)))
