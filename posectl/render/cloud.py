"""Clouds of points as shaded balls: from far to near, lit from the upper left, over their shadow on the floor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter
from scipy.spatial import KDTree

from posectl.errors import InvalidInputError
from posectl.render import theme
from posectl.render.camera import Camera, fit, spin, upright
from posectl.render.panel import check_view

AZIMUTH, ELEVATION = 35.0, 18.0
# Parts of the size of what is drawn: a ball's radius, over the distance at which as many would tile a unit square.
BALL = 0.62
THINNEST, THICKEST = 0.007, 0.045
MARGIN = 0.05
# Neighbours whose plane is the surface at a point.
NEIGHBOURS = 10
# The light in right, up and forward of the view, and how much is lit without it, by the surface, and by each ball.
LIGHT = np.array([-0.45, 0.7, -0.55]) / math.hypot(0.45, 0.7, 0.55)
AMBIENT, SURFACE, ROUND = 0.25, 0.45, 0.3
# Tones and steps of depth that the eye can tell apart; a GIF pays for each. How far the farthest fade into the ground.
TONES, STEPS, FAR = 12, 5, 0.5
# Sizes of what is drawn from the nearest step to the farthest; its middle has the middle one.
DEPTH = 1.0
SHADOW, SHADOW_BLUR, SHADOW_TONES = 0.45, 0.045, 8
# Samples a pixel's side.
FINE = 2


def checked_clouds(clouds: np.ndarray, name: str) -> np.ndarray:
    """Clouds (N, P, 3) as float64; errors call them `name`. Raises InvalidInputError for any other array."""
    array = np.asarray(clouds)
    if array.ndim != 3 or array.shape[-1] != 3 or not array.size or array.dtype.kind not in "fiu":
        raise InvalidInputError(
            f"{name} has the shape {array.shape} of {array.dtype}, and no cloud can be drawn of it.",
            "Give clouds as floats (N, P, 3).",
        )
    if not np.isfinite(array).all():
        raise InvalidInputError(f"{name} holds values that are NaN or infinite.", "Leave those clouds out.")
    return array.astype(np.float64)


@dataclass(frozen=True)
class Surface:
    """The points (P, 3) of one cloud in the scene, and the normals (P, 3) of the surface that they lie on."""

    points: np.ndarray
    normals: np.ndarray

    def turned(self, rotation: np.ndarray) -> Surface:
        """The surface under a rotation (3, 3)."""
        return Surface(self.points @ rotation.T, self.normals @ rotation.T)


def surface_of(points: np.ndarray) -> Surface:
    """The surface of a cloud (P, 3): the normal at each point is that of the plane through its neighbours."""
    _, near = KDTree(points).query(points, min(NEIGHBOURS, len(points)))
    patches = points[near.reshape(len(points), -1)]
    patches = patches - patches.mean(1, keepdims=True)
    _, axes = np.linalg.eigh(patches.swapaxes(1, 2) @ patches)
    return Surface(points, axes[..., 0])


class CloudView:
    """Draws clouds that share one camera and one scale, each alone in a square picture.

    clouds: all that are to be drawn, each set (N, P, 3); up: their vertical, "+x" to "-z"; size: pixels of a picture's
    side; turning: whether they are also drawn turned about the vertical. Raises InvalidInputError for what is no cloud,
    UsageError for options that fit none.
    """

    def __init__(
        self,
        clouds: Sequence[np.ndarray],
        *,
        up: str = "+z",
        size: int = 320,
        azimuth: float = AZIMUTH,
        elevation: float = ELEVATION,
        turning: bool = False,
    ) -> None:
        check_view(size, azimuth, elevation)
        self.size, self.rotation, self.scale = size, upright(up), 1.0
        every = [checked_clouds(each, f"Set {i}") for i, each in enumerate(clouds)]
        if not every:
            raise InvalidInputError("There are no clouds to draw.", "Give at least one.")
        self.scale = 1 / (max(float(np.ptp(each, axis=1).max()) for each in every) or 1.0)
        placed = np.concatenate([self._placed(cloud) for each in every for cloud in each])
        if turning:
            placed = np.concatenate([placed @ turn.T for turn in spin(np.arange(0, 360, 15.0))])
        margin = MARGIN * size
        frame = (margin, margin, size - margin, size - margin)
        ground = placed * (1, 1, 0)
        self.camera = fit(np.concatenate([placed, ground]), azimuth, elevation, frame, THICKEST)

    def _placed(self, cloud: np.ndarray) -> np.ndarray:
        """A cloud in the scene: upright, of size one at most, on the floor."""
        points = self.scale * cloud @ self.rotation.T
        return points - (0, 0, points[:, 2].min())

    def surface(self, cloud: np.ndarray) -> Surface:
        """The surface of a cloud (P, 3) as it stands in the scene."""
        return surface_of(self._placed(cloud))

    def draw(self, surface: Surface, colour: theme.Colour = theme.LEFT) -> np.ndarray:
        """The picture (size, size, 3) uint8 of a surface."""
        canvas = np.full((self.size, self.size, 3), theme.GROUND, dtype=np.float32)
        cover = _shadow(surface.points, self.camera, self.size)[..., None]
        canvas += (np.array(theme.SHADE, np.float32) - canvas) * cover
        codes = _balls(surface, self.camera, self.size)
        palette = np.vstack([_palette(colour), np.zeros((1, 3), np.float32)])
        seen = codes < len(palette) - 1
        fine = (self.size, FINE, self.size, FINE)
        shown = palette[codes].reshape(*fine, 3).sum((1, 3))
        share = seen.reshape(fine).mean((1, 3), dtype=np.float32)[..., None]
        return (canvas * (1 - share) + shown / FINE**2 + np.float32(0.5)).astype(np.uint8)


def ball_radius(points: int) -> float:
    """The radius of a ball, in parts of the size of what is drawn, that lets so many cover a surface."""
    return float(np.clip(BALL / math.sqrt(points), THINNEST, THICKEST))


def _palette(colour: theme.Colour) -> np.ndarray:
    """The colours (STEPS * TONES, 3) of a cloud: dark to light, near to far."""
    light = np.linspace(0, 1, TONES)[:, None]
    base = np.array(colour, dtype=np.float64)
    # Half-way it is the colour itself; shade is darker and light is paler.
    tones = np.where(light < 0.6, base * (0.35 + 0.65 * light / 0.6), base + (255 - base) * (light - 0.6) * 0.9)
    fade = np.linspace(0, FAR, STEPS)[:, None, None]
    return (tones * (1 - fade) + np.array(theme.GROUND) * fade).reshape(-1, 3).astype(np.float32)


def _balls(surface: Surface, camera: Camera, size: int) -> np.ndarray:
    """What is seen at each of FINE x FINE samples of a pixel: the number (FINE size, FINE size) of a colour in the
    palette, and the number of colours where there is no ball."""
    pixels, depth, scale = camera.project(surface.points)
    order = np.argsort(-depth, kind="stable")
    centre, radius = FINE * pixels[order], FINE * np.maximum(ball_radius(len(order)) * scale[order], 0.7)
    normals = (surface.normals @ camera.axes.T)[order]
    normals *= np.where(normals[:, 2:] > 0, -1, 1)  # towards the eye
    lit = AMBIENT + SURFACE * np.maximum(normals @ LIGHT, 0)
    step = np.rint((STEPS - 1) * np.clip(0.5 + depth[order] / DEPTH, 0, 1)).astype(np.int32)

    # Every ball's square of samples, in radii from its middle: to the right, down, and towards the eye.
    reach = math.ceil(float(radius.max()))
    x, y = (np.floor(centre[:, i, None]).astype(np.int32) + np.arange(-reach, reach + 1) for i in (0, 1))
    across = ((x + 0.5 - centre[:, :1]) / radius[:, None]).astype(np.float32)[:, None, :]
    down = ((y + 0.5 - centre[:, 1:]) / radius[:, None]).astype(np.float32)[:, :, None]
    squared = 1 - across * across - down * down
    side = FINE * size
    on = (squared > 0) & ((y >= 0) & (y < side))[:, :, None] & ((x >= 0) & (x < side))[:, None, :]
    right, up, ahead = LIGHT.astype(np.float32)
    ball = across * right - down * up - np.sqrt(np.maximum(squared, 0)) * ahead
    tone = lit.astype(np.float32)[:, None, None] + np.float32(ROUND) * np.maximum(ball, 0)
    code = step[:, None, None] * TONES + np.clip(np.rint(tone * (TONES - 1)), 0, TONES - 1).astype(np.int32)
    seen = np.full(side * side, STEPS * TONES, dtype=np.int32)
    # Of numbers that occur again the last is kept: that of the nearest ball.
    seen[(y[:, :, None] * side + x[:, None, :])[on]] = code[on]
    return seen.reshape(side, side)


def _shadow(points: np.ndarray, camera: Camera, size: int) -> np.ndarray:
    """How dark the floor is (size, size) under points, by light from straight above."""
    pixels, _, scale = camera.project(points * (1, 1, 0))
    column, row = np.floor(pixels).astype(int).T
    inside = (column >= 0) & (column < size) & (row >= 0) & (row < size)
    count = np.zeros((size, size))
    np.add.at(count, (row[inside], column[inside]), 1.0)
    wide = max(1.0, SHADOW_BLUR * float(scale.mean()))
    window = (max(3, round(2 * wide * math.sin(math.radians(camera.elevation)))), max(3, round(2 * wide)))
    for _ in range(3):
        count = uniform_filter(count, window, mode="constant")
    dense = np.quantile(count[count > 0], 0.8) if (count > 0).any() else 1.0
    tone = np.rint(np.clip(count / max(dense, 1e-12), 0, 1) * SHADOW_TONES) / SHADOW_TONES
    return (SHADOW * tone).astype(np.float32)
