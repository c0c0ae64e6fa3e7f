"""Rows of images: interpolations, one method a row, or whatever else there is to see."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from posectl.errors import InvalidInputError
from posectl.render import theme
from posectl.render.page import Page
from posectl.render.text import checked_labels, text_width
from posectl.render.tiles import GAP, as_tiles, enlarged, enlargement, grid, same_size
from posectl.render.titled import TEXT_SIZE

WIDEST_LABEL = 260
# Before a row that begins a new group.
GROUP_GAP = 12


def draw_rows(
    rows: Sequence[np.ndarray],
    *,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    begins: Collection[int] = (),
    size: int = 96,
) -> Page:
    """One picture of rows of images (K, C, H, W) in [-1, 1], enlarged to tiles of about `size` pixels.

    Rows may differ in length, but not in the size of their images. Labels: one a row, at its left, and one a column of
    the longest row, above it. begins: rows that stand apart from the one before. Source: Oring et al., Fig. 5.

    Raises InvalidInputError for images that cannot be drawn, UsageError for labels that do not fit them.
    """
    if not len(rows):
        raise InvalidInputError("There are no images to draw.", "Give at least one row.")
    row_labels = checked_labels(row_labels, len(rows), "row label", "row")
    tiles = [as_tiles(row, f"Row {label or i}") for i, (row, label) in enumerate(zip(rows, row_labels, strict=True))]
    height, width = same_size(tiles, row_labels)
    times = enlargement((height, width), size)
    columns = max(map(len, tiles))
    column_labels = checked_labels(column_labels, columns, "column label", "column")

    down, across = height * times + GAP, width * times + GAP
    wide = min(WIDEST_LABEL, max(text_width(label, TEXT_SIZE) for label in row_labels))
    left = TEXT_SIZE + (round(wide) + TEXT_SIZE if any(row_labels) else 0)
    top = 2 * TEXT_SIZE if any(column_labels) else TEXT_SIZE
    tops = [top + i * down + GROUP_GAP * sum(0 < b <= i for b in begins) for i in range(len(tiles))]
    page = Page(tops[-1] + down - GAP + TEXT_SIZE, left + columns * across - GAP + TEXT_SIZE)
    for y, row, label in zip(tops, tiles, row_labels, strict=True):
        picture = grid(enlarged(row, times)[None])
        page.picture(np.s_[y : y + picture.shape[0], left : left + picture.shape[1]], picture)
        page.text((TEXT_SIZE, y + height * times / 2), label, TEXT_SIZE, wide)
    for c, label in enumerate(column_labels):
        at = (left + c * across + width * times / 2, 1.1 * TEXT_SIZE)
        page.text(at, label, TEXT_SIZE - 2, 0.95 * across, theme.MUTED, anchor="mm")
    return page
