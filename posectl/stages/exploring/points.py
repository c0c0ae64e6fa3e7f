"""The samples that a page shows: their rows in the dataset, labels and factors, and real samples to compare with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from posectl.printable import printable
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.labels import PER_SAMPLE, class_values, clip_labels
from posectl.stages.artifacts.rows import evenly
from posectl.stages.drawing.manifold import DEGREES

_LETTERS = 60  # of a name


@dataclass(frozen=True)
class Label:
    """Classes of samples: a name, the classes' names, and the number (N,) of each sample's class."""

    name: str
    names: list[str]
    classes: np.ndarray


@dataclass(frozen=True)
class Factor:
    """Values (N,) of samples in a unit; period: where they go round, 0 where they do not."""

    name: str
    values: np.ndarray
    unit: str = ""
    period: float = 0.0


@dataclass(frozen=True)
class Points:
    """Samples (N, *shape) of a dataset by their rows (N,), and what is known of them."""

    rows: np.ndarray
    samples: np.ndarray
    labels: list[Label] = field(default_factory=list)
    factors: list[Factor] = field(default_factory=list)


def points_of(dataset: StoredDataset, most: int) -> Points:
    """Return at most so many samples of a dataset, with all labels and factors that are known of them."""
    rows = evenly(len(dataset.split), most)
    labels = [_label(name, dataset.known(name)[rows], dataset.about.class_names if name == "label" else ())
              for name in PER_SAMPLE if dataset.artifact.has(name)]  # fmt: skip
    clips = {name: class_values(dataset, name)[rows] for name in clip_labels(dataset)}
    labels += [_label(name, values) for name, values in clips.items() if len(np.unique(values)) > 1]
    factors = [_factor(dataset, name, rows) for name in dataset.about.factors]
    return Points(rows, dataset.samples[rows], labels, factors)


def _label(name: str, values: np.ndarray, told: Any = ()) -> Label:
    """Number the classes, the most frequent first."""
    found, numbers, counts = np.unique(values, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    names = [told[int(value)] if len(told) else str(value) or "unknown" for value in found[order]]
    return Label(name, [_short(each) for each in names], place[numbers].astype(np.uint16))


def _short(name: str) -> str:
    name = printable(name).replace("\n", " ")
    return name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"


def _factor(dataset: StoredDataset, name: str, rows: np.ndarray) -> Factor:
    values, period = dataset.known(name)[rows].astype(np.float32), dataset.about.periods.get(name)
    if period:
        return Factor(name, values * np.float32(360 / period), "deg", 360.0)
    return Factor(name, values, "deg" if name in DEGREES else "")
