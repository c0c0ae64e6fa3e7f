"""A block of samples, searched by a tree on the processor, and plainly on CUDA, where it is small, or without numba."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from posectl.core.nearest import engine, plain
from posectl.errors import InvalidInputError

if TYPE_CHECKING:
    from posectl.core.nearest.tree import Tree

SMALL = 1e8
"""Up to this many differences, queries x rows x coordinates, a tree is not worth its compiler."""


class Block:
    """Samples of one shape: values (N, D) float32 or float64, contiguous and finite; `start` is the index of the first.

    What searches derive from them, unit vectors and trees, is kept for the next search.
    """

    def __init__(self, values: Tensor, shape: tuple[int, ...], start: int, role: str) -> None:
        self.values, self.shape, self.start, self.role = values, shape, start, role
        self._trees: dict[tuple[bool, torch.dtype], Tree] = {}

    def __len__(self) -> int:
        return len(self.values)

    def search(self, queries: Block, metric: str, distances: Tensor, indices: Tensor) -> None:
        """Update the k nearest samples found so far, distances and indices (N, k), sorted, with those of this block.

        Raises InvalidInputError for samples of another shape than the queries, or than the metric can measure.
        """
        self._check_shape(queries, metric)
        wide = torch.float64 in (self.values.dtype, queries.values.dtype)
        dtype = torch.float64 if wide else torch.float32
        a, b = queries._rows(metric, dtype), self._rows(metric, dtype)
        if a.is_cpu and b.is_cpu and len(a) * b.numel() > SMALL and engine.compiles(b.dtype):
            self._tree(metric, b).search(a, metric, self.start, distances, indices)
            return
        device = b.device if a.is_cpu else a.device
        found = distances.to(device), indices.to(device)
        plain.search(a.to(device), b.to(device), metric, self.start, *found)
        distances.copy_(found[0])
        indices.copy_(found[1])

    def _tree(self, metric: str, rows: Tensor) -> Tree:
        from posectl.core.nearest.tree import Tree  # numba takes half a second to import

        key = (metric == "cosine", rows.dtype)
        if key not in self._trees:
            self._trees[key] = Tree(rows)
        return self._trees[key]

    def _rows(self, metric: str, dtype: torch.dtype) -> Tensor:
        return self._units if metric == "cosine" else self.values.to(dtype)

    @cached_property
    def _units(self) -> Tensor:
        """(N, D) float64: between unit vectors, half the square of the L2 distance is the cosine distance."""
        lengths = plain.root(plain.squared(self.values, torch.zeros_like(self.values)))
        if not lengths.all():
            raise InvalidInputError(
                f"Sample {self.start + int(lengths.argmin())} of the {self.role} is all zeros: it has no direction.",
                "Leave such samples out, or measure in l2.",
            )
        return self.values / lengths[:, None]

    def _check_shape(self, queries: Block, metric: str) -> None:
        if metric == "mpjpe" and (len(self.shape) != 2 or self.shape[1] != 3):
            raise InvalidInputError(
                f"Samples of shape {self.shape} have no mean per-joint distance.",
                "Give poses (N, J, 3), or measure in l2.",
            )
        if queries.shape != self.shape:
            raise InvalidInputError(
                f"Queries of shape {queries.shape} cannot be compared with a reference of shape {self.shape}.",
                "Give samples of the same shape on both sides.",
            )
