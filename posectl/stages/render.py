"""render: samples as an animated GIF or MP4, or as a PNG: rows, contact sheets, blocks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from posectl.errors import UsageError
from posectl.render.files import WrittenInfo
from posectl.render.page import Page
from posectl.render.write import FILMS, SUFFIXES, write
from posectl.stages.artifacts.files import conventions
from posectl.stages.artifacts.outputs import check_output
from posectl.stages.drawing.drawings import Film, drawing_of
from posectl.stages.drawing.subject import common_kind, open_subject
from posectl.stages.drawing.views import asked_view, view_of
from posectl.stages.options import PATH_FPS, RenderOptions
from posectl.stages.run import Run

# A film that is off by less, relative to it, is in real time.
REAL = 0.03


def render(
    run: Run, subjects: Sequence[str | np.ndarray], out: Path, options: RenderOptions = RenderOptions()
) -> dict[str, Any]:
    """Draw the subjects into `out`: side by side as GIF or MP4; one below the other, or as blocks, as PNG, PDF or SVG.

    Clips play in real time unless `options.fps` says otherwise; how fast a film is, is told. Returns what was written:
    path, frames, frames per second as stored, seconds, bytes, and speed (1: real time; None: there is no clock). Raises
    ConflictError rather than overwrite, unless `run.force`.
    """
    suffix = out.suffix.lower()
    check_output(run, out, SUFFIXES, "out.gif")
    if options.labels and len(options.labels) != len(subjects):
        raise UsageError(
            f"{len(subjects)} subjects and {len(options.labels)} labels were given.", "Give one --label each."
        )
    if view := asked_view(options):
        drawn: Page | Film | np.ndarray = view_of(run, view, subjects, options, suffix in FILMS)
    else:
        opened = [open_subject(run, subject, conventions(options)) for subject in subjects]
        drawn = drawing_of(common_kind(opened))(run, opened, options, suffix in FILMS)
    frames, clock = drawn if isinstance(drawn, Film) else (drawn, None)
    info = write(out, frames, options.fps or clock or PATH_FPS)
    speed = None
    if not isinstance(frames, Page) and info.duration_s:
        speed = len(frames) / clock / info.duration_s if clock else None
        run.tell(_pace(out.name, info, len(frames), speed))
    return {"path": str(out), **dataclasses.asdict(info), "speed": speed}


def _pace(name: str, info: WrittenInfo, frames: int, speed: float | None) -> str:
    """Say how long a film is, and how fast."""
    said = f"{name} lasts {info.duration_s:.3g} s, at {info.real_fps:.4g} frames a second"
    if info.frames < frames:
        said += f" ({info.frames} of {frames} frames: a GIF holds no more than 50 a second)"
    if speed is not None:
        said += "; real time" if abs(speed - 1) < REAL else f"; {speed:.2g} times real time"
    return f"{said}."
