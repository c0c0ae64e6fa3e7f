"""Datasets of poses without the frames that no body can be in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from posectl.data.checks.bodies import find_bad
from posectl.data.dataset import Dataset
from posectl.errors import InvalidInputError


def without_bad(dataset: Dataset) -> Dataset:
    """Return a dataset of poses without its bad frames, and with a clip more wherever poses jump for good.

    `about["dropped"]` records which (`BadFrames.record`). Raises InvalidInputError where no frame is left.
    """
    bad = find_bad(dataset)
    kept = ~bad.any()
    if not kept.any():
        raise InvalidInputError(
            f"None of the {len(kept):,} frames is one that a body can be in.", "See why without --drop-bad."
        )
    clip = dataset.per_sample.get("clip")
    per_sample = {name: values[kept] for name, values in dataset.per_sample.items()}
    per_clip = dataset.per_clip
    if clip is not None and per_clip:
        per_sample["clip"], per_clip = _clips(clip, bad.cuts, kept, per_clip)
    return replace(
        dataset,
        samples=dataset.samples[kept],
        split=dataset.split[kept],
        per_sample=per_sample,
        per_clip=per_clip,
        about={**dataset.about, "dropped": bad.record()},
    )


def _clips(
    clip: np.ndarray, cuts: np.ndarray, kept: np.ndarray, table: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the clip (n,) of each kept frame, and the table of the clips of which frames are left.

    A clip that is cut gives several; the second is called after the first, `-2` added.
    """
    piece = np.cumsum(np.diff(clip, prepend=clip[:1]) != 0) + np.cumsum(cuts)
    _, start, index, length = np.unique(piece[kept], return_index=True, return_inverse=True, return_counts=True)
    of = clip[kept][start]
    columns = {name: values[of] for name, values in table.items()}
    columns |= {"start": start.astype(np.int64), "length": length.astype(np.int64)}
    if "name" in columns:
        nth = np.arange(len(of)) - np.searchsorted(of, of) + 1
        names = zip(columns["name"], nth, strict=True)
        columns["name"] = np.array([str(name) if n == 1 else f"{name}-{n}" for name, n in names])
    return index.astype(np.int32), columns
