"""Animations of images, several side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posectl.errors import InvalidInputError
from posectl.render import theme
from posectl.render.panel import check_bytes
from posectl.render.pixels import common_size, scale_factor, to_pixels, upscale
from posectl.render.text import draw_text, one_label_each
from posectl.render.titled import APART, TEXT_SIZE, titled_page

PANELS_A_ROW = 4


def draw_animation(
    sequences: Sequence[np.ndarray], *, labels: Sequence[str] = (), captions: Sequence[str] = (), size: int = 320
) -> np.ndarray:
    """Draw frames (T, H, W, 3) uint8 of sequences of images (T, C, H, W) in [-1, 1], enlarged to about `size` pixels.

    A sequence shorter than the longest holds its last image. labels: one a sequence, above it. captions: one a frame,
    at the bottom left. Raises InvalidInputError for images that cannot be drawn, UsageError for words that do not fit
    them.
    """
    if not len(sequences):
        raise InvalidInputError("There are no images to draw.", "Give at least one sequence.")
    labels = one_label_each(labels, len(sequences), "label", "sequence")
    pixels = [
        to_pixels(each, f"Sequence {name or i}") for i, (each, name) in enumerate(zip(sequences, labels, strict=True))
    ]
    frames = max(map(len, pixels))
    captions = one_label_each(captions, frames, "caption", "frame")
    height, width = common_size(pixels, labels)
    times = scale_factor((height, width), size)
    foot = TEXT_SIZE if any(captions) else 0
    page, places = titled_page(labels, times * height, times * width, most=PANELS_A_ROW, foot=foot)
    check_bytes(frames, *page.shape)
    pages = np.broadcast_to(page, (frames, *page.shape)).copy()
    for place, each in zip(places, pixels, strict=True):
        now = np.minimum(np.arange(frames), len(each) - 1)
        pages[:, *place] = upscale(each[now], times)
    for one, words in zip(pages, captions, strict=True):
        at = (APART, one.shape[0] - APART / 2 - TEXT_SIZE / 2)
        draw_text(one, at, words, TEXT_SIZE, one.shape[1] - 2 * APART, theme.MUTED)
    return pages
