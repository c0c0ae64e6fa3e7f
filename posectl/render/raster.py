"""Anti-aliased strokes on a numpy canvas, from the distance of each pixel to the stroke's axis.

A canvas is float32 (3, height, width), in the 0 to 255 of its pictures: one plane a colour, which numpy blends faster.
"""

from __future__ import annotations

import numpy as np

Window = tuple[slice, slice]


def window(low: np.ndarray, high: np.ndarray, height: int, width: int) -> Window:
    """The rows and columns of a canvas whose pixels touch the box from low to high (x, y); empty where none does."""
    x0, y0 = (int(v) for v in np.clip(np.floor(low), 0, (width, height)))
    x1, y1 = (int(v) for v in np.clip(np.ceil(high), 0, (width, height)))
    return slice(y0, max(y0, y1)), slice(x0, max(x0, x1))


def along_axis(x: np.ndarray, y: np.ndarray, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For points (x, y): the place in [0, 1] of the nearest point between start and end, and the distance to it."""
    dx, dy = end - start
    x, y = x - start[0], y - start[1]
    squared = dx * dx + dy * dy
    place = np.clip((x * dx + y * dy) / squared, 0, 1) if squared > 0 else np.zeros(np.broadcast(x, y).shape)
    return place, np.hypot(x - place * dx, y - place * dy)


def blend(canvas: np.ndarray, colour: np.ndarray, cover: np.ndarray) -> None:
    """Lay colour (3,) or (3, h, w) over canvas (3, h, w) where cover (h, w) in [0, 1] says, in place."""
    canvas += (colour.reshape(3, *(colour.shape[1:] or (1, 1))) - canvas) * cover


def to_canvas(picture: np.ndarray) -> np.ndarray:
    """The canvas of a uint8 picture (H, W, 3)."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1), dtype=np.float32)


def to_picture(canvas: np.ndarray) -> np.ndarray:
    """The uint8 picture (H, W, 3) of a canvas."""
    return (canvas + np.float32(0.5)).astype(np.uint8).transpose(1, 2, 0)


def stroke(
    canvas: np.ndarray,
    ends: np.ndarray,
    radii: np.ndarray,
    tones: np.ndarray,
    ramp: np.ndarray,
    halo: tuple[float, np.ndarray] | None = None,
) -> None:
    """Draw a round-ended line on a canvas, in place.

    ends (2, 2): pixels x, y. radii (2,): half its width at either end, in pixels. tones (2,): where in `ramp` (3, K),
    in [0, 1], its colour starts and ends. halo: width in pixels and colour of a rim that keeps it apart from what lies
    behind; the rim vanishes towards the ends, where lines meet.
    """
    rim = halo[0] if halo else 0.0
    reach = radii.max() + rim + 1.0
    rows, columns = window(ends.min(0) - reach, ends.max(0) + reach, *canvas.shape[1:])
    patch = canvas[:, rows, columns]
    if not patch.size:
        return
    x = np.arange(columns.start, columns.stop, dtype=np.float32) + 0.5
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + 0.5
    place, distance = along_axis(x, y, *ends.astype(np.float32))
    inside = np.float32(radii[0] + 0.5) + place * np.float32(radii[1] - radii[0]) - distance
    if halo:
        taper = np.minimum(1.0, 4.0 * np.minimum(place, 1.0 - place))
        blend(patch, halo[1], np.clip(inside + rim * taper, 0, 1) * (taper > 0))
    tone = (tones[0] + place * (tones[1] - tones[0])) * (ramp.shape[1] - 1)
    blend(patch, np.take(ramp, np.rint(tone).astype(np.intp), axis=1), np.clip(inside, 0, 1))
