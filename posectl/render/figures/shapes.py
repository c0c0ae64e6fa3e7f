"""Still pictures as vector files: text stays text, limbs and shadows are outlines, and images keep their own pixels."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from posectl.render import theme
from posectl.render.figures.page import SETTINGS, UNDATED
from posectl.render.files import WrittenInfo, replacing
from posectl.render.floor import BLUR, SHADOW, darkness
from posectl.render.page import Page, Point
from posectl.render.panel import Panel
from posectl.render.raster import Window
from posectl.render.text import fit_text, text_width

INCH = 96  # pixels
CORNERS = 16  # of a round end's outline, in a full turn
ANCHORS = {"l": "left", "m": "center", "r": "right"}
# The part of a limb, at either end, whose rim is left out, for there limbs meet.
BARE = 0.125


def write_shapes(path: str | Path, page: Page) -> WrittenInfo:
    """Write a page as .svg or .pdf."""
    suffix = Path(path).suffix.lower()
    with matplotlib.rc_context({**SETTINGS, "svg.fonttype": "none"}), replacing(path) as beside:
        figure = Figure((page.width / INCH, page.height / INCH), facecolor=_colour(page.ground))
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, page.width), ylim=(page.height, 0))
        axes.set_axis_off()
        page.paint(Shapes(axes))
        figure.savefig(beside, format=suffix[1:], dpi=INCH, metadata=UNDATED[suffix])
        return WrittenInfo(0.0, 1, 0.0, beside.stat().st_size)


class Shapes:
    """The painter of a page on axes whose unit is a pixel."""

    def __init__(self, axes: Axes) -> None:
        self.axes, self.count = axes, 0

    def text(self, at: Point, words: str, pixels: int, width: float, colour: theme.Colour, anchor: str) -> None:
        """Write words no wider than `width` at a point."""
        words, pixels = fit_text(words, pixels, width)
        self.axes.text(
            *at, words, color=_colour(colour), fontsize=72 / INCH * pixels, ha=ANCHORS[anchor[0]],
            va="center_baseline", zorder=self._above(),
        )  # fmt: skip

    def picture(self, window: Window, pixels: np.ndarray) -> None:
        """Lay a picture (h, w, 3) uint8 into a window of its size."""
        rows, columns = window
        extent = (columns.start, columns.stop, rows.stop, rows.start)
        self.axes.imshow(pixels, extent=extent, aspect="auto", interpolation="none", zorder=self._above())

    def pose(self, window: Window, panel: Panel, pose: np.ndarray) -> None:
        """Draw a pose (J, 3) and its shadow as the panel sees it."""
        corner = np.array([window[1].start, window[0].start])
        bones = panel.limbs.bones(pose)
        self._shadow(corner, panel, bones)
        ends, radii, tones, ramps, (rim, ground) = panel.limbs.strokes(bones, panel.camera)
        for limb, radius, tone, ramp in zip(ends + corner, radii, tones, ramps, strict=True):
            inner = np.array([BARE, 1 - BARE])[:, None]
            self._fill(_outline(limb[0] + inner * (limb[1] - limb[0]), radius + rim, ends_round=False), ground)
            for start, stop, step in _steps(tone, ramp.shape[1]):
                part = np.array([start, stop])
                along = limb[0] + part[:, None] * (limb[1] - limb[0])
                self._fill(_outline(along, radius[0] + part * (radius[1] - radius[0])), ramp[:, step])

    def rule(self, y: int, left: int, right: int) -> None:
        """Draw a level line."""
        self._fill(np.array([(left, y), (right, y), (right, y + 1), (left, y + 1)]), theme.GRID)

    def key(self, at: Point, pixels: int) -> None:
        """Draw the key to the colours of left and right, from its left middle."""
        radius, x = 0.3 * pixels, at[0]
        for word, colour in (("left", theme.LEFT), ("right", theme.RIGHT)):
            self._fill(_outline(np.array([(x + radius, at[1]), (x + 3 * radius, at[1])]), np.full(2, radius)), colour)
            self.text((x + 5 * radius, at[1]), word, pixels, np.inf, theme.MUTED, "lm")
            x += 5 * radius + text_width(word, pixels) + pixels

    def _shadow(self, corner: np.ndarray, panel: Panel, bones: np.ndarray) -> None:
        """Fill the shadows of bones, the darker over the lighter, each in a paler hem for its blurred edge."""
        dark = darkness(bones)
        layers = [(strength * part, bone, width) for strength, bone in zip(dark, bones, strict=True)
                  for part, width in ((0.5, SHADOW - 0.25 * BLUR), (1.0, SHADOW - 0.75 * BLUR))]  # fmt: skip
        for strength, bone, width in sorted(layers, key=lambda layer: layer[0]):
            flat = _outline(bone[:, :2], np.full(2, width))
            pixels = panel.camera.project(np.column_stack([flat, np.zeros(len(flat))]))[0]
            self._fill(pixels + corner, (1 - strength) * np.array(theme.GROUND) + strength * np.array(theme.SHADE))

    def _fill(self, outline: np.ndarray, colour: theme.Colour | np.ndarray) -> None:
        self.axes.add_patch(
            Polygon(outline, closed=True, facecolor=_colour(colour), lw=0, zorder=self._above(), clip_on=False)
        )

    def _above(self) -> int:
        """Return a place above all that was drawn before."""
        self.count += 1
        return self.count


def _colour(colour: theme.Colour | np.ndarray) -> tuple[float, float, float]:
    red, green, blue = (float(channel) / 255 for channel in colour)
    return red, green, blue


def _steps(tones: np.ndarray, shades: int) -> list[tuple[float, float, int]]:
    """Cut a limb where its shade changes: (start, stop) along it, and the shade, as raster.strokes rounds them."""
    first, last = tones * (shades - 1)
    changes = np.arange(np.ceil(min(first, last) - 0.5), max(first, last)) + 0.5
    cuts = ((changes - first) / (last - first)).tolist() if first != last else []
    places = [0.0, *sorted(cut for cut in cuts if 0 < cut < 1), 1.0]
    return [(a, b, int(np.rint(first + (a + b) / 2 * (last - first)))) for a, b in pairwise(places)]


def _outline(ends: np.ndarray, radii: np.ndarray, ends_round: bool = True) -> np.ndarray:
    """Return the outline (P, 2) of a line from end to end (2, 2), half as wide as radii (2,) say, with round ends."""
    across = ends[1] - ends[0]
    length = float(np.hypot(*across))
    turn = np.arctan2(across[1], across[0])
    if length <= abs(radii[0] - radii[1]):
        circle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
        return ends[int(np.argmax(radii))] + radii.max() * np.stack([np.cos(circle), np.sin(circle)], -1)
    lean = np.arccos((radii[0] - radii[1]) / length)
    count = CORNERS // 2 if ends_round else 2
    back, front = np.linspace(turn + lean, turn + 2 * np.pi - lean, count), np.linspace(turn - lean, turn + lean, count)
    arcs = [(ends[0], radii[0], back), (ends[1], radii[1], front)]
    return np.concatenate([end + radius * np.stack([np.cos(a), np.sin(a)], -1) for end, radius, a in arcs])
