"""A dataset beyond memory: blocks of whole clips, one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from posectl import budget
from posectl.data.dataset import Dataset

# A set is read as a whole if so many times its float32 samples fit into the memory's budget: its copies and its checks.
_COPIES = 16
BLOCK_BYTES = 48 << 20
"""The size of a block's samples."""


@dataclass(frozen=True)
class Stream:
    """A dataset of `count` samples in blocks, each a `Dataset` of whole clips whose clip table is of these alone."""

    count: int
    blocks: Iterable[Dataset]


def is_beyond_memory(sample_bytes: int) -> bool:
    """Tell whether a set of so many bytes is to be read in blocks."""
    return _COPIES * sample_bytes > budget.budget()
