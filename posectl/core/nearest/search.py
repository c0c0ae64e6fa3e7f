"""The search of one block of the reference after the other, and the merging of what separate searches found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from posectl.core.nearest.block import Block
from posectl.core.nearest.read import Samples, read
from posectl.errors import InterruptedRunError

NONE = torch.iinfo(torch.int64).max
"""The index of a neighbour that was not found."""

Found = tuple[Tensor, Tensor]
"""Distances (N, k) float64 and indices (N, k) int64 of neighbours, by distance, then index; inf and NONE of none."""

_Each = TypeVar("_Each")


class Question(NamedTuple):
    """A search for the k nearest of queries by a metric."""

    queries: Samples
    k: int
    metric: str


def gather(
    questions: Sequence[Question], blocks: Iterable[Block], bounds: Sequence[Tensor] | None = None
) -> list[Found]:
    """Answer questions among all the blocks, each of which is asked for once; where bounds (N,) are given, one of each
    question, by neighbours no farther away."""
    found: list[list[Found]] = [[] for _ in questions]
    for block in blocks:
        for i, (queries, k, metric) in enumerate(questions):
            for number, part in enumerate(read(queries, "queries")):
                if number == len(found[i]):
                    found[i].append(_nothing(len(part), k, part.values.device))
                    if bounds is not None:
                        found[i][-1][0][:] = bounds[i][part.start : part.start + len(part), None]
                block.search(part, metric, *found[i][number])
    whole = [tuple(torch.cat(each) for each in zip(*parts, strict=True)) for parts in found]
    return [(distances.masked_fill(indices == NONE, torch.inf), indices) for distances, indices in whole]


def until(stopped: Callable[[], bool], blocks: Iterable[_Each]) -> Iterator[_Each]:
    """Yield blocks. Raises InterruptedRunError once `stopped`."""
    for block in blocks:
        if stopped():
            raise InterruptedRunError("Interrupted in the search of the reference, which begins anew next time.")
        yield block


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
