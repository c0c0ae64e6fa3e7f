"""Parametric tables, chairs, cars and lamps: the surface of a shape at any values of its factors.

Every shape lies within a ball of diameter one about the origin, as the published clouds do; z is up. All classes have
the same five factors, each with a meaning of its own in every class; a surface moves continuously with them, so that
what lies between two shapes of one class is the shape at the factors between theirs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

import numpy as np

from posectl.data.clouds.surface import points_on
from posectl.errors import UsageError, did_you_mean

FACTORS = ("width", "depth", "height", "thickness", "upper")
"""width, depth, height: extents over x, y and z, but that a lamp's are the widths of its shade and of its foot;
thickness: of legs and of a pole, and the radius of wheels; upper: share of the height that is apron, back, cabin or
shade."""

RANGES: dict[str, tuple[tuple[float, float], ...]] = {
    "table": ((0.40, 0.70), (0.26, 0.52), (0.22, 0.44), (0.018, 0.054), (0.05, 0.30)),
    "chair": ((0.22, 0.36), (0.22, 0.36), (0.40, 0.66), (0.018, 0.044), (0.40, 0.65)),
    "car": ((0.22, 0.36), (0.54, 0.80), (0.18, 0.30), (0.036, 0.072), (0.35, 0.55)),
    "lamp": ((0.14, 0.40), (0.14, 0.32), (0.40, 0.76), (0.010, 0.026), (0.15, 0.40)),
}
"""The range of every factor, by class."""

CLASSES = tuple(RANGES)

_SLAB, _WHEEL, _SIDES = 0.022, 0.045, 24


def random_factors(name: str, rng: np.random.Generator) -> dict[str, float]:
    """Draw the factors of a shape of a class, uniformly over their ranges."""
    return {factor: float(rng.uniform(low, high)) for factor, (low, high) in zip(FACTORS, _ranges(name), strict=True)}


def draw(name: str, factors: Mapping[str, float], points: int, rng: np.random.Generator) -> np.ndarray:
    """Draw points (points, 3) evenly on the surface of a shape of this class. Raises UsageError for no class's name.

    >>> import numpy as np
    >>> from posectl.data.clouds import shapes
    >>> rng = np.random.default_rng(0)
    >>> shapes.draw("chair", shapes.random_factors("chair", rng), 512, rng).shape
    (512, 3)
    """
    return points_on(surface(name, factors), points, rng)


def surface(name: str, factors: Mapping[str, float]) -> np.ndarray:
    """Return the triangles (F, 3, 3) of a shape; a class has the same ones, in the same order, whatever its factors."""
    _ranges(name)
    triangles = _BUILD[name](*(factors[factor] for factor in FACTORS))
    return triangles - np.array([0, 0, factors["height"] / 2])


def _ranges(name: str) -> tuple[tuple[float, float], ...]:
    if name not in RANGES:
        raise UsageError(f"There is no class of shapes {name!r}.", did_you_mean(name, CLASSES))
    return RANGES[name]


def _table(width: float, depth: float, height: float, thickness: float, upper: float) -> np.ndarray:
    under = height - _SLAB
    apron = upper * height
    return np.concatenate([
        _box((-width / 2, -depth / 2, under), (width / 2, depth / 2, height)),
        _box((-0.42 * width, -0.42 * depth, under - apron), (0.42 * width, 0.42 * depth, under)),
        *_legs(0.42 * width, 0.42 * depth, under - apron, thickness),
    ])  # fmt: skip


def _chair(width: float, depth: float, height: float, thickness: float, upper: float) -> np.ndarray:
    seat = (1 - upper) * height
    return np.concatenate([
        _box((-width / 2, -depth / 2, seat - _SLAB), (width / 2, depth / 2, seat)),
        _box((-width / 2, depth / 2 - _SLAB, seat), (width / 2, depth / 2, height)),
        *_legs(width / 2, depth / 2, seat - _SLAB, thickness),
    ])  # fmt: skip


def _car(width: float, depth: float, height: float, thickness: float, upper: float) -> np.ndarray:
    roof = (1 - upper) * height
    side, axle = width / 2, 0.3 * depth
    wheels = [
        _tube((x, y, thickness), (x + _WHEEL, y, thickness), thickness, thickness)
        for x in (-side, side - _WHEEL)
        for y in (-axle, axle)
    ]
    return np.concatenate([
        _box((-side, -depth / 2, thickness), (side, depth / 2, roof)),
        _box((-0.9 * side, -0.22 * depth, roof), (0.9 * side, 0.3 * depth, height)),
        *wheels,
    ])  # fmt: skip


def _lamp(width: float, depth: float, height: float, thickness: float, upper: float) -> np.ndarray:
    shade = (1 - upper) * height
    return np.concatenate([
        _tube((0, 0, 0), (0, 0, _SLAB), depth / 2, depth / 2),
        _tube((0, 0, _SLAB), (0, 0, shade), thickness, thickness, closed=False),
        _tube((0, 0, shade), (0, 0, height), width / 2, 0.3 * width, closed=False),
    ])  # fmt: skip


_BUILD: dict[str, Callable[..., np.ndarray]] = {"table": _table, "chair": _chair, "car": _car, "lamp": _lamp}


def _legs(x: float, y: float, top: float, thickness: float) -> list[np.ndarray]:
    """Return four legs from the floor to `top`, within the corners (+-x, +-y)."""
    lows = [(left, front) for left in (-x, x - thickness) for front in (-y, y - thickness)]
    return [_box((left, front, 0), (left + thickness, front + thickness, top)) for left, front in lows]


def _box(low: tuple[float, float, float], high: tuple[float, float, float]) -> np.ndarray:
    """Return the 12 triangles of a box."""
    corners = np.stack(np.meshgrid(*zip(low, high, strict=True), indexing="ij"), axis=-1)
    sides = [corners.take(end, axis=axis).reshape(4, 3) for axis in range(3) for end in (0, 1)]
    return np.concatenate([_rectangle(*side[[0, 1, 3, 2]]) for side in sides])


def _rectangle(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    return np.array([(a, b, c), (a, c, d)])


def _tube(
    start: tuple[float, float, float], end: tuple[float, float, float], first: float, last: float, closed: bool = True
) -> np.ndarray:
    """Return the triangles of a tube along x or z, of these radii at its ends, with lids if it is closed."""
    angles = np.linspace(0, 2 * np.pi, _SIDES + 1)
    round_z = np.stack([np.cos(angles), np.sin(angles), np.zeros_like(angles)], axis=-1)
    ring = round_z if start[2] != end[2] else np.roll(round_z, 1, axis=-1)
    low, high = np.array(start) + first * ring, np.array(end) + last * ring
    sides = [_rectangle(*corners) for corners in zip(low[:-1], low[1:], high[1:], high[:-1], strict=True)]
    lids = [(centre, a, b) for centre, rim in ((start, low), (end, high)) for a, b in itertools.pairwise(rim)]
    return np.concatenate([*sides, np.array(lids, float)] if closed else sides)
