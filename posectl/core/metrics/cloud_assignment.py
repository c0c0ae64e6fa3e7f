"""The compiled matching of the points of clouds, one to one, at the least summed distance.

Source: R. Jonker, A. Volgenant, "A Shortest Augmenting Path Algorithm for Dense and Sparse Linear Assignment Problems",
Computing 38, 1987: columns and then rows are reduced, which assigns most of them; what is left goes along shortest
paths.
"""

from __future__ import annotations

import math

import numpy as np

from posectl.core.nearest.jit import compiled

_SWEEPS = 2  # over the rows without a column, as in the paper
_TRIES = 8  # of as many rows in a sweep: rounding could let two rows outbid each other for long


@compiled()
def match(x: np.ndarray, y: np.ndarray, i: np.ndarray, j: np.ndarray, out: np.ndarray) -> None:
    """Write to out (B, P) which point of y[j] each point of x[i] is matched with.

    x, y: clouds (N, P, 3) and (M, P, 3) float64; i, j (B,).
    """
    count = x.shape[1]
    cost = np.empty((count, count))
    for pair in range(len(i)):
        a, b = x[i[pair]], y[j[pair]]
        for p in range(count):
            for q in range(count):
                u, v, w = a[p, 0] - b[q, 0], a[p, 1] - b[q, 1], a[p, 2] - b[q, 2]
                cost[p, q] = math.sqrt((u * u + v * v) + w * w)
        assign(cost, out[pair])


@compiled()
def assign(cost: np.ndarray, column: np.ndarray) -> None:
    """Write to column (n,) which column of cost (n, n) float64, all finite, each row has where their sum is least."""
    n = len(cost)
    column[:] = -1
    row, price, free = np.full(n, -1), np.zeros(n), np.arange(n)
    if n > 1:
        left = _reduce_columns(cost, column, row, price, free)
        for _ in range(_SWEEPS):
            left = _reduce_rows(cost, column, row, price, free, left)
        free = free[:left]
    for start in free:
        _augment(cost, column, row, price, start)


@compiled()
def _reduce_columns(cost: np.ndarray, column: np.ndarray, row: np.ndarray, price: np.ndarray, free: np.ndarray) -> int:
    """Set each column's price to its least cost, give it to the row of that if no other column did, and lower the price
    of what a row has alone until its next best is as good. Return how many rows have none: the first of `free`."""
    n = len(cost)
    cheapest, count = np.zeros(n, np.int64), np.zeros(n, np.int64)
    price[:] = cost[0]
    for p in range(1, n):
        for q in range(n):
            if cost[p, q] < price[q]:
                price[q], cheapest[q] = cost[p, q], p
    for q in range(n - 1, -1, -1):
        p = cheapest[q]
        count[p] += 1
        if count[p] == 1:
            column[p], row[q] = q, p
    left = 0
    for p in range(n):
        if count[p] == 0:
            free[left] = p
            left += 1
        elif count[p] == 1:
            least = np.inf
            for q in range(n):
                if q != column[p]:
                    least = min(least, cost[p, q] - price[q])
            price[column[p]] -= least
    return left


@compiled()
def _reduce_rows(
    cost: np.ndarray, column: np.ndarray, row: np.ndarray, price: np.ndarray, free: np.ndarray, left: int
) -> int:
    """Give each row without a column its best one, from whoever has it, and lower the price until its next best is as
    good. Return how many rows have none then: the first of `free`."""
    n = len(cost)
    k, kept, tries = 0, 0, 0
    while k < left:
        p = free[k]
        k += 1
        tries += 1
        best, second = 0, 0
        least, next_least = np.inf, np.inf
        for q in range(n):
            reduced = cost[p, q] - price[q]
            if reduced < least:
                best, second, least, next_least = q, best, reduced, least
            elif reduced < next_least:
                second, next_least = q, reduced
        lower = price[best] - (next_least - least)
        is_lower = lower < price[best]
        if is_lower:
            price[best] = lower
        elif row[best] >= 0:
            best = second
        loser = row[best]
        column[p], row[best] = best, p
        if loser >= 0:
            column[loser] = -1
            if is_lower and tries < _TRIES * n:
                k -= 1
                free[k] = loser
            else:
                free[kept] = loser
                kept += 1
    return kept


@compiled()
def _augment(cost: np.ndarray, column: np.ndarray, row: np.ndarray, price: np.ndarray, start: int) -> None:
    """Find the shortest path from a row without a column to a column without a row, and assign along it."""
    n = len(cost)
    distance, before, done = cost[start] - price, np.full(n, start), np.zeros(n, np.bool_)
    while True:
        end, least = -1, np.inf
        for q in range(n):
            # Of columns as near, one without a row is the path's end.
            if not done[q] and (distance[q] < least or (distance[q] == least and row[q] < 0)):
                end, least = q, distance[q]
        if row[end] < 0:
            break
        done[end] = True
        p = row[end]
        offset = cost[p, end] - price[end] - least
        for q in range(n):
            through = cost[p, q] - price[q] - offset
            if through < distance[q] and not done[q]:
                distance[q], before[q] = through, p
    for q in range(n):
        if done[q]:
            price[q] += distance[q] - least
    while end >= 0:
        p = before[end]
        row[end] = p
        end, column[p] = column[p], end
