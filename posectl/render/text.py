"""Text and the key on pictures: text shrinks or is cut short to fit its room."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from posectl.errors import UsageError
from posectl.render import theme
from posectl.render.raster import strokes, to_canvas, to_picture

# Letters shrink to this part of their size before words are cut short.
SMALLEST = 0.8
_SIDES = {"left": theme.LEFT, "right": theme.RIGHT}


def text_size(size: int) -> int:
    """The height of letters, in pixels, that suits a panel of this size."""
    return max(11, round(0.045 * size))


def checked_labels(words: Sequence[str], count: int, word: str, thing: str) -> list[str]:
    """`count` labels, each on one line; `count` empty ones for none. Raises UsageError for any other number."""
    if len(words) not in (0, count):
        raise UsageError(
            f"There are {len(words)} {word}s for {count} {thing}s.", f"Give one {word} a {thing}, or none."
        )
    return [" ".join(str(w).splitlines()) for w in words] or [""] * count


def text_width(text: str, pixels: int) -> float:
    """The width of text in pixels, in letters of that size."""
    return theme.font(pixels).getlength(text)


def fit_text(text: str, pixels: int, width: float) -> tuple[str, int]:
    """The text and letter size, at most `pixels`, at which it is no wider than `width`; cut short at the least."""
    least = math.ceil(SMALLEST * pixels)
    while pixels > least and text_width(text, pixels) > width:
        pixels -= 1
    short = text
    while len(short) > 1 and text_width(short, pixels) > width:
        short = short.removesuffix("…")[:-1].rstrip() + "…"
    return short, pixels


def draw_text(
    picture: np.ndarray,
    at: tuple[float, float],
    text: str,
    pixels: int,
    width: float,
    colour: theme.Colour = theme.INK,
    anchor: str = "lm",
) -> None:
    """Write text, no wider than `width`, on a uint8 picture (H, W, 3), in place; `anchor` is Pillow's."""
    if not text:
        return
    text, pixels = fit_text(text, pixels, width)
    image = Image.fromarray(picture)
    ImageDraw.Draw(image).text(at, text, fill=colour, font=theme.font(pixels), anchor=anchor)
    picture[...] = np.asarray(image)


def key_width(pixels: int) -> float:
    """The width of the key, in letters of that size."""
    return sum(5 * 0.3 * pixels + text_width(word, pixels) for word in _SIDES) + pixels


def draw_key(picture: np.ndarray, at: tuple[float, float], pixels: int) -> None:
    """Draw the key to the colours of left and right, from its left middle `at`, on a uint8 picture, in place."""
    radius, widths = 0.3 * pixels, [text_width(word, pixels) for word in _SIDES]
    starts = at[0] + np.array([0.0, 5 * radius + widths[0] + pixels])
    ends = np.array([[(x + radius, at[1]), (x + 3 * radius, at[1])] for x in starts])
    ramps = [np.array(colour, dtype=np.float32)[:, None] for colour in _SIDES.values()]
    canvas = to_canvas(picture)
    strokes(canvas, ends, np.full((2, 2), radius), np.zeros((2, 2)), ramps)
    picture[...] = to_picture(canvas)
    for x, word, width in zip(starts, _SIDES, widths, strict=True):
        draw_text(picture, (x + 5 * radius, at[1]), word, pixels, width, theme.MUTED)
