"""The compiled search for the nearest points of pairs of clouds, both ways at once."""

from __future__ import annotations

import numpy as np

from posectl.core.nearest.jit import compiled


@compiled()
def nearest_pairs(a: np.ndarray, b: np.ndarray, of_a: np.ndarray, of_b: np.ndarray) -> None:
    """Write to of_a (N, P) which point of b[n] is nearest to each of a[n], and to of_b (N, Q) the reverse, the first
    of equals.

    a, b: clouds (N, 3, P) and (N, 3, Q), coordinates first, so that a processor looks at several points at once.
    """
    p, q = a.shape[2], b.shape[2]
    square, least, where = np.empty(q, a.dtype), np.empty(q, a.dtype), np.empty(q, np.int32)
    for n in range(len(a)):
        x, y, z = b[n, 0], b[n, 1], b[n, 2]
        least[:] = np.inf
        where[:] = 0
        for i in range(p):
            u, v, w = a[n, 0, i], a[n, 1, i], a[n, 2, i]
            for j in range(q):
                square[j] = ((x[j] - u) * (x[j] - u) + (y[j] - v) * (y[j] - v)) + (z[j] - w) * (z[j] - w)
            nearest = square[0]
            for j in range(q):
                nearest = square[j] if square[j] < nearest else nearest
            first = 0
            while first < q - 1 and not square[first] <= nearest:
                first += 1
            of_a[n, i] = first
            for j in range(q):
                nearer = square[j] < least[j]
                where[j] = np.int32(i) if nearer else where[j]
                least[j] = square[j] if nearer else least[j]
        of_b[n] = where
