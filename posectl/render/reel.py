"""Frames of images that change, several side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posectl.errors import InvalidInputError
from posectl.render import theme
from posectl.render.lettering import letter, one_each
from posectl.render.panel import check_bytes
from posectl.render.tiles import as_tiles, enlarged, enlargement, same_size
from posectl.render.titled import APART, LETTERS, titled

PANELS_A_ROW = 4


def draw_reel(
    sequences: Sequence[np.ndarray], *, labels: Sequence[str] = (), captions: Sequence[str] = (), size: int = 320
) -> np.ndarray:
    """Frames (T, H, W, 3) uint8 of sequences of images (T, C, H, W) in [-1, 1], each enlarged to about `size` pixels.

    A sequence shorter than the longest holds its last image. labels: one a sequence, above it. captions: one a frame,
    at the bottom left. Raises InvalidInputError for images that cannot be drawn, UsageError for words that do not fit
    them.
    """
    if not len(sequences):
        raise InvalidInputError("There are no images to draw.", "Give at least one sequence.")
    labels = one_each(labels, len(sequences), "label", "sequence")
    tiles = [
        as_tiles(each, f"Sequence {name or i}") for i, (each, name) in enumerate(zip(sequences, labels, strict=True))
    ]
    frames = max(map(len, tiles))
    captions = one_each(captions, frames, "caption", "frame")
    height, width = same_size(tiles, labels)
    times = enlargement((height, width), size)
    foot = LETTERS if any(captions) else 0
    page, places = titled(labels, times * height, times * width, most=PANELS_A_ROW, foot=foot)
    check_bytes(frames, *page.shape)
    pages = np.broadcast_to(page, (frames, *page.shape)).copy()
    for place, each in zip(places, tiles, strict=True):
        now = np.minimum(np.arange(frames), len(each) - 1)
        pages[:, *place] = enlarged(each[now], times)
    for one, words in zip(pages, captions, strict=True):
        at = (APART, one.shape[0] - APART / 2 - LETTERS / 2)
        letter(one, at, words, LETTERS, one.shape[1] - 2 * APART, theme.MUTED)
    return pages
