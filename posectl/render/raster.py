"""Anti-aliased strokes on a numpy canvas, from the distance of each pixel to the stroke's axis.

A canvas is float32 (3, height, width), in the 0 to 255 of its pictures: one plane a colour, which numpy blends faster.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Window = tuple[slice, slice]
Halo = tuple[float, np.ndarray]


def windows(low: np.ndarray, high: np.ndarray, height: int, width: int) -> list[Window]:
    """The rows and columns of a canvas whose pixels touch each box from low to high (B, 2); empty where none does."""
    size = (width, height)
    starts = np.clip(np.floor(low), 0, size).astype(int)
    stops = np.maximum(starts, np.clip(np.ceil(high), 0, size).astype(int))
    return [(slice(y0, y1), slice(x0, x1)) for (x0, y0), (x1, y1) in zip(starts.tolist(), stops.tolist(), strict=True)]


def nearest_on_segment(
    x: np.ndarray, y: np.ndarray, start: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The position in [0, 1] of the point between start and end that is nearest to (x, y), and its distance."""
    dx, dy = end - start
    x, y = x - start[0], y - start[1]
    squared = max(dx * dx + dy * dy, np.finfo(np.float32).tiny)
    position = saturated((x * dx + y * dy) / squared)
    x, y = x - position * dx, y - position * dy
    return position, np.sqrt(x * x + y * y)


def saturated(values: np.ndarray) -> np.ndarray:
    """The values cut off at 0 and 1, in place."""
    np.maximum(values, 0, out=values)
    return np.minimum(values, 1, out=values)


def blend(canvas: np.ndarray, colour: np.ndarray, cover: np.ndarray) -> None:
    """Lay colour (3,) or (3, h, w) over canvas (3, h, w) where cover (h, w) in [0, 1] says, in place."""
    canvas += (colour.reshape(3, *(colour.shape[1:] or (1, 1))) - canvas) * cover


def to_canvas(picture: np.ndarray) -> np.ndarray:
    """The canvas of a uint8 picture (H, W, 3)."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1), dtype=np.float32)


def to_picture(canvas: np.ndarray) -> np.ndarray:
    """The uint8 picture (H, W, 3) of a canvas."""
    return (canvas + np.float32(0.5)).astype(np.uint8).transpose(1, 2, 0)


def strokes(
    canvas: np.ndarray,
    ends: np.ndarray,
    radii: np.ndarray,
    tones: np.ndarray,
    ramps: Sequence[np.ndarray],
    halo: Halo | None = None,
) -> None:
    """Draw round-ended lines on a canvas, in place, each over those before it.

    ends (B, 2, 2): pixels x, y. radii (B, 2): half the width at either end, in pixels. tones (B, 2): where in the
    line's ramp (3, K), in [0, 1], its colour starts and ends. halo: width in pixels and colour (3,) of a rim that keeps
    each line apart from what lies behind; the rim vanishes towards the ends, where lines meet.
    """
    reach = radii.max(-1, keepdims=True) + (halo[0] if halo else 0) + 1
    parts = windows(ends.min(1) - reach, ends.max(1) + reach, *canvas.shape[1:])
    for line, (rows, columns) in enumerate(parts):
        patch = canvas[:, rows, columns]
        if patch.size:
            corner = np.array([columns.start, rows.start])
            _stroke(patch, (ends[line] - corner).astype(np.float32), radii[line], tones[line], ramps[line], halo)


def _stroke(
    patch: np.ndarray, ends: np.ndarray, radii: np.ndarray, tones: np.ndarray, ramp: np.ndarray, halo: Halo | None
) -> None:
    height, width = patch.shape[1:]
    x = np.arange(width, dtype=np.float32) + np.float32(0.5)
    y = np.arange(height, dtype=np.float32)[:, None] + np.float32(0.5)
    position, distance = nearest_on_segment(x, y, *ends)
    inside = np.float32(radii[0] + 0.5) + position * np.float32(radii[1] - radii[0]) - distance
    if halo:
        rim, colour = halo
        taper = np.minimum(4 * np.minimum(position, 1 - position), 1)
        blend(patch, colour, saturated(inside + np.float32(rim) * taper) * (taper > 0))
    first, last = (tones * (ramp.shape[1] - 1)).astype(np.float32)
    tone = np.rint(first + position * (last - first)).astype(np.intp)
    blend(patch, np.take(ramp, tone, axis=1), saturated(inside))
