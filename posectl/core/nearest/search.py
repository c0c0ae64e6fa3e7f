"""The search of one block of the reference after the other, and the merging of what separate searches found."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from posectl.core.nearest.block import Block
from posectl.core.nearest.read import Samples, read

NONE = torch.iinfo(torch.int64).max
"""The index of a neighbour that was not found."""

Found = tuple[Tensor, Tensor]
"""Distances (N, k) float64 and indices (N, k) int64 of neighbours, by distance, then index; inf and NONE of none."""


def gather(queries: Samples, blocks: Iterable[Block], k: int, metric: str, bound: Tensor | None = None) -> Found:
    """Find the k nearest in all the blocks; where a bound (N,) is given, of those no farther away."""
    found: list[Found] = []
    for block in blocks:
        for number, part in enumerate(read(queries, "queries")):
            if number == len(found):
                found.append(_nothing(len(part), k, part.values.device))
                if bound is not None:
                    found[-1][0][:] = bound[part.start : part.start + len(part), None]
            block.search(part, metric, *found[number])
    distances, indices = (torch.cat(parts) for parts in zip(*found, strict=True))
    return distances.masked_fill(indices == NONE, torch.inf), indices


def merge(a: Found, b: Found) -> Found:
    """Return the k nearest of two searches of different samples: ties go to the lowest index."""
    k = a[0].shape[1]
    distances, indices = torch.cat([a[0], b[0]], 1), torch.cat([a[1], b[1]], 1)
    order = indices.argsort(stable=True, dim=1)
    order = order.gather(1, distances.gather(1, order).argsort(stable=True, dim=1))[:, :k]
    return distances.gather(1, order), indices.gather(1, order)


def _nothing(count: int, k: int, device: torch.device) -> Found:
    distances = torch.full((count, k), torch.inf, dtype=torch.float64, device=device)
    return distances, torch.full_like(distances, NONE, dtype=torch.int64)
