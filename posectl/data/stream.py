"""A dataset beyond memory: blocks of its samples, one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from posectl import budget
from posectl.data.dataset import Dataset

# A set is read as a whole if so many times its float32 samples fit into the memory's budget: its copies and its checks.
_COPIES = 16
BLOCK_BYTES = 48 << 20
"""The size of a block's samples."""


@dataclass(frozen=True)
class Stream:
    """A dataset of `count` samples in blocks, each a `Dataset` with a clip table of its own: blocks are whole clips,
    unless `per_clip` is the table of all, in which a clip may be longer than a block."""

    count: int
    blocks: Iterable[Dataset]
    per_clip: dict[str, np.ndarray] | None = None

    @property
    def fits(self) -> bool:
        """Whether the samples, poses (17, 3), are within the memory's budget, if not with all that is made of them."""
        return 4 * 51 * self.count <= budget.budget()


def is_beyond_memory(sample_bytes: int) -> bool:
    """Tell whether a set of so many bytes is to be read in blocks."""
    return _COPIES * sample_bytes > budget.budget()
