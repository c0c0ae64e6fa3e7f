"""render: poses as a GIF or MP4 that moves, or a PNG contact sheet."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posectl.data.skeleton import H36M17
from posectl.errors import ConflictError, UsageError
from posectl.render.body import Body
from posectl.render.scene import draw_frames
from posectl.render.sheet import draw_sheet
from posectl.render.write import write
from posectl.stages.run import Run
from posectl.stages.sequences import Sequences, sequences_of

SUFFIXES = (".gif", ".mp4", ".png")


@dataclass(frozen=True)
class RenderOptions:
    """size: pixels of one panel's side; columns: poses a row of a sheet; most: panels, or rows, of one subject."""

    fps: float = 25.0
    size: int = 320
    columns: int = 10
    most: int = 0
    labels: tuple[str, ...] = ()
    turntable: bool = False


def render(run: Run, subjects: Sequence[str], out: Path, options: RenderOptions = RenderOptions()) -> dict[str, Any]:
    """Draw the subjects into `out`: side by side as GIF or MP4, one below the other as a PNG sheet.

    Returns what was written: path, frames, frames per second as stored, seconds and bytes. Raises ConflictError rather
    than overwrite, unless `run.force`.
    """
    suffix = out.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{out} should end in {', '.join(SUFFIXES)}.", f"For example -o {out.stem or 'out'}.gif.")
    if out.exists() and not run.force:
        raise ConflictError(f"{out} is there already.", "--force overwrites it, or name another file with -o.")
    most = options.most or (1 if suffix != ".png" else 6)
    found = [
        sequences_of(run, subject, most=most if suffix != ".png" else most * options.columns) for subject in subjects
    ]
    if options.labels and len(options.labels) != len(found):
        raise UsageError(
            f"{len(found)} subjects and {len(options.labels)} labels were given.", "Give one --label each."
        )
    labels = options.labels or tuple(s.label for s in found)
    body = Body(H36M17.parents, H36M17.left, H36M17.right)
    image = (_sheet if suffix == ".png" else _film)(found, labels, body, options, most)
    info = write(out, image, fps=options.fps)
    return {"path": str(out), **dataclasses.asdict(info)}


def _film(found: list[Sequences], labels: Sequence[str], body: Body, options: RenderOptions, most: int) -> np.ndarray:
    panels = [(label, poses) for label, s in zip(labels, found, strict=True) for poses in s.poses[:most]]
    still = options.turntable or not any(s.moving for s in found)
    names = [label for label, _ in panels] if len(found) > 1 or options.labels else []
    return draw_frames([p for _, p in panels], body, labels=names, size=options.size, turntable=still)


def _sheet(found: list[Sequences], labels: Sequence[str], body: Body, options: RenderOptions, most: int) -> np.ndarray:
    rows, names = [], []
    for label, s in zip(labels, found, strict=True):
        strips = (
            [_spread(p, options.columns) for p in s.poses[:most]] if s.moving else _packed(s.poses, options.columns)
        )
        rows += strips[:most]
        names += [label, *[""] * (len(strips[:most]) - 1)]
    return draw_sheet(rows, body, row_labels=names if len(found) > 1 or options.labels else [], size=options.size // 2)


def _spread(poses: np.ndarray, count: int) -> np.ndarray:
    """`count` poses of a motion, evenly spaced, first and last among them."""
    return poses[np.linspace(0, len(poses) - 1, min(count, len(poses))).round().astype(int)]


def _packed(poses: list[np.ndarray], columns: int) -> list[np.ndarray]:
    """Single poses, so many a row."""
    flat = np.concatenate(poses)
    return [flat[i : i + columns] for i in range(0, len(flat), columns)]
