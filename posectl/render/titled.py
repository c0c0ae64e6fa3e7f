"""A page of panels of one size, each under its title."""

from __future__ import annotations

import math
from collections.abc import Sequence

from posectl.render.page import Page
from posectl.render.raster import Window

TEXT_SIZE = 15  # pixels
MARGIN = 14


def titled_page(
    titles: Sequence[str], height: int, width: int, *, most: int, foot: int = 0
) -> tuple[Page, list[Window]]:
    """The page with its titles, and the window of each panel (height, width) on it.

    `most` panels a row, the rows filled evenly; `foot` pixels are left free at the bottom.
    """
    rows = math.ceil(len(titles) / most)
    columns = math.ceil(len(titles) / rows)
    head = 2 * TEXT_SIZE if any(titles) else 0
    down, across = head + height + MARGIN, width + MARGIN
    page = Page(MARGIN + rows * down + foot, MARGIN + columns * across)
    windows = []
    for i, title in enumerate(titles):
        top, left = MARGIN + i // columns * down, MARGIN + i % columns * across
        page.text((left, top + head / 2), title, TEXT_SIZE, width)
        windows.append((slice(top + head, top + head + height), slice(left, left + width)))
    return page, windows
