"""Where the fixture files are, and what the takes in them are known to be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from posectl.data.dataset import Dataset

# The takes that the fixtures hold, as subject and action -> clip of cmu17_train.npz.
CLIPS = {
    ("S1", "Walking"): "train_walking_1", ("S1", "Directions"): "11_01",
    ("S5", "Walking"): "train_running_1", ("S5", "Directions"): "train_basketball_1",
    ("S6", "Walking"): "train_soccer_1", ("S6", "Directions"): "55_01",
    ("S7", "Walking"): "train_jumping_1", ("S7", "Directions"): "09_11",
    ("S8", "Walking"): "12_01", ("S8", "Directions"): "08_02",
    ("S9", "Walking"): "train_walking_2", ("S9", "Directions"): "07_01",
    ("S11", "Walking"): "train_running_2", ("S11", "Directions"): "02_01",
}  # fmt: skip


@pytest.fixture(scope="session")
def formats(test_data: Path) -> Path:
    """The folder with one fixture of each layout."""
    return test_data / "formats"


@pytest.fixture(scope="session")
def golden(test_data: Path) -> Callable[[str, str], tuple[np.ndarray, np.ndarray]]:
    """(subject, action) -> positions (T, 17, 3) and root (T, 3) of the take, world axes, metres."""
    arrays = np.load(test_data / "poses" / "cmu17_train.npz")
    positions, roots, names = arrays["positions"], arrays["root"], list(arrays["clip_name"])

    def take(subject: str, action: str) -> tuple[np.ndarray, np.ndarray]:
        clip = names.index(CLIPS[subject, action])
        start = arrays["clip_start"][clip]
        rows = slice(start, start + arrays["clip_length"][clip])
        return positions[rows], roots[rows]

    return take


def clip_rows(dataset: Dataset, clip: int) -> slice:
    """The rows of a clip in a dataset."""
    start = int(dataset.per_clip["start"][clip])
    return slice(start, start + int(dataset.per_clip["length"][clip]))
