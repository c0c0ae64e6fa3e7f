"""Training samples beyond memory: blocks in a shuffled order, each shuffled."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from posectl.core.random import generator
from posectl.core.shards import Shards
from posectl.core.training.batches import LabelledSamples


class BlockSamples:
    """Samples (N, *shape) in shards, of which `held` blocks stay in memory. Every epoch takes the blocks in a new
    order, a function of (seed, epoch), and the samples of each in a new order, one of (seed, epoch, block); batches run
    on across the ends of both. labels: (N,).

    Which blocks are held decides how fast it reads, never what. Other orders are as random within a block, and less so
    over the set: what a batch mixes is of one block, or of two.
    """

    def __init__(self, shards: Shards, device: torch.device, labels: Tensor | None = None, held: int = 1) -> None:
        self.shards, self.device, self.labels = shards, device, labels
        self.shape = shards.shape[1:]
        self._block = lru_cache(maxsize=held)(shards.block)

    def read(self, seed: int, first: int, count: int) -> LabelledSamples:
        return self._read(seed, first, count, "order")

    def read_labelled(self, seed: int, first: int, count: int) -> tuple[Tensor, Tensor]:
        samples, labels = self._read(seed, first, count, "labelled/order")
        assert labels is not None
        return samples, labels

    def _read(self, seed: int, first: int, count: int, purpose: str) -> LabelledSamples:
        samples, rows = [], []
        while count:
            block, within = self._place(seed, first, count, purpose)
            samples.append(torch.from_numpy(self._block(block)[within]))
            rows.append(within + self.shards.starts[block])
            first, count = first + len(within), count - len(within)
        labels = None if self.labels is None else self.labels[torch.from_numpy(np.concatenate(rows))]
        return torch.cat(samples).to(self.device), None if labels is None else labels.to(self.device)

    def _place(self, seed: int, first: int, count: int, purpose: str) -> tuple[int, np.ndarray]:
        """Return the block that the first-th sample of a run lies in, and the rows of it from there on, `count` at
        most."""
        epoch, place = divmod(first, len(self.shards))
        filled = np.array(self.shards.filled)
        order = filled[torch.randperm(len(filled), generator=generator(seed, f"{purpose}/blocks", epoch)).numpy()]
        ends = np.cumsum(self.shards.sizes[order])
        turn = int(np.searchsorted(ends, place, side="right"))
        block, size = int(order[turn]), int(self.shards.sizes[order[turn]])
        start = place - (int(ends[turn]) - size)
        return block, _rows(seed, size, f"{purpose}/block {block}", epoch)[start : start + count]


@lru_cache(maxsize=64)
def _rows(seed: int, size: int, purpose: str, epoch: int) -> np.ndarray:
    return torch.randperm(size, generator=generator(seed, purpose, epoch)).numpy()
