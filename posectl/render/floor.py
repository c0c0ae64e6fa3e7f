"""The ground under a body: a grid that fades out, and the shadow of light from straight above."""

from __future__ import annotations

import numpy as np

from posectl.render import theme
from posectl.render.camera import Camera
from posectl.render.raster import blend, nearest_on_segment, saturated, windows

# Parts of the body's size: between lines, from the axis of a shadow to its end, and of that its blurred edge.
SPACING = 0.25
SHADOW = 0.042
BLUR = 0.024
# How dark the shadow of a bone is on the floor, and a body's size above it.
DARKEST, LIGHTEST = 0.6, 0.25
# Tones of shadow: a GIF pays for each, and the eye sees no more.
TONES = 8


class Floor:
    """The floor z = 0 as one camera sees it in a picture of width by height."""

    def __init__(self, camera: Camera, width: int, height: int) -> None:
        x, y = camera.on_floor(width, height)
        self.camera = camera
        self.x, self.y = (np.nan_to_num(v, nan=1e9).astype(np.float32) for v in (x, y))

    def grid(self, canvas: np.ndarray, reach: float) -> None:
        """Paint the grid, out to `reach` body sizes from the origin, on a canvas (3, H, W), in place."""
        away = np.hypot(self.x, self.y) / reach
        fade = np.clip(1.6 * (1 - away), 0, 1)
        line = np.maximum(_lines(self.x), _lines(self.y))
        blend(canvas, np.array(theme.GRID, dtype=np.float32), fade * line)

    def shadow(self, canvas: np.ndarray, bones: np.ndarray) -> None:
        """Paint the shadow of bones (B, 2, 3) on a canvas (3, H, W), in place."""
        flat = bones * (1.0, 1.0, 0.0)
        pixels, _, scale = self.camera.project(flat)
        reach = (1.1 * SHADOW * scale).max(-1, keepdims=True)
        low, high = pixels.min(1) - reach, pixels.max(1) + reach
        whole, *parts = windows(np.vstack([low.min(0), low]), np.vstack([high.max(0), high]), *canvas.shape[1:])
        cover = np.zeros(canvas.shape[1:], dtype=np.float32)
        strength = darkness(bones)
        ends = flat[..., :2].astype(np.float32)
        for bone, part in enumerate(parts):
            _, distance = nearest_on_segment(self.x[part], self.y[part], *ends[bone])
            soft = saturated((np.float32(SHADOW) - distance) / np.float32(BLUR))
            np.maximum(cover[part], np.float32(strength[bone]) * soft, out=cover[part])
        tone = np.rint(cover[whole] * TONES) / np.float32(TONES)
        blend(canvas[:, *whole], np.array(theme.SHADE, dtype=np.float32), tone)


def darkness(bones: np.ndarray) -> np.ndarray:
    """Return how dark the shadows (B,) of bones (B, 2, 3) are."""
    return np.clip(DARKEST + (LIGHTEST - DARKEST) * bones[..., 2].mean(-1), LIGHTEST, DARKEST)


def _lines(coordinate: np.ndarray) -> np.ndarray:
    """Return the share of each pixel that one-pixel lines at the multiples of SPACING cover."""
    step = np.maximum(sum(np.abs(slope) for slope in np.gradient(coordinate)), 1e-9)
    distance = np.abs((coordinate + SPACING / 2) % SPACING - SPACING / 2) / step
    crowded = np.clip(SPACING / step / 4 - 1, 0, 1)
    return np.clip(1.0 - distance, 0, 1) * crowded
