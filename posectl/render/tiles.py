"""Images as tiles: bytes, enlarged by a whole number so that every pixel stays a square, and set out in a grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posectl.errors import InvalidInputError
from posectl.render import theme

GAP = 2  # pixels between tiles


def as_tiles(images: np.ndarray, name: str) -> np.ndarray:
    """Images (..., C, H, W) in [-1, 1] as uint8 (..., H, W, 3); values beyond are cut off, grey has three equal parts.
    Pictures (..., H, W, 3) uint8 are tiles already.

    Raises InvalidInputError for another shape, other than 1 or 3 channels, and for non-finite values; `name` says
    whose they are.
    """
    images = np.asarray(images)
    if images.dtype == np.uint8 and images.ndim >= 3 and images.shape[-1] == 3 and images.size:
        return images
    if images.ndim < 3 or images.shape[-3] not in (1, 3) or not images.size or images.dtype.kind != "f":
        raise InvalidInputError(
            f"{name} has the shape {images.shape} of {images.dtype}, and no image can be made of it.",
            "Give floats (..., C, H, W) in [-1, 1], of 1 or 3 channels.",
        )
    if not np.isfinite(images).all():
        raise InvalidInputError(f"{name} holds values that are NaN or infinite.", "Leave those images out.")
    levels = np.rint((images.clip(-1, 1) + 1) * 127.5).astype(np.uint8)
    return np.moveaxis(np.broadcast_to(levels, (*levels.shape[:-3], 3, *levels.shape[-2:])), -3, -1)


def enlargement(shape: Sequence[int], size: int) -> int:
    """The whole number, at least 1, that brings images (..., C, H, W) nearest to a side of `size` pixels."""
    return max(1, round(size / max(shape[-2:])))


def enlarged(tiles: np.ndarray, times: int) -> np.ndarray:
    """Tiles (..., H, W, 3) with every pixel a square of times x times."""
    return tiles.repeat(times, axis=-3).repeat(times, axis=-2)


def grid(tiles: np.ndarray) -> np.ndarray:
    """One picture of tiles (R, K, h, w, 3), GAP pixels of ground apart."""
    rows, columns, height, width, _ = tiles.shape
    down, across = height + GAP, width + GAP
    picture = np.empty((rows * down - GAP, columns * across - GAP, 3), dtype=np.uint8)
    picture[...] = theme.PAPER
    for r, c in np.ndindex(rows, columns):
        picture[r * down : r * down + height, c * across : c * across + width] = tiles[r, c]
    return picture


def same_size(tiles: Sequence[np.ndarray], names: Sequence[str]) -> tuple[int, int]:
    """The height and width that all tiles (..., H, W, 3) have. Raises InvalidInputError where they differ."""
    sizes = {each.shape[-3:-1]: name for each, name in zip(tiles, names, strict=True)}
    if len(sizes) > 1:
        listed = ", ".join(f"{width} x {height} ({name})" for (height, width), name in sizes.items())
        raise InvalidInputError(f"Images of different sizes share no picture: {listed}.", "Draw them one by one.")
    return next(iter(sizes))
