"""The result of every source: samples with their split, and what is known of each sample and clip."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

TRAIN, TEST, VALIDATION = 0, 1, 2
SPLITS = {"train": TRAIN, "validation": VALIDATION, "test": TEST}
_WORDS = {
    **dict.fromkeys(("train", "training"), TRAIN),
    **dict.fromkeys(("val", "valid", "validation"), VALIDATION),
    **dict.fromkeys(("test", "testing", "t10k"), TEST),
}


def named_split(name: str) -> int | None:
    """Return TRAIN, VALIDATION or TEST where a file's or folder's name says so, else None; of two words test counts.

    >>> named_split("S1-train.npz"), named_split("val"), named_split("trainval"), named_split("train_val")
    (0, 2, None, None)
    """
    found = {_WORDS[word] for word in re.findall("t10k|[a-z]+", name.lower()) if word in _WORDS}
    if TRAIN in found:
        return TRAIN if len(found) == 1 else None
    return TEST if TEST in found else VALIDATION if found else None


def with_test(split: np.ndarray) -> np.ndarray:
    """Return a split (N,) in which the samples for validation are for test where no others are."""
    return split if (split == TEST).any() else np.where(split == VALIDATION, TEST, split).astype(np.uint8)


@dataclass
class Dataset:
    """Samples of one kind, ready to be published as an artifact.

    samples: (N, *shape) float32. Poses (N, 17, 3): metres, pelvis at the origin, H36M-17 order; images (N, C, H, W) in
        [-1, 1]; clouds (N, P, 3).
    split: (N,) uint8, TRAIN, TEST or VALIDATION.
    per_sample: arrays (N, ...): of poses `root` (N, 3) metres, `frame` (N,), `clip` (N,) row of the clip table; of
        images `label` (N,) int32 from 0, and `object` (N,), a turntable's; and factors, whose names are listed in
        `about["factors"]`: `phase` in [0, 1), `angle` in radians, `azimuth` and `elevation` in degrees.
    per_clip: arrays (C,): `name`, `subject`, `action`, `fps`, `source`, `start`, `length`. Clips are contiguous.
    about: what a user checks: `kind` ("poses" | "images" | "clouds"), `skeleton`, `joints`, `unit`, `up` ("+x" to
        "-z"), `coordinates` ("world" | "camera"), `source`, `citation`, `split`, `validation` where there is such a
        split; of images `periods` (factor -> where it wraps), `classes` with `class_names`, `prepared` (what was done
        to the pixels), and `world` where they are drawn (see posectl.data.synthetic); JSON values only.
    warnings: sentences about what looks wrong.
    """

    samples: np.ndarray
    split: np.ndarray
    per_sample: dict[str, np.ndarray] = field(default_factory=dict)
    per_clip: dict[str, np.ndarray] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
