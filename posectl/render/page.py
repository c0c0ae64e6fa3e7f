"""A still picture as what is drawn on it, in order: it becomes pixels, or the shapes of a vector file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from posectl.render import theme
from posectl.render.panel import Panel, check_bytes
from posectl.render.raster import Window
from posectl.render.text import draw_key, draw_text

Point = tuple[float, float]


class Painter(Protocol):
    """Something that can be drawn on, in pixels from the upper left corner."""

    def text(self, at: Point, words: str, pixels: int, width: float, colour: theme.Colour, anchor: str) -> None:
        """Write words no wider than `width` at a point; anchor: "lm", "mm" or "rm"."""

    def picture(self, window: Window, pixels: np.ndarray) -> None:
        """Lay a picture (h, w, 3) uint8 into a window of its size."""

    def pose(self, window: Window, panel: Panel, pose: np.ndarray) -> None:
        """Draw a pose (J, 3) and its shadow as the panel sees it."""

    def rule(self, y: int, left: int, right: int) -> None:
        """Draw a level line."""

    def key(self, at: Point, pixels: int) -> None:
        """Draw the key to the colours of left and right, from its left middle."""


@dataclass(frozen=True)
class Page:
    """A picture of height by width pixels. Its methods are those of a Painter, and are kept until it is painted."""

    height: int
    width: int
    ground: theme.Colour = theme.PAPER
    marks: list[Callable[[Painter], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        check_bytes(self.height, self.width, 3)

    def text(
        self, at: Point, words: str, pixels: int, width: float, colour: theme.Colour = theme.INK, anchor: str = "lm"
    ) -> None:
        """See Painter; no words leave no mark."""
        if words:
            self.marks.append(lambda painter: painter.text(at, words, pixels, width, colour, anchor))

    def picture(self, window: Window, pixels: np.ndarray) -> None:
        """See Painter."""
        self.marks.append(lambda painter: painter.picture(window, pixels))

    def pose(self, window: Window, panel: Panel, pose: np.ndarray) -> None:
        """See Painter."""
        self.marks.append(lambda painter: painter.pose(window, panel, pose))

    def rule(self, y: int, left: int, right: int) -> None:
        """See Painter."""
        self.marks.append(lambda painter: painter.rule(y, left, right))

    def key(self, at: Point, pixels: int) -> None:
        """See Painter."""
        self.marks.append(lambda painter: painter.key(at, pixels))

    def paint(self, painter: Painter) -> None:
        """Draw all marks, in their order."""
        for mark in self.marks:
            mark(painter)

    def pixels(self) -> np.ndarray:
        """The picture (H, W, 3) uint8."""
        canvas = np.full((self.height, self.width, 3), self.ground, dtype=np.uint8)
        self.paint(Raster(canvas))
        return canvas


@dataclass(frozen=True)
class Raster:
    """The painter of pixels (H, W, 3) uint8, in place."""

    canvas: np.ndarray

    def text(self, at: Point, words: str, pixels: int, width: float, colour: theme.Colour, anchor: str) -> None:
        """See Painter."""
        draw_text(self.canvas, at, words, pixels, width, colour, anchor)

    def picture(self, window: Window, pixels: np.ndarray) -> None:
        """See Painter."""
        self.canvas[window] = pixels

    def pose(self, window: Window, panel: Panel, pose: np.ndarray) -> None:
        """See Painter."""
        panel.draw(self.canvas[window], pose)

    def rule(self, y: int, left: int, right: int) -> None:
        """See Painter."""
        self.canvas[y, left:right] = theme.GRID

    def key(self, at: Point, pixels: int) -> None:
        """See Painter."""
        draw_key(self.canvas, at, pixels)
