"""render: samples as an animated GIF or MP4, or as a PNG: rows, contact sheets, blocks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from posectl.errors import ConflictError, UsageError
from posectl.render.write import SUFFIXES, write
from posectl.stages.artifacts.files import conventions
from posectl.stages.drawing.drawings import drawing_of
from posectl.stages.drawing.subject import common_kind, open_subject
from posectl.stages.options import RenderOptions
from posectl.stages.run import Run


def render(
    run: Run, subjects: Sequence[str | np.ndarray], out: Path, options: RenderOptions = RenderOptions()
) -> dict[str, Any]:
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
    opened = [open_subject(run, subject, conventions(options)) for subject in subjects]
    draw = drawing_of(common_kind(opened))
    info = write(out, draw(run, opened, options, suffix != ".png"), fps=options.fps)
    return {"path": str(out), **dataclasses.asdict(info)}
