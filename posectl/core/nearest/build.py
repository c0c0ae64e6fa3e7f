"""An order of samples in which neighbours lie together: halved across their widest direction, again and again.

The order decides how fast a search is, never what it finds.
"""

from __future__ import annotations

import numpy as np

from posectl.core.nearest.jit import compiled

BRANCH = 64
"""Leaves in a branch of the tree: eight twigs of eight."""

SAMPLE = 64
"""Rows that a split looks at to find its direction; more made no better boxes."""

ROUNDS = 3
"""Of the power iteration for that direction."""


@compiled()
def middle(start: int, stop: int, leaf_size: int) -> int:
    """The place to halve start:stop at, so that leaves of `leaf_size`, twigs and branches are full but for the last."""
    unit = leaf_size
    while unit < BRANCH * leaf_size and 8 * unit < stop - start:
        unit *= 8
    return start + (stop - start + unit - 1) // unit // 2 * unit


@compiled(reordered=True)
def _dot(x: np.ndarray, y: np.ndarray) -> np.float32:
    total = np.float32(0)
    for i in range(len(x)):
        total += x[i] * y[i]
    return total


@compiled(reordered=True)
def _widest(rows: np.ndarray, order: np.ndarray, start: int, stop: int) -> np.ndarray:
    """The principal direction of a sample of rows[order[start:stop]], by power iteration from the farthest row."""
    count, size = min(stop - start, SAMPLE), rows.shape[1]
    sample = np.empty((count, size), np.float32)
    mean = np.zeros(size, np.float32)
    for i in range(count):
        row = rows[order[start + i * (stop - start) // count]]
        for c in range(size):
            sample[i, c] = row[c]
            mean[c] += sample[i, c] / np.float32(count)
    direction, longest = sample[0], np.float32(-1)
    for i in range(count):
        for c in range(size):
            sample[i, c] -= mean[c]
        length = _dot(sample[i], sample[i])
        if length > longest:
            direction, longest = sample[i].copy(), length
    for _ in range(ROUNDS):
        for c in range(size):
            mean[c] = 0
        for i in range(count):
            share = _dot(sample[i], direction)
            for c in range(size):
                mean[c] += share * sample[i, c]
        norm = np.sqrt(_dot(mean, mean))
        if norm > 0:
            for c in range(size):
                direction[c] = mean[c] / norm
    return direction


@compiled()
def _select(keys: np.ndarray, order: np.ndarray, start: int, stop: int, nth: int) -> None:
    """Hoare's selection: order[start:stop] and keys such that none before `nth` has a larger key than one after it."""
    low, high = start, stop - 1
    while low < high:
        a, b, c = keys[low], keys[(low + high) // 2], keys[high]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = low, high
        while i <= j:
            while keys[i] < pivot:
                i += 1
            while pivot < keys[j]:
                j -= 1
            if i <= j:
                keys[i], keys[j] = keys[j], keys[i]
                order[i], order[j] = order[j], order[i]
                i += 1
                j -= 1
        if nth <= j:
            high = j
        elif nth >= i:
            low = i
        else:
            return


@compiled()
def halve(rows: np.ndarray, order: np.ndarray, keys: np.ndarray, start: int, stop: int, leaf_size: int) -> int:
    """Part order[start:stop] at `middle` by the rows' position along their widest direction; returns the middle."""
    direction = _widest(rows, order, start, stop)
    for i in range(start, stop):
        keys[i] = _dot(rows[order[i]], direction)
    nth = middle(start, stop, leaf_size)
    _select(keys, order, start, stop, nth)
    return nth


@compiled()
def arrange(rows: np.ndarray, order: np.ndarray, keys: np.ndarray, start: int, stop: int, leaf_size: int) -> None:
    """Halve order[start:stop] down to leaves of `leaf_size` rows."""
    ends = np.empty(64, np.int64)  # of the halves that wait; each begins where the one before it ends
    ends[0] = stop
    waiting = 1
    while waiting > 0:
        if ends[waiting - 1] - start > leaf_size:
            ends[waiting] = halve(rows, order, keys, start, ends[waiting - 1], leaf_size)
            waiting += 1
        else:
            waiting -= 1
            start = ends[waiting]


@compiled()
def pack(
    rows: np.ndarray, order: np.ndarray, points: np.ndarray, duplicates: np.ndarray, first: int, last: int
) -> None:
    """Fill points[first:last], (leaves, coordinates, leaf_size), with rows[order]; the last row fills the last leaf up.

    duplicates (M,) becomes true for each row that equals, number for number, the one before it in this order.
    """
    leaf_size, size = points.shape[2], rows.shape[1]
    for leaf in range(first, last):
        for lane in range(leaf_size):
            position = leaf * leaf_size + lane
            row = rows[order[min(position, len(order) - 1)]]
            for c in range(size):
                points[leaf, c, lane] = row[c]
            if 0 < position < len(order):
                before, same = rows[order[position - 1]], 0
                while same < size and row[same] == before[same]:
                    same += 1
                duplicates[position] = same == size
