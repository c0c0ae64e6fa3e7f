"""Exact duplicates among samples."""

from __future__ import annotations

import numpy as np

_NUMBERS_AT_ONCE = 1 << 18


def first_occurrence(samples: np.ndarray) -> np.ndarray:
    """Find for each sample the index of the first one exactly like it, which may be itself: (N,) int64."""
    bits = np.ascontiguousarray(samples + np.float32(0), dtype=np.float32).view(np.uint32).reshape(len(samples), -1)
    # Rows alike have the same key; of rows with the same key, only those alike in all their bits count.
    halves = np.random.default_rng(0).integers(1 << 63, size=bits.shape[1], dtype=np.uint64)
    weights = halves * np.uint64(2) + np.uint64(1)  # odd, so that no bit is lost
    key = np.concatenate([part @ weights for part in np.array_split(bits, bits.size // _NUMBERS_AT_ONCE + 1)])
    order = np.argsort(key, kind="stable")
    near = np.flatnonzero(key[order[1:]] == key[order[:-1]])
    fresh = np.ones(len(bits), bool)
    fresh[near + 1] = (bits[order[near]] != bits[order[near + 1]]).any(axis=1)
    first = np.empty(len(bits), np.int64)
    first[order] = order[fresh][np.cumsum(fresh) - 1]
    return first
