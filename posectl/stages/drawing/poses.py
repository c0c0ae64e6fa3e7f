"""Drawings of poses: paths, samples, clips of a dataset, or a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from posectl.core.latent.paths import WHOLE, Span
from posectl.data.axes import turned
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError
from posectl.render.body import Body
from posectl.render.page import Page
from posectl.render.scene import draw_frames
from posectl.render.sheet import draw_sheet
from posectl.stages.artifacts.about import DecodedAbout, read_about
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.formats import format_of
from posectl.stages.artifacts.model import model_about
from posectl.stages.comparison.scores import label, model_label
from posectl.stages.drawing.along import common_span, evenly, on_frames, over_columns
from posectl.stages.drawing.drawings import Film, drawing
from posectl.stages.drawing.pictures import distinct_labels
from posectl.stages.drawing.reconstructions import beside_reconstructions
from posectl.stages.drawing.subject import Subject
from posectl.stages.options import RenderOptions
from posectl.stages.run import Run

POSES_A_ROW, ROWS = 10, 6
BODY = Body(H36M17.parents, H36M17.left, H36M17.right)


@dataclass(frozen=True)
class Sequences:
    """The poses of a subject, one (T, J, 3) a sequence, z up. moving: whether sequences are motions; rates: how many of
    each one's poses are a second, where they have a clock; of_model: whether a model decoded them; span: the first and
    the last alpha of paths."""

    label: str
    poses: list[np.ndarray]
    moving: bool
    rates: Sequence[float] = ()
    of_model: bool = False
    span: Span = WHOLE

    @property
    def along(self) -> bool:
        """True for paths, along which alpha goes from 0 to 1."""
        return self.moving and self.of_model


@drawing("poses")
def draw_poses(
    run: Run, subjects: Sequence[Subject], options: RenderOptions, animated: bool
) -> np.ndarray | Film | Page:
    """Draw poses: side by side in motion, or as rows of a contact sheet, one subject below the other. What a model
    decoded bears its name, and paths their alpha."""
    side = max(subject.grid for subject in subjects)
    columns = options.columns or max(POSES_A_ROW, side)
    most = options.most or (max(1, side) if animated else max(ROWS, side))
    found = [sequences_of(run, subject, options, most if animated else most * columns) for subject in subjects]
    names = options.labels or distinct_labels([each.label for each in found], [subject.name for subject in subjects])
    if not (options.labels or len(found) > 1 or found[0].of_model):
        names = [""]
    if animated:
        return _film(found, names, most, options)
    return _sheet(found, names, columns, most, options.size // 2)


def _film(found: Sequence[Sequences], names: Sequence[str], most: int, options: RenderOptions) -> np.ndarray | Film:
    """Draw motions side by side, at the highest of their rates; paths so that all have the same alpha."""
    labels = [name for name, each in zip(names, found, strict=True) for _ in each.poses[:most]]
    clock = max((rate for each in found for rate in each.rates), default=None)
    moving = [poses for each in found for poses in _at_rate(each, clock)[:most]]
    captions = []
    if all(each.along for each in found):
        frames = max(map(len, moving))
        moving = [poses[evenly(len(poses), frames)] for poses in moving]
        span = common_span(each.span for each in found)
        captions = on_frames(frames, span) if frames > 1 and span else []
    still = options.turntable or not any(each.moving for each in found)
    drawn = draw_frames(
        moving, BODY, labels=labels if any(labels) else [], size=options.size, turntable=still, captions=captions
    )
    return Film(drawn, clock) if clock else drawn


def _at_rate(found: Sequences, clock: float | None) -> list[np.ndarray]:
    """Hold poses that have a clock so long that they last as long at `clock` poses a second."""
    if not found.rates or clock is None:
        return found.poses
    return [
        poses[(np.arange(round(len(poses) * clock / rate)) * (rate / clock)).astype(int)] if rate < clock else poses
        for poses, rate in zip(found.poses, found.rates, strict=True)
    ]


def _sheet(found: Sequence[Sequences], names: Sequence[str], columns: int, most: int, size: int) -> Page:
    """Lay out a contact sheet, the name of each subject before its first row."""
    above: list[str] = []
    if all(each.along for each in found):
        steps = [len(poses) for each in found for poses in each.poses]
        columns = min(columns, *steps)
        span = common_span(each.span for each in found)
        above = over_columns(steps[0], evenly(steps[0], columns), span) if span else []
    rows, labels = [], []
    for name, each in zip(names, found, strict=True):
        strips = [_spread(p, columns) for p in each.poses] if each.moving else _packed(each.poses, columns)
        rows += strips[:most]
        labels += [name, *[""] * (len(strips[:most]) - 1)]
    return draw_sheet(rows, BODY, row_labels=labels if any(labels) else [], column_labels=above, size=size)


def _spread(poses: np.ndarray, count: int) -> np.ndarray:
    """Pick `count` poses of a motion, evenly spaced, first and last among them."""
    return poses[evenly(len(poses), min(count, len(poses)))]


def _packed(poses: list[np.ndarray], columns: int) -> list[np.ndarray]:
    """Lay out single poses, so many a row."""
    flat = np.concatenate(poses)
    return [flat[i : i + columns] for i in range(0, len(flat), columns)]


def sequences_of(run: Run, subject: Subject, options: RenderOptions, most: int) -> Sequences:
    """Read up to `most` sequences of a subject; `ref#3` is its path or sample 3, `ref#clip3` the clip of a dataset."""
    name, artifact = subject.name, subject.artifact
    if artifact is None:
        return _of_file(run, subject, options, most)
    if artifact.kind == "model":
        up = model_about(artifact).samples.up or "+z"
        pairs = _of_array(name, beside_reconstructions(run, artifact, most), up, most)
        return replace(pairs, label=model_label(artifact), of_model=True)
    dataset = artifact.kind == "dataset"
    if dataset and subject.sample is None:
        return _of_dataset(name, StoredDataset(artifact), subject.clip, most)
    if dataset and artifact.has("clips/start"):
        run.tell(f"{name} is one pose; a clip is {artifact.ref}#clip0.")
    rows = slice(0, most) if subject.sample is None else subject.row
    array = artifact.read("samples" if dataset else artifact.kind, rows=rows)
    up = StoredDataset(artifact).up if dataset else read_about(artifact, DecodedAbout).samples.up
    found = _of_array(name, array, up or "+z", most)
    return found if dataset else replace(found, label=label(run, artifact), of_model=True, span=subject.span)


def _of_file(run: Run, subject: Subject, options: RenderOptions, most: int) -> Sequences:
    """Take in a file's poses, upright by what is said of them or by what they show."""
    form = format_of(subject.kind)
    taken = form.take(subject.arrays, subject.name, subject.said, options.shape)
    up = taken.up if taken.up is not None and (taken.told or taken.plain) else "+z"
    array, warnings = form.place(taken, up, real=False)
    for warning in warnings:
        run.warn(warning)
    if up != "+z" and not taken.told:
        run.tell(f"{subject.name} stands along {up} and is turned upright; --up +z takes it as it is.")
    if array.ndim == 3 and options.shape is None and len(array) > 1:
        run.tell(f"{subject.name} is taken for {len(array):,} single poses; --as paths takes it for one path.")
    return _of_array(subject.name, array[None] if array.ndim == 2 else array, up, most)


def _of_array(name: str, array: np.ndarray, up: str, most: int) -> Sequences:
    if array.shape[-2:] != (len(H36M17.joints), 3):
        raise InvalidInputError(f"{name} holds {array.shape[1:]} samples, and only poses can be drawn.", "Give poses.")
    if array.ndim == 4:
        return Sequences(name, list(turned(array[:most], up)), True)
    return Sequences(name, [pose[None] for pose in turned(array[:most], up)], False)


def _of_dataset(name: str, dataset: StoredDataset, clip: int | None, most: int) -> Sequences:
    held = dataset.artifact.arrays()
    if "clips/start" not in held:
        return _of_array(name, dataset.artifact.read("samples", rows=slice(0, most)), dataset.up, most)
    count = held["clips/start"].shape[0]
    # Spread over the set, so that a glance shows its variety.
    chosen = [clip] if clip is not None else evenly(count, min(most, count)).tolist()
    clips = [dataset.clip(i) for i in chosen]
    rates = dataset.artifact.read("clips/fps")[chosen].astype(float).tolist() if "clips/fps" in held else []
    known = rates if all(0 < rate < np.inf for rate in rates) else []
    name = clips[0][1] if clip is not None else name
    return Sequences(name, [turned(poses, dataset.up) for poses, _ in clips], True, rates=known)
