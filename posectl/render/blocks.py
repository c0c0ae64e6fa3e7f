"""Blocks of images between four corners, several methods side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posectl.errors import InvalidInputError
from posectl.render.pixels import common_size, image_grid, scale_factor, to_pixels, upscale
from posectl.render.text import one_label_each
from posectl.render.titled import titled_page

BLOCKS_A_ROW = 3


def draw_blocks(blocks: Sequence[np.ndarray], *, titles: Sequence[str] = (), size: int = 64) -> np.ndarray:
    """Draw one picture (H, W, 3) uint8 of blocks (R, K, C, H, W) in [-1, 1], grids of images `size` px wide.

    All blocks have the same shape. Source: Oring et al., Figs. 9 to 13. Raises InvalidInputError for blocks that cannot
    be drawn, UsageError for titles that do not fit them.
    """
    if not len(blocks):
        raise InvalidInputError("There are no blocks to draw.", "Give at least one.")
    titles = one_label_each(titles, len(blocks), "title", "block")
    pixels = [
        to_pixels(block, f"Block {name or i}") for i, (block, name) in enumerate(zip(blocks, titles, strict=True))
    ]
    counts = {each.shape[:-3] for each in pixels}
    if len(counts) > 1 or len(next(iter(counts))) != 2:
        raise InvalidInputError(
            f"Blocks of {' and '.join(map(str, sorted(counts)))} images share no picture.",
            "Give blocks of as many rows and columns, (R, K, C, H, W).",
        )
    times = scale_factor(common_size(pixels, titles), size)
    pictures = [image_grid(upscale(block, times)) for block in pixels]
    page, places = titled_page(titles, *pictures[0].shape[:2], most=BLOCKS_A_ROW)
    for place, picture in zip(places, pictures, strict=True):
        page[place] = picture
    return page
