"""Shards whose blocks are parts of one array, in a module of its own for child processes to import."""

from __future__ import annotations

from functools import partial

import numpy as np

from posectl.core.shards import Shards


def _part(values: np.ndarray, starts: list[int], number: int, rows: np.ndarray | None) -> np.ndarray:
    block = values[starts[number] : starts[number + 1]]
    return block if rows is None else block[rows]


def sharded(values: np.ndarray, sizes: list[int], processes: int = 1) -> Shards:
    """Return an array as shards of these sizes."""
    starts = np.cumsum([0, *sizes]).tolist()
    return Shards(sizes, values.shape[1:], partial(_part, values, starts), processes)
