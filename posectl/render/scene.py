"""Moving skeletons as frames, several side by side under one camera."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from posectl.render import theme
from posectl.render.body import Body, to_scene
from posectl.render.camera import spin
from posectl.render.panel import ELEVATION, Panel, camera_for, check_bytes, viewpoint
from posectl.render.text import checked_labels, draw_key, draw_text, text_size

# A still pose on a turntable takes this many frames for one turn.
TURN = 72
FLOOR_BEYOND = 0.9
PANELS_A_ROW = 4


def draw_frames(
    sequences: Sequence[np.ndarray],
    body: Body,
    *,
    labels: Sequence[str] = (),
    size: int = 480,
    azimuth: float | None = None,
    elevation: float = ELEVATION,
    turntable: bool = False,
    captions: Sequence[str] | None = None,
) -> np.ndarray:
    """Frames (T, H, W, 3) uint8 of pose sequences (T, J, 3), one panel of `size` by `size` pixels each.

    Camera and scale are the same in all frames and panels; a sequence shorter than the longest holds its last pose.

    labels: one a panel. captions: one a frame. azimuth: where the eye stands, in degrees about the vertical, 0 looking
    along the second axis of z-up poses; by default at three quarters before the bodies. elevation: degrees that it
    looks down. turntable: turn the bodies once round; still poses get TURN frames.

    Raises InvalidInputError for poses that cannot be drawn, UsageError for options that do not fit them.
    """
    labels = checked_labels(labels, len(sequences), "label", "panel")
    poses = to_scene(sequences, body, [f"Sequence {label or i}" for i, label in enumerate(labels)])
    azimuth, elevation = viewpoint(poses, body, size, azimuth, elevation)
    frames = max(map(len, poses))
    if turntable and frames == 1:
        frames = TURN
    captions = checked_labels(captions or (), frames, "caption", "frame")
    shape = _rows(len(poses))
    check_bytes(frames, shape[0] * size, shape[1] * size, 3)
    poses = [_held(p, frames) for p in poses]
    if turntable:
        poses = [_turned(p) for p in poses]

    top = 0.12 if any(labels) else 0.05
    frame = (0.04 * size, top * size, 0.96 * size, 0.9 * size)
    panel = Panel(body, camera_for(poses, azimuth, elevation, frame), size, size)
    page = _page(panel.ground(_reach(poses)), shape, labels)
    pictures = np.broadcast_to(page, (frames, *page.shape)).copy()
    for picture, caption, *now in zip(pictures, captions, *poses, strict=True):
        for part, pose in zip(_cells(picture, size), now, strict=False):
            panel.draw(part, pose)
        _caption(picture, caption, size)
    return pictures


def _rows(panels: int) -> tuple[int, int]:
    """Rows and columns of panels: as few rows as hold them, filled evenly."""
    rows = math.ceil(panels / PANELS_A_ROW)
    return rows, math.ceil(panels / rows)


def _cells(page: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """The panels of a page, as views, row by row."""
    for top in range(0, page.shape[0], size):
        for left in range(0, page.shape[1], size):
            yield page[top : top + size, left : left + size]


def _reach(poses: Sequence[np.ndarray]) -> float:
    """Return the distance to which the floor is drawn, well beyond the farthest joint."""
    return max(float(np.hypot(p[..., 0], p[..., 1]).max()) for p in poses) + FLOOR_BEYOND


def _held(poses: np.ndarray, frames: int) -> np.ndarray:
    return poses[np.minimum(np.arange(frames), len(poses) - 1)]


def _turned(poses: np.ndarray) -> np.ndarray:
    turns = spin(np.linspace(0, 360, len(poses), endpoint=False))
    return poses @ turns.swapaxes(1, 2)


def _page(ground: np.ndarray, shape: tuple[int, int], labels: Sequence[str]) -> np.ndarray:
    """All panels, empty but for their labels and the key."""
    size = len(ground)
    page = np.tile(ground, (*shape, 1))
    page[:, size::size] = page[size::size] = theme.PAPER
    pixels = text_size(size)
    for part, label in zip(_cells(page, size), labels, strict=False):
        draw_text(part, (pixels, 0.065 * size), label, pixels, size - 2 * pixels)
    draw_key(next(_cells(page, size)), (pixels, 0.945 * size), round(0.85 * pixels))
    return page


def _caption(picture: np.ndarray, text: str, size: int) -> None:
    """Write text at the bottom right."""
    pixels = text_size(size)
    corner = picture[-2 * pixels :, -size // 2 :]
    at = (corner.shape[1] - pixels, corner.shape[0] - 0.055 * size)
    draw_text(corner, at, text, round(0.85 * pixels), size // 2 - 2 * pixels, theme.MUTED, anchor="rm")
