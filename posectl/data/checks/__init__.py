"""Checks of a dataset: what a user looks at first, and what looks wrong; for each kind of sample in a file of its own.

`@check_of("poses")` on a function (report, dataset, finite), in any module, registers the checks of a kind.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from posectl.data.checks.duplicates import first_occurrence
from posectl.data.dataset import TEST, TRAIN, VALIDATION, Dataset
from posectl.data.report import Report
from posectl.printable import listed
from posectl.registry import Registry

# Frames a second between which motion is recorded.
_SLOWEST, _FASTEST = 5.0, 1000.0

Check = Callable[[Report, Dataset, np.ndarray], None]

CHECKS: Registry[Check] = Registry("check", "posectl.data.checks", decorator="check_of")
check_of = CHECKS.register


def check(dataset: Dataset, nouns: str, *, part: bool = False) -> Report:
    """Report what the dataset holds, and warn of what looks wrong in it; never raises for what it finds.

    nouns: what its samples are called, "frames" or "images"; part: whether it is a block of a larger one, whose sizes
    say nothing.
    """
    report = Report()
    finite = np.isfinite(dataset.samples).all(axis=tuple(range(1, dataset.samples.ndim)))
    if not part:
        _size(report, dataset, nouns)
    if not finite.all():
        bad = np.flatnonzero(~finite)
        report.warn(f"{nouns.capitalize()} with NaN or infinity: {len(bad):,}, the first at index {bad[0]:,}.")
    if finite.any():
        kind = str(dataset.about.get("kind"))
        (CHECKS.get(kind) if kind in CHECKS.names() else _values)(report, dataset, finite)
    _duplicates(report, dataset, nouns)
    return report


def _values(report: Report, dataset: Dataset, finite: np.ndarray) -> None:
    values = dataset.samples[finite]
    report.row("values", f"{values.min():.3g} to {values.max():.3g}, shape {values.shape[1:]}")


def _size(report: Report, dataset: Dataset, nouns: str) -> None:
    train, test, validation = (int((dataset.split == part).sum()) for part in (TRAIN, TEST, VALIDATION))
    held_out = f", {validation:,} validation" if validation else ""
    report.row(nouns, f"{len(dataset.samples):,}: {train:,} train{held_out}, {test:,} test")
    clips = dataset.per_clip
    if "length" in clips and len(clips["length"]):
        rates = ", ".join(f"{rate:g}" for rate in np.unique(clips["fps"])) if "fps" in clips else "?"
        with np.errstate(divide="ignore"):
            seconds = clips["length"] / clips["fps"] if "fps" in clips else clips["length"]
        report.row("clips", f"{len(seconds):,} at {rates} fps, {seconds.min():.1f} to {seconds.max():.1f} s")
        _rates(report, dataset)
    for key, label in (("subject", "subjects"), ("action", "actions")):
        names = np.unique(clips[key][clips[key] != ""]) if key in clips else np.array([])
        if len(names):
            report.row(label, f"{len(names):,}: {listed(names)}{_in_both(dataset, key)}")
    report.row("split", str(dataset.about.get("split", "unknown")))
    if validation:
        report.row("validation", str(dataset.about.get("validation", "unknown")))
    if not (train and test):
        report.warn(f"The {'train' if test else 'test'} split is empty.")


def _rates(report: Report, dataset: Dataset) -> None:
    """Warn of clips recorded at a rate at which no motion is: often the length of a frame, or a wrong unit."""
    clips = dataset.per_clip
    rate = clips.get("file_fps", clips.get("fps", _SLOWEST)) * dataset.about.get("subsample", 1)
    odd = np.broadcast_to(~((rate >= _SLOWEST) & (rate <= _FASTEST)), len(clips["length"]))
    if odd.any():
        listing = ", ".join(f"{each:.4g}" for each in np.unique(np.broadcast_to(rate, len(odd))[odd])[:4])
        where = f"{odd.sum():,} of {len(odd):,} clips are at {listing} frames a second"
        report.warn(f"{where}, where motion is recorded at {_SLOWEST:g} to {_FASTEST:,.0f}: check the rate.")


def _in_both(dataset: Dataset, key: str) -> str:
    """Return `; 2 in both splits` for the subjects or actions of which train and test both have frames."""
    if "clip" not in dataset.per_sample:
        return ""
    rows = [np.unique(dataset.per_sample["clip"][dataset.split == part]) for part in (TRAIN, TEST)]
    column = dataset.per_clip[key]
    both = np.intersect1d(column[rows[0]], column[rows[1]])
    return f"; {len(both[both != '']):,} in both splits"


def _duplicates(report: Report, dataset: Dataset, nouns: str) -> None:
    first = first_occurrence(dataset.samples)
    repeated = first != np.arange(len(first))
    clip = clip_of(dataset)
    frozen = np.zeros(len(first), bool)
    frozen[1:] = (first[1:] == first[:-1]) & (clip[1:] == clip[:-1])
    count, before = f"{repeated.sum():,}", f", {frozen.sum():,} of them the frame before"
    count += before if "clip" in dataset.per_sample else ""
    report.row("duplicates", count if repeated.any() else "none")
    if repeated.any():
        first_repeat = int(repeated.argmax())
        report.warn(f"{nouns.capitalize()} that repeat another exactly: {count}, the first at index {first_repeat:,}.")
    for part, name in ((TEST, "Test"), (VALIDATION, "Validation")):
        leaked = np.isin(first[dataset.split == part], first[dataset.split == TRAIN]).sum()
        if leaked:
            report.warn(f"{name} {nouns} that are in the train split too: {leaked:,}.")


def clip_of(dataset: Dataset) -> np.ndarray:
    """Return the clip (N,) of each sample, all one where the dataset knows of none."""
    return dataset.per_sample.get("clip", np.zeros(len(dataset.samples), np.int32))
