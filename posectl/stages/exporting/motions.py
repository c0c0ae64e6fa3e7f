"""The motions of a subject, for targets that hold motions."""

from __future__ import annotations

import numpy as np

from posectl.errors import InvalidInputError, UsageError
from posectl.stages.artifacts.files import conventions
from posectl.stages.drawing.poses import sequences_of
from posectl.stages.drawing.subject import open_subject
from posectl.stages.exporting.targets import Motion
from posectl.stages.options import ExportOptions, RenderOptions
from posectl.stages.run import Run

_ALL = 1 << 40


def open_motions(run: Run, name: str | np.ndarray, options: ExportOptions) -> list[Motion]:
    """Return the motions of paths, samples, a dataset, one of its clips, or a file; single poses are frames of one.

    Raises InvalidInputError for samples that are no poses, UsageError where there is no rate and `options.fps` says
    none.
    """
    subject = open_subject(run, name, conventions(options))
    if subject.kind.name != "poses":
        raise InvalidInputError(f"{subject.name} holds {subject.kind.name}, and no poses.", "Give paths of poses.")
    found = sequences_of(run, subject, RenderOptions(shape="paths"), _ALL)
    poses = found.poses if found.moving else [np.concatenate(found.poses)]
    rates = [options.fps or rate for rate in found.rates or [0.0] * len(poses)]
    if not all(rates):
        raise UsageError(f"{subject.name} has no clock.", "Say how many poses are a second: --fps 25.")
    names = [f"{subject.name}-{i}" for i in range(len(poses))] if len(poses) > 1 else [subject.name]
    return [Motion(*each) for each in zip(names, poses, rates, strict=True)]
