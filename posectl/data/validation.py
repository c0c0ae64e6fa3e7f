"""The validation split: training samples held out to choose weights and settings by, so that the test split is not."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from posectl.data.clips import cut_clips
from posectl.data.dataset import TEST, TRAIN, VALIDATION, Dataset
from posectl.errors import InvalidInputError, UsageError

# Whole groups are held out where they come to between these parts of the share asked for.
_LEAST, _MOST = 1 / 2, 5 / 3
_PURPOSE = 80_10_10  # keeps this stream apart from others of the same seed
# What images are split by as a whole where their test split is.
_COLUMNS = ("object", "azimuth")


def with_validation(dataset: Dataset, share: float, seed: int = 0) -> Dataset:
    """Return a dataset with about this share of its training samples in the validation split.

    They are drawn as the test split is. Poses: whole subjects where test has subjects of its own, else whole files or
    clips, in an order of their names; where no whole number of them comes to the share, or fewer than two clips would
    be left to train on, the last part of each clip. Others: whole objects or azimuths where test has such of its own,
    else single samples, by the seed. `about["validation"]` says which. Raises UsageError for what is no share, and
    where files hold out samples of their own; InvalidInputError where nothing would be left to train on.
    """
    check_share(share)
    if (dataset.split == VALIDATION).any():
        raise UsageError(
            "The source has validation samples of its own, as its files say.", "Leave --validation out, and they serve."
        )
    train = np.flatnonzero(dataset.split == TRAIN)
    if len(train) < 2:
        raise InvalidInputError(
            f"Of {len(train)} training sample{'s' * (len(train) != 1)} none can be held out for validation.",
            "Leave --validation out, or prepare more samples.",
        )
    if "clip" in dataset.per_sample and dataset.per_clip:
        return _of_clips(dataset, train, share)
    chosen, how = _of_rows(dataset, train, share, seed)
    return _marked(dataset, chosen, f"{how}drawn by seed {seed}")


def of_files(dataset: Dataset) -> Dataset:
    """Return a dataset whose `about["validation"]` tells of the validation split that its files have, if they do."""
    count = int((dataset.split == VALIDATION).sum())
    told = {"validation": f"{count:,} samples, as the files say"} if count else {}
    return replace(dataset, about={**dataset.about, **told})


def check_share(share: float) -> float:
    """Return a share of the training samples. Raises UsageError for what is none."""
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
        raise UsageError(
            f"--validation {share} is no share of the training samples, between 0 and 1.", "A tenth: --validation 0.1."
        )
    return share


def _of_clips(dataset: Dataset, train: np.ndarray, share: float) -> Dataset:
    """Hold out whole subjects, files or clips, or else the last part of each clip."""
    clip, singles = dataset.per_sample["clip"][train], bool(dataset.per_clip["length"].max() == 1)
    for what, names in _groups(dataset):
        group = names[train]
        chosen = np.isin(group, _in_order(group, share))
        fits = singles or _LEAST * share <= chosen.mean() <= _MOST * share
        if fits and len(np.unique(clip[~chosen])) > (0 if singles else 1):
            listed = f", {', '.join(np.unique(group[chosen]))}" if what == "subjects" else ""
            return _marked(dataset, train[chosen], f"whole {what}{listed}")
    rows = [train[clip == each] for each in np.unique(clip)]
    last = np.concatenate([some[len(some) - _count(len(some), share) :] for some in rows])
    if not len(last):
        raise InvalidInputError(
            "Every clip is one frame, and none is left out as a whole.",
            "Leave --validation out, or name another share.",
        )
    return _cut(_marked(dataset, last, "the last part of each clip"))


def _groups(dataset: Dataset) -> Iterator[tuple[str, np.ndarray]]:
    """Yield what may be held out as a whole, with the group (N,) of each sample: subjects and files where all are
    known, there are several, and none is in the test split, too; and clips."""
    clip, table = dataset.per_sample["clip"], dataset.per_clip
    for what, column in (("subjects", "subject"), ("files", "source")):
        if column in table:
            names = table[column][clip]
            train, test = (np.unique(names[dataset.split == part]) for part in (TRAIN, TEST))
            if len(train) > 1 and "" not in train and not np.isin(train, test).any():
                yield what, names
    yield "clips", table["name"][clip] if "name" in table else clip


def _in_order(group: np.ndarray, share: float) -> list[Any]:
    """Choose groups in a pseudo-random order of their names, as long as a share of the samples is not exceeded; the
    smallest where each is larger."""
    names, counts = np.unique(group, return_counts=True)
    room, chosen = share * len(group), []
    for place in sorted(range(len(names)), key=lambda i: zlib.crc32(str(names[i]).encode())):
        if counts[place] <= room:
            room -= counts[place]
            chosen.append(names[place])
    return chosen or [names[counts.argmin()]]


def _count(rows: int, share: float) -> int:
    """Return how many of a clip's rows are held out: at least one is, and one left, where there are two."""
    return min(max(1, round(share * rows)), rows - 1)


def _cut(dataset: Dataset) -> Dataset:
    """Make held-out parts of clips clips of their own."""
    held_out, clip = dataset.split == VALIDATION, dataset.per_sample["clip"]
    cuts = np.append(False, held_out[1:] != held_out[:-1])
    own, table = cut_clips(clip, dataset.per_clip, cuts)
    return replace(dataset, per_sample={**dataset.per_sample, "clip": own}, per_clip=table)


def _of_rows(dataset: Dataset, train: np.ndarray, share: float, seed: int) -> tuple[np.ndarray, str]:
    """Choose rows by the seed, whole objects or azimuths where test has such of its own; return them, and say which."""
    group, what = np.arange(len(train)), ""
    for column in _COLUMNS:
        if column in dataset.per_sample:
            values = dataset.per_sample[column]
            own = values[train]
            if len(np.unique(own)) > 1 and not np.isin(values[dataset.split == TEST], own).any():
                group, what = own, f"whole {column}s, "
                break
    names = np.unique(group)
    order = np.random.default_rng([seed, _PURPOSE]).permutation(len(names))
    return train[np.isin(group, names[order[: _count(len(names), share)]])], what


def _marked(dataset: Dataset, chosen: np.ndarray, how: str) -> Dataset:
    """Return the dataset with these rows in the validation split, and the description of how."""
    split = dataset.split.copy()
    split[chosen] = VALIDATION
    train = int((dataset.split == TRAIN).sum())
    told = f"{len(chosen):,} of {train:,} training samples, {100 * len(chosen) / train:.0f} %: {how}"
    return replace(dataset, split=split, about={**dataset.about, "validation": told})
