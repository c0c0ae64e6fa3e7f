"""Contact sheets: still poses in rows, one a path, clip or model."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from posectl.render import theme
from posectl.render.body import Body, to_scene
from posectl.render.limbs import THICKEST
from posectl.render.page import Page
from posectl.render.panel import ELEVATION, Panel, camera_for, viewpoint
from posectl.render.text import checked_labels, key_width, text_width

# Parts of a cell's height.
NARROWEST = 0.5
MARGIN = 0.05
WIDEST_LABEL = 1.5


def draw_sheet(
    rows: Sequence[np.ndarray],
    body: Body,
    *,
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    size: int = 160,
    azimuth: float | None = None,
    elevation: float = ELEVATION,
) -> Page:
    """One picture of rows of poses (K, J, 3), in cells `size` pixels high and as narrow as fits all.

    Every pose stands in the middle of its cell on its lowest joint; camera and scale are the same for all. Rows may
    differ in length. Labels: one a row, and one a column of the longest row. The eye stands as in draw_frames.

    Raises InvalidInputError for poses that cannot be drawn, UsageError for options that do not fit them.
    """
    row_labels = checked_labels(row_labels, len(rows), "row label", "row")
    poses = to_scene(rows, body, [f"Row {label or i}" for i, label in enumerate(row_labels)], still=True)
    columns = max(map(len, poses))
    column_labels = checked_labels(column_labels, columns, "column label", "column")
    panel = _cell(poses, body, *viewpoint(poses, body, size, azimuth, elevation), size)
    width = panel.canvas.shape[2]

    pixels = max(11, round(0.08 * size))
    label_width = min(WIDEST_LABEL * size, max(text_width(label, pixels) for label in row_labels))
    left = round(label_width + 2 * pixels) if any(row_labels) else pixels
    top = 2 * pixels if any(column_labels) else pixels
    bottom = top + len(poses) * size
    key = math.ceil(key_width(pixels))
    page = Page(bottom + 2 * pixels, max(left + columns * width, pixels + key) + pixels, theme.GROUND)
    for r, (row, label) in enumerate(zip(poses, row_labels, strict=True)):
        y = top + r * size
        for c, pose in enumerate(row):
            page.pose(np.s_[y : y + size, left + c * width : left + (c + 1) * width], panel, pose)
        if r:
            page.rule(y, pixels, page.width - pixels)
        page.text((pixels, y + size / 2), label, pixels, label_width)
    for c, label in enumerate(column_labels):
        middle = left + (c + 0.5) * width
        page.text((middle, 1.2 * pixels), label, pixels, 0.95 * width, theme.MUTED, anchor="mm")
    page.key((min(left, page.width - pixels - key), bottom + 0.9 * pixels), pixels)
    return page


def _cell(poses: Sequence[np.ndarray], body: Body, azimuth: float, elevation: float, size: int) -> Panel:
    """The panel of one pose: as high as `size`, and as wide as the widest pose needs."""
    margin = MARGIN * size
    high = camera_for(poses, azimuth, elevation, (margin, margin, size - margin, size - margin))
    pixels, _, scale = high.project(np.concatenate([p.reshape(-1, 3) for p in poses]))
    reach = float((np.abs(pixels[:, 0] - size / 2) + THICKEST * scale).max())
    width = round(min(size, max(NARROWEST * size, 2 * (reach + margin))))
    camera = camera_for(poses, azimuth, elevation, (margin, margin, width - margin, size - margin))
    return Panel(body, camera, size, width)
