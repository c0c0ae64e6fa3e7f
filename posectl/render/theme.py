"""Colours and fonts that frames and figures share."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageFont

Colour = tuple[int, int, int]

PAPER: Colour = (255, 255, 255)
GROUND: Colour = (247, 248, 250)
GRID: Colour = (208, 213, 221)
SHADE: Colour = (150, 158, 172)
INK: Colour = (38, 44, 56)
MUTED: Colour = (107, 114, 128)

# Blue and vermillion of Okabe and Ito: apart under every common colour blindness, and in grey.
LEFT: Colour = (0, 114, 178)
RIGHT: Colour = (213, 94, 0)
MIDDLE: Colour = (62, 70, 86)

# Okabe and Ito's cycle in an order whose neighbours differ in lightness; yellow is left out, too pale on white. In
# small letters, because styles are compared as strings.
CYCLE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#262c38")


@cache
def font(pixels: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return DejaVu Sans, which has the Greek of labels, from matplotlib's files, or Pillow's own without them."""
    spec = find_spec("matplotlib")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        file = Path(folder, "mpl-data", "fonts", "ttf", "DejaVuSans.ttf")
        if file.is_file():
            return ImageFont.truetype(str(file), pixels)
    return ImageFont.load_default(pixels)
