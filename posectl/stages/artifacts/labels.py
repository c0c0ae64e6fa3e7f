"""The labels of a dataset's samples: classes and continuous factors that are stored, and what poses tell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posectl.data.axes import turned
from posectl.data.mocap.takes import take_of
from posectl.errors import UsageError, did_you_mean
from posectl.stages.artifacts.dataset import StoredDataset

PER_SAMPLE = ("label", "object")
_PER_CLIP = {"action": "clips/action", "subject": "clips/subject", "clip": "clips/name"}
_NO_LABELS = {"clips/source"}  # beside what was found in the files, and numbers
STYLE, SPEED, HEIGHT = "style", "speed", "height:"


@dataclass(frozen=True)
class Label:
    """The values (N,) of a label: text, "" where it is unknown, or float64, NaN where it is. period: where it wraps."""

    name: str
    values: np.ndarray
    period: float | None = None

    @property
    def continuous(self) -> bool:
        """True for numbers."""
        return self.values.dtype.kind == "f"

    @property
    def known(self) -> np.ndarray:
        """Where (N,) the label is known."""
        return np.isfinite(self.values) if self.continuous else self.values != ""


def stored_labels(dataset: StoredDataset) -> list[str]:
    """Name the labels that a dataset holds: its factors, labels of samples, and labels of clips."""
    return [
        *dataset.about.factors,
        *(name for name in PER_SAMPLE if dataset.artifact.has(name)),
        *clip_labels(dataset),
    ]


def known_labels(dataset: StoredDataset) -> list[str]:
    """Name all labels: those that are stored, and of poses `speed` and `height:JOINT`."""
    if dataset.kind.name != "poses":
        return stored_labels(dataset)
    moving = [SPEED] if dataset.artifact.has("clips/start") and dataset.artifact.has("clips/fps") else []
    return [*stored_labels(dataset), *moving, *(HEIGHT + joint for joint in dataset.skeleton.joints[1:])]


def label_hint(dataset: StoredDataset, name: str = "") -> str:
    """Return a hint that names the nearest label, and lists them all but for the heights of the joints, unless the name
    is of one."""
    known = [each for each in known_labels(dataset) if name.startswith(HEIGHT) or not each.startswith(HEIGHT)]
    heights = [f"{HEIGHT}JOINT"] if dataset.kind.name == "poses" else []
    known += [] if name.startswith(HEIGHT) else heights
    return did_you_mean(name, known) if known else "Prepare it with labels, such as folders of images by class."


def read_label(dataset: StoredDataset, name: str) -> Label:
    """Read a label. Raises UsageError for one that there is not.

    `speed` is the mean over the joints of their speed, m/s; `height:JOINT` how far a joint is above the pelvis, m.
    """
    if name not in known_labels(dataset):
        raise UsageError(f"Nothing called {name!r} is known of {dataset.artifact.ref}.", label_hint(dataset, name))
    if name in dataset.about.factors:
        return Label(name, dataset.known(name).astype(np.float64), dataset.about.periods.get(name))
    if name in stored_labels(dataset):
        return Label(name, _named(dataset, name, class_values(dataset, name)))
    if name == SPEED:
        return Label(name, _speed(dataset))
    joint = dataset.skeleton.joints.index(name.removeprefix(HEIGHT))
    return Label(name, turned(dataset.samples[:, joint], dataset.up)[:, 2].astype(np.float64))


def class_values(dataset: StoredDataset, name: str) -> np.ndarray:
    """Read the classes (N,) of a stored label: numbers of samples, or text of their clips."""
    if name in PER_SAMPLE:
        return dataset.known(name)
    column = clip_labels(dataset)[name]
    words = dataset.known(column)
    if name == STYLE and column == _PER_CLIP["clip"]:
        words = np.array([take_of(Path(word)).style for word in words])
    return words[dataset.known("clip")]


def _named(dataset: StoredDataset, name: str, values: np.ndarray) -> np.ndarray:
    told = np.array(dataset.about.class_names) if name == "label" else np.array([])
    if len(told) and values.min() >= 0 and values.max() < len(told):
        return told[values]
    return values.astype(str)


def clip_labels(dataset: StoredDataset) -> dict[str, str]:
    """Return the arrays of the clip table that are labels, by their names; a style, where none is stored, is told by
    the names of clips."""
    held = dataset.artifact.arrays()
    if "clip" not in held:
        return {}
    columns = {name: column for name, column in _PER_CLIP.items() if column in held}
    others = [
        column for column, info in sorted(held.items())
        if column.startswith("clips/") and info.dtype == "string" and column not in {*columns.values(), *_NO_LABELS}
        and not column.startswith("clips/file_")
    ]  # fmt: skip
    columns |= {column.removeprefix("clips/"): column for column in others}
    names = dataset.known(columns["clip"]) if "clip" in columns and STYLE not in columns else ()
    if any(take_of(Path(name)).style for name in names):
        columns[STYLE] = columns["clip"]
    return columns


def _speed(dataset: StoredDataset) -> np.ndarray:
    """Return the speed (N,) of poses in their clips, by central differences; NaN in clips of one."""
    where = dataset.samples.astype(np.float64)
    if dataset.artifact.has("root"):
        where += dataset.known("root")[:, None]
    speed = np.full(len(where), np.nan)
    columns = (dataset.known(f"clips/{name}") for name in ("start", "length", "fps"))
    for start, length, fps in zip(*columns, strict=True):
        if length > 1:
            rows = slice(start, start + length)
            speed[rows] = fps * np.linalg.norm(np.gradient(where[rows], axis=0), axis=-1).mean(-1)
    return speed
