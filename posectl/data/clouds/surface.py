"""Points on a surface of triangles, spread evenly over its area."""

from __future__ import annotations

import numpy as np

from posectl.errors import UsageError

FEWEST_POINTS, MOST_POINTS = 64, 1 << 16
"""Points that a cloud has."""


def areas(triangles: np.ndarray) -> np.ndarray:
    """Return the areas (F,) of triangles (F, 3, 3), corners by coordinates."""
    a, b, c = triangles.swapaxes(0, 1)
    return np.linalg.norm(np.cross(b - a, c - a), axis=-1) / 2


def points_on(triangles: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw `count` points (count, 3) on triangles (F, 3, 3) whose area is not zero, in random order.

    Places are taken at even steps along the summed area, so every triangle gets its share of the points but for one,
    and uniformly within a triangle.
    """
    along = np.cumsum(areas(triangles))
    steps = (np.arange(count) + rng.random()) / count * along[-1]
    face = np.minimum(np.searchsorted(along, steps, side="right"), len(triangles) - 1)
    u, v = rng.random((2, count, 1))
    beyond = u + v > 1
    u, v = np.where(beyond, 1 - u, u), np.where(beyond, 1 - v, v)
    a, b, c = triangles[face].swapaxes(0, 1)
    return rng.permutation(a + u * (b - a) + v * (c - a))


def check_points(points: int) -> None:
    """Raise UsageError unless clouds may have so many points."""
    if not FEWEST_POINTS <= points <= MOST_POINTS:
        raise UsageError(
            f"--points {points} makes no cloud.", f"Take {FEWEST_POINTS} to {MOST_POINTS:,}, such as --points 2048."
        )
