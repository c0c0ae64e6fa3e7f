"""Rows of images: interpolations, one method a row, or whatever else there is to see."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from posectl.errors import InvalidInputError
from posectl.render import theme
from posectl.render.lettering import letter, one_each, width_of
from posectl.render.panel import check_bytes
from posectl.render.tiles import GAP, as_tiles, enlarged, enlargement, grid, same_size
from posectl.render.titled import LETTERS

WIDEST_LABEL = 260
# Before a row that begins a new group.
APART = 12


def draw_rows(
    rows: Sequence[np.ndarray],
    *,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    begins: Collection[int] = (),
    size: int = 96,
) -> np.ndarray:
    """One picture (H, W, 3) uint8 of rows of images (K, C, H, W) in [-1, 1], enlarged to tiles of about `size` pixels.

    Rows may differ in length, but not in the size of their images. Labels: one a row, at its left, and one a column of
    the longest row, above it. begins: rows that stand apart from the one before. Source: Oring et al., Fig. 5.

    Raises InvalidInputError for images that cannot be drawn, UsageError for labels that do not fit them.
    """
    if not len(rows):
        raise InvalidInputError("There are no images to draw.", "Give at least one row.")
    row_labels = one_each(row_labels, len(rows), "row label", "row")
    tiles = [as_tiles(row, f"Row {label or i}") for i, (row, label) in enumerate(zip(rows, row_labels, strict=True))]
    height, width = same_size(tiles, row_labels)
    times = enlargement((height, width), size)
    columns = max(map(len, tiles))
    column_labels = one_each(column_labels, columns, "column label", "column")

    down, across = height * times + GAP, width * times + GAP
    wide = min(WIDEST_LABEL, max(width_of(label, LETTERS) for label in row_labels))
    left = LETTERS + (round(wide) + LETTERS if any(row_labels) else 0)
    top = 2 * LETTERS if any(column_labels) else LETTERS
    tops = [top + i * down + APART * sum(0 < b <= i for b in begins) for i in range(len(tiles))]
    shape = (tops[-1] + down - GAP + LETTERS, left + columns * across - GAP + LETTERS, 3)
    check_bytes(*shape)
    page = np.full(shape, theme.PAPER, dtype=np.uint8)
    for y, row, label in zip(tops, tiles, row_labels, strict=True):
        picture = grid(enlarged(row, times)[None])
        page[y : y + picture.shape[0], left : left + picture.shape[1]] = picture
        letter(page, (LETTERS, y + height * times / 2), label, LETTERS, wide)
    for c, label in enumerate(column_labels):
        at = (left + c * across + width * times / 2, 1.1 * LETTERS)
        letter(page, at, label, LETTERS - 2, 0.95 * across, theme.MUTED, anchor="mm")
    return page
