"""Drawings of poses: paths, samples, clips of a dataset, or a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posectl.data.axes import turned
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError
from posectl.render.body import Body
from posectl.render.scene import draw_frames
from posectl.render.sheet import draw_sheet
from posectl.stages.artifacts.about import DecodedAbout, read_about
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.formats import format_of
from posectl.stages.drawing.drawings import drawing
from posectl.stages.drawing.subject import Subject
from posectl.stages.options import RenderOptions
from posectl.stages.run import Run
from posectl.store import Artifact

POSES_A_ROW, ROWS = 10, 6


@drawing("poses")
def draw_poses(run: Run, subjects: Sequence[Subject], options: RenderOptions, animated: bool) -> np.ndarray:
    """Draw poses: side by side in motion, or as rows of a contact sheet, one subject below the other."""
    side = max(subject.grid for subject in subjects)
    columns = options.columns or max(POSES_A_ROW, side)
    most = options.most or (1 if animated else max(ROWS, side))
    found = [_sequences_of(run, subject, options, most if animated else most * columns) for subject in subjects]
    names = options.labels or tuple(each.label for each in found)
    body = Body(H36M17.parents, H36M17.left, H36M17.right)
    labelled = len(found) > 1 or bool(options.labels)
    if not animated:
        rows, labels = _sheet(found, names, columns, most)
        return draw_sheet(rows, body, row_labels=labels if labelled else [], size=options.size // 2)
    panels = [(name, poses) for name, each in zip(names, found, strict=True) for poses in each.poses[:most]]
    still = options.turntable or not any(each.moving for each in found)
    labels = [name for name, _ in panels] if labelled else []
    return draw_frames([poses for _, poses in panels], body, labels=labels, size=options.size, turntable=still)


def _sheet(
    found: Sequence[_Sequences], names: Sequence[str], columns: int, most: int
) -> tuple[list[np.ndarray], list[str]]:
    """Lay out the rows of a contact sheet, and a label for each: that of its subject for the first of every subject."""
    rows, labels = [], []
    for name, each in zip(names, found, strict=True):
        moving = each.moving
        strips = [_spread(p, columns) for p in each.poses[:most]] if moving else _packed(each.poses, columns)[:most]
        rows += strips
        labels += [name, *[""] * (len(strips) - 1)]
    return rows, labels


def _spread(poses: np.ndarray, count: int) -> np.ndarray:
    """Pick `count` poses of a motion, evenly spaced, first and last among them."""
    return poses[np.linspace(0, len(poses) - 1, min(count, len(poses))).round().astype(int)]


def _packed(poses: list[np.ndarray], columns: int) -> list[np.ndarray]:
    """Lay out single poses, so many a row."""
    flat = np.concatenate(poses)
    return [flat[i : i + columns] for i in range(0, len(flat), columns)]


@dataclass(frozen=True)
class _Sequences:
    """The poses of a subject, one (T, J, 3) a sequence, z up. moving: whether sequences are motions."""

    label: str
    poses: list[np.ndarray]
    moving: bool


def _sequences_of(run: Run, subject: Subject, options: RenderOptions, most: int) -> _Sequences:
    """Read up to `most` sequences of a subject; `ref#3` is its path or sample 3, `ref#clip3` the clip of a dataset."""
    name, artifact = subject.name, subject.artifact
    if artifact is None:
        return _of_file(run, subject, options, most)
    dataset = artifact.kind == "dataset"
    if dataset and subject.sample is None:
        return _of_dataset(name, StoredDataset(artifact), subject.clip, most)
    rows = slice(0, most) if subject.sample is None else subject.row
    array = artifact.read("samples" if dataset else artifact.kind, rows=rows)
    return _of_array(name, array, StoredDataset(artifact).up if dataset else _up(artifact), most)


def _of_file(run: Run, subject: Subject, options: RenderOptions, most: int) -> _Sequences:
    """Take in a file's poses, upright by what is said of them or by what they show."""
    form = format_of(subject.kind)
    taken = form.take(subject.arrays, subject.name, subject.said, options.shape)
    up = taken.up if taken.up is not None and (taken.told or taken.plain) else "+z"
    array, warnings = form.place(taken, up, real=False)
    for warning in warnings:
        run.warn(warning)
    if up != "+z" and not taken.told:
        run.tell(f"{subject.name} stands along {up} and is turned upright; --up +z draws it as it is.")
    if array.ndim == 3 and options.shape is None and len(array) > 1:
        run.tell(f"{subject.name} is taken for {len(array):,} single poses; --as paths takes it for one path.")
    return _of_array(subject.name, array[None] if array.ndim == 2 else array, up, most)


def _up(artifact: Artifact) -> str:
    return read_about(artifact, DecodedAbout).samples.up or "+z"


def _of_array(label: str, array: np.ndarray, up: str, most: int) -> _Sequences:
    if array.shape[-2:] != (len(H36M17.joints), 3):
        raise InvalidInputError(f"{label} holds {array.shape[1:]} samples, and only poses can be drawn.", "Give poses.")
    if array.ndim == 4:
        return _Sequences(label, list(turned(array[:most], up)), True)
    return _Sequences(label, [pose[None] for pose in turned(array[:most], up)], False)


def _of_dataset(label: str, dataset: StoredDataset, clip: int | None, most: int) -> _Sequences:
    if not dataset.artifact.has("clips/start"):
        return _of_array(label, dataset.artifact.read("samples", rows=slice(0, most)), dataset.up, most)
    count = dataset.artifact.arrays()["clips/start"].shape[0]
    # Spread over the set, so that a glance shows its variety.
    chosen = [clip] if clip is not None else np.linspace(0, count - 1, min(most, count)).round().astype(int).tolist()
    clips = [dataset.clip(i) for i in chosen]
    return _Sequences(
        clips[0][1] if clip is not None else label, [turned(poses, dataset.up) for poses, _ in clips], True
    )
