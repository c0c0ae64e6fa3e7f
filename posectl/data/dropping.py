"""Datasets of poses without the frames that no body can be in."""

from __future__ import annotations

from dataclasses import replace

from posectl.data.checks.bodies import find_bad
from posectl.data.clips import cut_clips
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
        per_sample["clip"], per_clip = cut_clips(clip, per_clip, bad.cuts, kept)
    return replace(
        dataset,
        samples=dataset.samples[kept],
        split=dataset.split[kept],
        per_sample=per_sample,
        per_clip=per_clip,
        about={**dataset.about, "dropped": bad.record()},
    )
