"""The motions of a subject, for targets that hold motions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from posectl.data.axes import turned
from posectl.data.posefile import read_file
from posectl.data.safe.npy import array_names
from posectl.errors import InvalidInputError, UsageError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.files import STDIN, conventions
from posectl.stages.drawing.poses import sequences_of
from posectl.stages.drawing.subject import Subject, open_subject
from posectl.stages.exporting.targets import Motion
from posectl.stages.options import PATH_FPS, ExportOptions, RenderOptions
from posectl.stages.run import Run

_ALL = 1 << 40
_SLOWEST, _FASTEST = 1e-3, 1e5  # poses a second
# Arrays of a file that say more than its poses do: where the pelvis is, their rate, where clips begin.
_RATES = {"fps", "clip_fps"}
_MORE = {*_RATES, "root", "translation", "clip", "clips", "clip_index", "clip_start"}


def open_motions(run: Run, name: str | np.ndarray, options: ExportOptions) -> list[Motion]:
    """Return the motions of paths, samples, a dataset, one of its clips, or a file; single poses are frames of one.

    Clips are where they were recorded, if that is known. What has no rate gets `options.fps`, or PATH_FPS, which is
    told. Raises InvalidInputError for samples that are no poses, and as files are read; UsageError for a
    rate that is none.
    """
    if options.fps is not None and not _SLOWEST <= options.fps <= _FASTEST:
        raise UsageError(f"A rate of {options.fps:g} poses a second makes no sense.", "Give it as in --fps 30.")
    subject = open_subject(run, name, conventions(options))
    if subject.kind.name != "poses":
        raise InvalidInputError(
            f"{subject.name} holds {subject.kind.name}, and only poses move.",
            "Name paths, samples or clips of poses; `posectl render` draws the others.",
        )
    motions = (isinstance(name, str) and _of_file(run, name, subject)) or _recorded(run, subject)
    if not all(motion.fps for motion in motions) and options.fps is None:
        run.tell(f"{subject.name} says no rate: {PATH_FPS:g} poses a second are taken; --fps takes others.")
    return [Motion(each.name, each.poses, options.fps or each.fps or PATH_FPS) for each in motions]


def _recorded(run: Run, subject: Subject) -> list[Motion]:
    """Return motions as they were recorded, or decoded; fps 0 is none."""
    artifact = subject.artifact
    if artifact is not None and artifact.kind == "dataset" and subject.sample is None and artifact.has("clips/start"):
        return _clips(StoredDataset(artifact), subject.clip)
    found = sequences_of(run, subject, RenderOptions(shape="paths"), _ALL)
    poses = found.poses if found.moving else [np.concatenate(found.poses)]
    names = [f"{subject.name}-{i}" for i in range(len(poses))] if len(poses) > 1 else [subject.name]
    return [Motion(*each) for each in zip(names, poses, found.rates or [0.0] * len(poses), strict=True)]


def _clips(dataset: StoredDataset, clip: int | None) -> list[Motion]:
    artifact = dataset.artifact
    starts, rates = artifact.read("clips/start"), artifact.read("clips/fps") if artifact.has("clips/fps") else None
    motions = []
    for index in range(len(starts)) if clip is None else [clip]:
        poses, name = dataset.clip(index)
        if artifact.has("root"):
            start = int(starts[index])
            poses = poses + artifact.read("root", rows=slice(start, start + len(poses)))[:, None]
        fps = 0.0 if rates is None or not 0 < rates[index] < np.inf else float(rates[index])
        motions.append(Motion(name, turned(poses, dataset.up), fps))
    return motions


def _of_file(run: Run, name: str, subject: Subject) -> list[Motion]:
    """Return the clips of an .npz that tells more than its poses; none of other files."""
    if name == STDIN or not subject.arrays or subject.held.ndim > 3 or subject.held.shape == (17, 3):
        return []
    known = set(array_names(name))
    if _MORE.isdisjoint(known):
        return []
    hint = "Drop those frames, or fill them in, before posectl sees them."
    file = read_file(Path(name), subject.said, fps=PATH_FPS, drop_bad=False, hint=hint)
    for warning in file.warnings:
        run.warn(warning)
    world = file.poses if file.root is None else file.poses + file.root[:, None]
    parts = np.split(turned(world, file.up), file.clips.start[1:])
    rates: list[float] = [0.0] * len(parts) if _RATES.isdisjoint(known) else file.clips.fps.tolist()
    names = map(str, file.clips.name)
    return [Motion(*each) for each in zip(names, parts, rates, strict=True)]
