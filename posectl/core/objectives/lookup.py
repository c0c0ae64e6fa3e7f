"""The nearest of few vectors, for training: by matrix products in the precision at hand, without gradients."""

from __future__ import annotations

import torch
from torch import Tensor

AT_ONCE = 1 << 23
"""Scores of vectors against entries that are held at once. No result depends on it."""


@torch.no_grad()
def closest(vectors: Tensor, entries: Tensor) -> Tensor:
    """Find the entry (R, K, d) of each replica nearest to each of its vectors (R, N, d), in L2: (R, N)."""
    with torch.autocast(vectors.device.type, enabled=False):
        half_squares = entries.square().sum(2)[:, None] / 2
        blocks = vectors.to(entries.dtype).split(max(1, AT_ONCE // half_squares.numel()), dim=1)
        # |v - e|^2 / 2 without |v|^2 / 2, which is the same for all.
        scores = (torch.baddbmm(half_squares, block, entries.mT, alpha=-1) for block in blocks)
        return torch.cat([score.argmin(2) for score in scores], dim=1)


def rows(table: Tensor, which: Tensor) -> Tensor:
    """Return rows (R, N, d) of each replica's table (R, K, d), by their numbers (R, N)."""
    return table.gather(1, which[..., None].expand(-1, -1, table.shape[2]))
