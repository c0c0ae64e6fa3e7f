"""Frames of images that change, several side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posectl.errors import InvalidInputError
from posectl.render import theme
from posectl.render.panel import check_bytes
from posectl.render.text import checked_labels, draw_text
from posectl.render.tiles import as_tiles, enlarged, enlargement, same_size
from posectl.render.titled import MARGIN, TEXT_SIZE, titled_page

PANELS_A_ROW = 4


def draw_animation(
    sequences: Sequence[np.ndarray], *, labels: Sequence[str] = (), captions: Sequence[str] = (), size: int = 320
) -> np.ndarray:
    """Frames (T, H, W, 3) uint8 of sequences of images (T, C, H, W) in [-1, 1], each enlarged to about `size` pixels.

    A sequence shorter than the longest holds its last image. labels: one a sequence, above it. captions: one a frame,
    at the bottom left. Raises InvalidInputError for images that cannot be drawn, UsageError for words that do not fit
    them.
    """
    if not len(sequences):
        raise InvalidInputError("There are no images to draw.", "Give at least one sequence.")
    labels = checked_labels(labels, len(sequences), "label", "sequence")
    tiles = [
        as_tiles(each, f"Sequence {name or i}") for i, (each, name) in enumerate(zip(sequences, labels, strict=True))
    ]
    frames = max(map(len, tiles))
    captions = checked_labels(captions, frames, "caption", "frame")
    height, width = same_size(tiles, labels)
    times = enlargement((height, width), size)
    foot = TEXT_SIZE if any(captions) else 0
    laid, windows = titled_page(labels, times * height, times * width, most=PANELS_A_ROW, foot=foot)
    check_bytes(frames, laid.height, laid.width, 3)
    page = laid.pixels()
    pages = np.broadcast_to(page, (frames, *page.shape)).copy()
    for window, each in zip(windows, tiles, strict=True):
        now = np.minimum(np.arange(frames), len(each) - 1)
        pages[:, *window] = enlarged(each[now], times)
    for one, words in zip(pages, captions, strict=True):
        at = (MARGIN, one.shape[0] - MARGIN / 2 - TEXT_SIZE / 2)
        draw_text(one, at, words, TEXT_SIZE, one.shape[1] - 2 * MARGIN, theme.MUTED)
    return pages
