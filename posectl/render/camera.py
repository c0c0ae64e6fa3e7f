"""A fixed pinhole camera over an upright scene: x to the right, y away from the viewer, z up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from posectl.errors import UsageError, did_you_mean

# Rows are the scene's right, away and up in the poses' own axes. All are rotations: to swap two axes would mirror the
# body and exchange its left and right.
UPRIGHT = {
    "+x": ((0, 1, 0), (0, 0, 1), (1, 0, 0)),
    "-x": ((0, 1, 0), (0, 0, -1), (-1, 0, 0)),
    "+y": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "-y": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "+z": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "-z": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
}

# The eye stands this many scene radii away: near enough to tell front from back, too far to distort.
EYE_DISTANCE = 6.0
# No picture shows less than this many times the padding, lest a body that is one point fill it.
SMALLEST_VIEW = 10.0


def upright(up: str) -> np.ndarray:
    """The rotation (3, 3) from poses whose up axis is `up` ("+z", "-y", ...) to the scene.

    Raises UsageError for any other name.
    """
    if up not in UPRIGHT:
        raise UsageError(f"There is no up axis {up!r}.", did_you_mean(up, UPRIGHT))
    return np.array(UPRIGHT[up], dtype=np.float64)


def spin(degrees: np.ndarray) -> np.ndarray:
    """Rotations (T, 3, 3) about the vertical, counter-clockwise seen from above."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    zero, one = np.zeros_like(cos), np.ones_like(cos)
    rows = [np.stack(row, -1) for row in ((cos, -sin, zero), (sin, cos, zero), (zero, zero, one))]
    return np.stack(rows, -2)


@dataclass(frozen=True)
class Camera:
    """Looks from `azimuth` (0: along +y; counter-clockwise from above) and `elevation` above the floor, in degrees.

    target: the scene point (3,) that the eye looks at. distance: from the eye to it, in the poses' unit.
    focal: pixels per unit at the target. centre: the target's pixel (x, y); pixel centres lie at halves.
    """

    azimuth: float
    elevation: float
    target: np.ndarray
    distance: float
    focal: float = 1.0
    centre: tuple[float, float] = (0.0, 0.0)

    @cached_property
    def axes(self) -> np.ndarray:
        """Right, up and forward of the view, as rows (3, 3) in scene coordinates."""
        a, e = np.radians(self.azimuth), np.radians(self.elevation)
        ahead = np.array([-np.sin(a), np.cos(a), 0.0])
        over = np.array([0.0, 0.0, 1.0])
        return np.stack(
            [
                [np.cos(a), np.sin(a), 0.0],
                np.sin(e) * ahead + np.cos(e) * over,
                np.cos(e) * ahead - np.sin(e) * over,
            ]
        )

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pixels (..., 2), depth (...) behind the target, and pixels per unit (...) of points (..., 3)."""
        view = (points - self.target) @ self.axes.T
        depth = view[..., 2]
        scale = self.focal * self.distance / (self.distance + depth)
        pixels = np.stack([self.centre[0] + view[..., 0] * scale, self.centre[1] - view[..., 1] * scale], -1)
        return pixels, depth, scale

    def on_floor(self, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the points (x, y), each (height, width), where pixels' rays meet the floor z = 0; NaN where none."""
        right, up, forward = self.axes
        u = ((np.arange(width) + 0.5 - self.centre[0]) / self.focal)[None, :]
        v = ((self.centre[1] - np.arange(height) - 0.5) / self.focal)[:, None]
        steepness = v * up[2] / self.distance + forward[2]
        with np.errstate(divide="ignore", invalid="ignore"):
            depth = np.where(steepness < 0, -(self.target[2] + v * up[2]) / steepness, np.nan)
        depth = np.where(depth > -self.distance, depth, np.nan)
        grow = 1.0 + depth / self.distance
        x, y = (self.target[i] + u * grow * right[i] + v * grow * up[i] + depth * forward[i] for i in (0, 1))
        return x, y


def fit(
    points: np.ndarray, azimuth: float, elevation: float, frame: tuple[float, float, float, float], pad: float
) -> Camera:
    """The camera that shows all of points (M, 3), each `pad` thick all round, as large as `frame` allows.

    frame: left, top, right, bottom in pixels.
    """
    low, high = points.min(0) - pad, points.max(0) + pad
    target = (low + high) / 2
    radius = float(np.linalg.norm(high - low)) / 2
    unit = Camera(azimuth, elevation, target, EYE_DISTANCE * radius)
    pixels, _, scale = unit.project(points)
    reach = pad * scale[:, None]
    near, far = (pixels - reach).min(0), (pixels + reach).max(0)
    left, top, right, bottom = frame
    across, down = np.maximum(far - near, SMALLEST_VIEW * pad)
    focal = float(min((right - left) / across, (bottom - top) / down))
    middle = focal * (near + far) / 2
    centre = ((left + right) / 2 - float(middle[0]), bottom - focal * float(far[1]))
    return Camera(azimuth, elevation, target, EYE_DISTANCE * radius, focal, centre)
