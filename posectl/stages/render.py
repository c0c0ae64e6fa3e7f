"""render: poses or images as a GIF or MP4 that moves, or as a PNG: rows, contact sheets, blocks."""

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
from posectl.stages.drawing.images import COLUMNS, ROWS, draw_images
from posectl.stages.drawing.pictures import pictures_of, told_apart
from posectl.stages.drawing.sequences import Sequences, sequences_of
from posectl.stages.drawing.subject import Source, common_kind, source_of
from posectl.stages.run import Run

SUFFIXES = (".gif", ".mp4", ".png")
POSES_A_ROW = 10


@dataclass(frozen=True)
class RenderOptions:
    """size: pixels of one panel's side, of which tiles in a PNG are a part; columns: poses or images a row, 0: as many
    as suit; most: panels, or rows, of one subject, 0: as many as suit. crossfade: that of pixels beside images; None:
    beside paths, not beside blocks."""

    fps: float = 25.0
    size: int = 320
    columns: int = 0
    most: int = 0
    labels: tuple[str, ...] = ()
    turntable: bool = False
    crossfade: bool | None = None


def render(run: Run, subjects: Sequence[str], out: Path, options: RenderOptions = RenderOptions()) -> dict[str, Any]:
    """Draw the subjects into `out`: side by side as GIF or MP4; one below the other, or as blocks, as a PNG.

    Returns what was written: path, frames, frames per second as stored, seconds and bytes. Raises ConflictError rather
    than overwrite, unless `run.force`.
    """
    suffix = out.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{out} should end in {', '.join(SUFFIXES)}.", f"For example -o {out.stem or 'out'}.gif.")
    if out.exists() and not run.force:
        raise ConflictError(f"{out} is there already.", "--force overwrites it, or name another file with -o.")
    if options.labels and len(options.labels) != len(subjects):
        raise UsageError(
            f"{len(subjects)} subjects and {len(options.labels)} labels were given.", "Give one --label each."
        )
    sources = [source_of(run, subject) for subject in subjects]
    draw = _images if common_kind(sources) == "images" else _poses
    info = write(out, draw(run, sources, options, suffix != ".png"), fps=options.fps)
    return {"path": str(out), **dataclasses.asdict(info)}


def _images(run: Run, sources: Sequence[Source], options: RenderOptions, film: bool) -> np.ndarray:
    if options.turntable:
        raise UsageError("Images have no other side to turn.", "Leave --turntable out.")
    most = (options.most or ROWS) * (options.columns or COLUMNS)
    found = [pictures_of(run, source, most=most) for source in sources]
    labels = options.labels or told_apart(found, [source.subject for source in sources])
    return draw_images(
        run, found, labels, columns=options.columns, most=options.most, size=options.size, fade=options.crossfade,
        film=film,
    )  # fmt: skip


def _poses(run: Run, sources: Sequence[Source], options: RenderOptions, film: bool) -> np.ndarray:
    side = max(source.side for source in sources)
    columns = options.columns or max(POSES_A_ROW, side)
    most = options.most or (1 if film else max(ROWS, side))
    found = [sequences_of(source, most=most if film else most * columns) for source in sources]
    names = options.labels or tuple(each.label for each in found)
    body = Body(H36M17.parents, H36M17.left, H36M17.right)
    labelled = len(found) > 1 or bool(options.labels)
    if not film:
        rows, labels = _sheet(found, names, columns, most)
        return draw_sheet(rows, body, row_labels=labels if labelled else [], size=options.size // 2)
    panels = [(name, poses) for name, each in zip(names, found, strict=True) for poses in each.poses[:most]]
    still = options.turntable or not any(each.moving for each in found)
    labels = [name for name, _ in panels] if labelled else []
    return draw_frames([poses for _, poses in panels], body, labels=labels, size=options.size, turntable=still)


def _sheet(
    found: Sequence[Sequences], names: Sequence[str], columns: int, most: int
) -> tuple[list[np.ndarray], list[str]]:
    """The rows of a contact sheet, and a label for each: that of its subject for the first of every subject."""
    rows, labels = [], []
    for name, each in zip(names, found, strict=True):
        moving = each.moving
        strips = [_spread(p, columns) for p in each.poses[:most]] if moving else _packed(each.poses, columns)[:most]
        rows += strips
        labels += [name, *[""] * (len(strips) - 1)]
    return rows, labels


def _spread(poses: np.ndarray, count: int) -> np.ndarray:
    """`count` poses of a motion, evenly spaced, first and last among them."""
    return poses[np.linspace(0, len(poses) - 1, min(count, len(poses))).round().astype(int)]


def _packed(poses: list[np.ndarray], columns: int) -> list[np.ndarray]:
    """Single poses, so many a row."""
    flat = np.concatenate(poses)
    return [flat[i : i + columns] for i in range(0, len(flat), columns)]
