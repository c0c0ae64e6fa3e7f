"""The compiled search for nearest points between many pairs of clouds."""

from __future__ import annotations

import numpy as np

from posectl.core.nearest.jit import compiled


@compiled()
def nearest_squares(x: np.ndarray, y: np.ndarray, i: np.ndarray, j: np.ndarray, out: np.ndarray) -> None:
    """Write to out (B, P) the squared distance from each point of x[i] (P, 3) to the nearest of y[j] (Q, 3).

    x, y: clouds (N, P, 3) and (M, Q, 3) float64, each cloud sorted along its first axis; i, j (B,).
    """
    for pair in range(len(i)):
        a, b = x[i[pair]], y[j[pair]]
        last = len(b) - 1
        begin = 0
        for p in range(len(a)):
            px, py, pz = a[p, 0], a[p, 1], a[p, 2]
            while begin < last and b[begin, 0] < px:
                begin += 1
            best = np.inf
            low, high = begin - 1, begin
            # Outward on either side until the first coordinates alone are too far apart.
            while low >= 0 or high <= last:
                if high <= last:
                    u, v, w = px - b[high, 0], py - b[high, 1], pz - b[high, 2]
                    best = min(best, (u * u + v * v) + w * w)
                    high = last + 1 if u * u >= best else high + 1
                if low >= 0:
                    u, v, w = px - b[low, 0], py - b[low, 1], pz - b[low, 2]
                    best = min(best, (u * u + v * v) + w * w)
                    low = -1 if u * u >= best else low - 1
            out[pair, p] = best
