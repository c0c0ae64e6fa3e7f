"""Rows of images: interpolations, one method a row, or any other images."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from posectl.errors import InvalidInputError
from posectl.render import theme
from posectl.render.panel import check_bytes
from posectl.render.pixels import GAP, common_size, image_grid, scale_factor, to_pixels, upscale
from posectl.render.text import draw_text, one_label_each, text_width
from posectl.render.titled import TEXT_SIZE

WIDEST_LABEL = 260
# The gap before a row that begins a new group.
APART = 12


def draw_rows(
    rows: Sequence[np.ndarray],
    *,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    begins: Collection[int] = (),
    size: int = 96,
) -> np.ndarray:
    """Draw one picture (H, W, 3) uint8 of rows of images (K, C, H, W) in [-1, 1], enlarged to about `size` pixels.

    Rows may differ in length, but not in the size of their images. Labels: one a row, at its left, and one a column of
    the longest row, above it. begins: rows that stand apart from the one before. Source: Oring et al., Fig. 5.

    Raises InvalidInputError for images that cannot be drawn, UsageError for labels that do not fit them.
    """
    if not len(rows):
        raise InvalidInputError("There are no images to draw.", "Give at least one row.")
    row_labels = one_label_each(row_labels, len(rows), "row label", "row")
    pixels = [to_pixels(row, f"Row {label or i}") for i, (row, label) in enumerate(zip(rows, row_labels, strict=True))]
    height, width = common_size(pixels, row_labels)
    times = scale_factor((height, width), size)
    columns = max(map(len, pixels))
    column_labels = one_label_each(column_labels, columns, "column label", "column")

    down, across = height * times + GAP, width * times + GAP
    wide = min(WIDEST_LABEL, max(text_width(label, TEXT_SIZE) for label in row_labels))
    left = TEXT_SIZE + (round(wide) + TEXT_SIZE if any(row_labels) else 0)
    top = 2 * TEXT_SIZE if any(column_labels) else TEXT_SIZE
    tops = [top + i * down + APART * sum(0 < b <= i for b in begins) for i in range(len(pixels))]
    shape = (tops[-1] + down - GAP + TEXT_SIZE, left + columns * across - GAP + TEXT_SIZE, 3)
    check_bytes(*shape)
    page = np.full(shape, theme.PAPER, dtype=np.uint8)
    for y, row, label in zip(tops, pixels, row_labels, strict=True):
        picture = image_grid(upscale(row, times)[None])
        page[y : y + picture.shape[0], left : left + picture.shape[1]] = picture
        draw_text(page, (TEXT_SIZE, y + height * times / 2), label, TEXT_SIZE, wide)
    for c, label in enumerate(column_labels):
        at = (left + c * across + width * times / 2, 1.1 * TEXT_SIZE)
        draw_text(page, at, label, TEXT_SIZE - 2, 0.95 * across, theme.MUTED, anchor="mm")
    return page
