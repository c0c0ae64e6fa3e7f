"""Shards whose blocks are parts of one array, in a module of its own for child processes to import."""

from __future__ import annotations

import time
from functools import partial

import numpy as np

from posectl.core.shards import Shards, Workers


def _part(values: np.ndarray, starts: list[int], number: int, rows: np.ndarray | None) -> np.ndarray:
    block = values[starts[number] : starts[number + 1]]
    return block if rows is None else block[rows]


def sharded(values: np.ndarray, sizes: list[int], workers: Workers | None = None) -> Shards:
    """Return an array as shards of these sizes."""
    starts = np.cumsum([0, *sizes]).tolist()
    return Shards(sizes, values.shape[1:], partial(_part, values, starts), workers)


def slowly(shards: Shards, seconds: float) -> Shards:
    """Return shards each block of which takes so long to read."""
    return Shards(shards.sizes.tolist(), shards.shape[1:], partial(_wait, shards, seconds), shards.workers)


def lost(shards: Shards) -> Shards:
    """Return shards whose files are gone."""
    return Shards(shards.sizes.tolist(), shards.shape[1:], _missing, shards.workers)


def _wait(shards: Shards, seconds: float, number: int, rows: np.ndarray | None) -> np.ndarray:
    time.sleep(seconds)
    return shards.block(number, rows)


def _missing(number: int, rows: np.ndarray | None) -> np.ndarray:
    raise FileNotFoundError("no such file")
