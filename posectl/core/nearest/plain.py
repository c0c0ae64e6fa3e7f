"""The search in plain PyTorch, on any device: for CUDA, and where the problem is too small to be worth a tree."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import Tensor

from posectl.core.memory import Blocks

QUERIES, PAIRS, CUDA_PAIRS, MEASURED, CACHED = 1 << 10, 1 << 22, 1 << 26, 1 << 22, 1 << 18
"""Queries, pairs that are compared, coordinates measured in float64 at once, and pairs that a processor's cache holds.
No result depends on them."""


def search(queries: Tensor, rows: Tensor, metric: str, start: int, distances: Tensor, indices: Tensor) -> None:
    """Update the k nearest found so far of queries (N, D), distances and indices (N, k), sorted, with rows (M, D).

    Queries and rows have one dtype, and for "cosine" are unit vectors in float64; `start` is the index of the first
    row. Where the device runs out of memory, fewer pairs are compared at once.
    """
    together = min(QUERIES, max(1, len(queries)))
    blocks = Blocks(max(1, (CUDA_PAIRS if rows.is_cuda else PAIRS) // together))
    for first in range(0, len(queries), QUERIES):
        some = slice(first, first + QUERIES)
        merge = partial(_merge, queries[some], rows, metric, start, distances[some], indices[some])
        for _ in blocks.over(len(rows), merge):
            pass


def _merge(
    queries: Tensor, reference: Tensor, metric: str, start: int, distances: Tensor, indices: Tensor, some: slice
) -> None:
    """Update distances and indices with the nearest of reference[some]; writes when all else is done."""
    rows = reference[some]
    k, device = distances.shape[1], distances.device
    query, row = _candidates(queries, rows, metric, distances)
    size = max(1, MEASURED // queries.shape[1])
    pieces = zip(query.split(size), row.split(size), strict=True)
    found = torch.cat([distances.flatten(), *(distance(queries[i], rows[j], metric) for i, j in pieces)])
    query = torch.cat([torch.arange(len(queries), device=device).repeat_interleave(k), query])
    index = torch.cat([indices.flatten(), row + (start + some.start)])
    # By query, then distance, then index: stable sorts, the least key first.
    order = index.argsort(stable=True)
    order = order[found[order].argsort(stable=True)]
    order = order[query[order].argsort(stable=True)]
    count = query.bincount(minlength=len(queries))
    best = order[(count.cumsum(0) - count)[:, None] + torch.arange(k, device=device)]
    distances[:], indices[:] = found[best], index[best]


def _candidates(queries: Tensor, rows: Tensor, metric: str, distances: Tensor) -> tuple[Tensor, Tensor]:
    """Numbers of query and row of the pairs that may belong to the k nearest, given the distances (N, k) so far.

    An inexact distance is off by a factor of 1 + `error` at most, twice the sum of its roundings, as `kernel._reach`
    counts them; and by 2^-50 for squares that underflow.
    """
    inexact = _inexact(queries, rows, metric)
    error = torch.finfo(queries.dtype).eps * (queries.shape[1] + 8)
    known, k = distances[:, -1:], distances.shape[1]
    if k <= len(rows):
        nearest = inexact.topk(k, largest=False).values[:, -1:].double()
        known = known.minimum(nearest * (1 + error) + 2.0**-50)
    query, row = torch.nonzero(inexact <= known * (1 + error) + 2.0**-50, as_tuple=True)
    return query, row


def _inexact(queries: Tensor, rows: Tensor, metric: str) -> Tensor:
    if metric == "mpjpe":
        return _joint_gaps(queries, rows) if rows.is_cpu else _joint_gaps_at_once(queries, rows)
    return _gaps(queries, rows) if metric == "l2" else _gaps(queries, rows).square() / 2


def _joint_gaps_at_once(queries: Tensor, rows: Tensor) -> Tensor:
    joints = list(zip(queries.split(3, 1), rows.split(3, 1), strict=True))
    total = _gaps(*joints[0])
    for joint in joints[1:]:
        total += _gaps(*joint)
    return total / len(joints)


def _joint_gaps(queries: Tensor, rows: Tensor) -> Tensor:
    """As at once, a few rows at a time that stay in a processor's cache, and all of them side by side: `cdist` takes
    the three coordinates of a joint side by side, and four times as long."""
    total = queries.new_zeros(len(queries), len(rows))
    columns = queries.mT[..., None]
    for some, sums in zip(*(each.split(max(1, CACHED // len(queries)), -1) for each in (rows.mT, total)), strict=True):
        square, gap = torch.empty_like(sums), torch.empty_like(sums)
        for x, y in zip(columns.split(3), some.contiguous().split(3), strict=True):
            torch.sub(x[0], y[0], out=square).square_()
            for c in range(1, len(y)):
                torch.sub(x[c], y[c], out=gap)
                square.addcmul_(gap, gap)
            sums += square.sqrt_()
    return total.div_(len(columns) // 3)


def _gaps(a: Tensor, b: Tensor) -> Tensor:
    # Not cdist's way by a matrix product: its error grows with the samples, not with their distance.
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


def distance(a: Tensor, b: Tensor, metric: str) -> Tensor:
    """Distances (P,) of a (P, D) to their partners in b (P, D), in float64, one coordinate after the other."""
    if metric == "mpjpe":
        total = a.new_zeros(len(a), dtype=torch.float64)
        for joint in zip(a.split(3, 1), b.split(3, 1), strict=True):
            total += root(squared(*joint))
        return total / (a.shape[1] // 3)
    return root(squared(a, b)) if metric == "l2" else squared(a, b) / 2


def squared(a: Tensor, b: Tensor) -> Tensor:
    """Squared L2 distances (P,) of a (P, D) to their partners in b (P, D), summed as in `distance`."""
    total = a.new_zeros(len(a), dtype=torch.float64)
    for x, y in zip(a.T, b.T, strict=True):
        total += (x.double() - y.double()) ** 2
    return total


def root(x: Tensor) -> Tensor:
    """Square roots, correctly rounded: PyTorch's own on the processor, by MKL, may be off by the last bit."""
    return torch.from_numpy(np.sqrt(x.numpy())) if x.is_cpu else x.sqrt()
