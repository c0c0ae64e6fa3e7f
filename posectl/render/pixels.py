"""Images as pixels: bytes, enlarged by a whole number so that every pixel stays a square, and laid out in a grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posectl.errors import InvalidInputError
from posectl.render import theme

GAP = 2  # pixels between images


def to_pixels(images: np.ndarray, name: str) -> np.ndarray:
    """Convert images (..., C, H, W) in [-1, 1] to uint8 (..., H, W, 3); values beyond are clipped, grey is repeated.

    Raises InvalidInputError for another shape, other than 1 or 3 channels, and for non-finite values; `name` names the
    images in it.
    """
    images = np.asarray(images)
    if images.ndim < 3 or images.shape[-3] not in (1, 3) or not images.size or images.dtype.kind != "f":
        raise InvalidInputError(
            f"{name} has the shape {images.shape} of {images.dtype}, and no image can be made of it.",
            "Give floats (..., C, H, W) in [-1, 1], of 1 or 3 channels.",
        )
    if not np.isfinite(images).all():
        raise InvalidInputError(f"{name} holds values that are NaN or infinite.", "Leave those images out.")
    levels = np.rint((images.clip(-1, 1) + 1) * 127.5).astype(np.uint8)
    return np.moveaxis(np.broadcast_to(levels, (*levels.shape[:-3], 3, *levels.shape[-2:])), -3, -1)


def scale_factor(shape: Sequence[int], size: int) -> int:
    """Return the whole number, at least 1, that brings images (..., C, H, W) nearest to a side of `size` pixels."""
    return max(1, round(size / max(shape[-2:])))


def upscale(pixels: np.ndarray, times: int) -> np.ndarray:
    """Enlarge images (..., H, W, 3) so that every pixel is a square of times x times."""
    return pixels.repeat(times, axis=-3).repeat(times, axis=-2)


def image_grid(pixels: np.ndarray) -> np.ndarray:
    """Lay out images (R, K, h, w, 3) as one picture, GAP pixels of background apart."""
    rows, columns, height, width, _ = pixels.shape
    down, across = height + GAP, width + GAP
    picture = np.empty((rows * down - GAP, columns * across - GAP, 3), dtype=np.uint8)
    picture[...] = theme.PAPER
    for r, c in np.ndindex(rows, columns):
        picture[r * down : r * down + height, c * across : c * across + width] = pixels[r, c]
    return picture


def common_size(pixels: Sequence[np.ndarray], names: Sequence[str]) -> tuple[int, int]:
    """Return the common height and width of images (..., H, W, 3). Raises InvalidInputError where they differ."""
    sizes = {each.shape[-3:-1]: name for each, name in zip(pixels, names, strict=True)}
    if len(sizes) > 1:
        listed = ", ".join(f"{width} x {height} ({name})" for (height, width), name in sizes.items())
        raise InvalidInputError(f"Images of different sizes share no picture: {listed}.", "Draw them one by one.")
    return next(iter(sizes))
