"""Blocks of images between four corners, several methods side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posectl.errors import InvalidInputError
from posectl.render.page import Page
from posectl.render.text import checked_labels
from posectl.render.tiles import as_tiles, enlarged, enlargement, grid, same_size
from posectl.render.titled import titled_page

BLOCKS_A_ROW = 3


def draw_blocks(blocks: Sequence[np.ndarray], *, titles: Sequence[str] = (), size: int = 64) -> Page:
    """One picture of blocks (R, K, C, H, W) in [-1, 1], each a grid of tiles of about `size` pixels
    under its title.

    All blocks have the same shape. Source: Oring et al., Figs. 9 to 13. Raises InvalidInputError for blocks that cannot
    be drawn, UsageError for titles that do not fit them.
    """
    if not len(blocks):
        raise InvalidInputError("There are no blocks to draw.", "Give at least one.")
    titles = checked_labels(titles, len(blocks), "title", "block")
    tiles = [as_tiles(block, f"Block {name or i}") for i, (block, name) in enumerate(zip(blocks, titles, strict=True))]
    counts = {each.shape[:-3] for each in tiles}
    if len(counts) > 1 or len(next(iter(counts))) != 2:
        raise InvalidInputError(
            f"Blocks of {' and '.join(map(str, sorted(counts)))} images share no picture.",
            "Give blocks of as many rows and columns, (R, K, C, H, W).",
        )
    times = enlargement(same_size(tiles, titles), size)
    pictures = [grid(enlarged(block, times)) for block in tiles]
    page, windows = titled_page(titles, *pictures[0].shape[:2], most=BLOCKS_A_ROW)
    for window, picture in zip(windows, pictures, strict=True):
        page.picture(window, picture)
    return page
