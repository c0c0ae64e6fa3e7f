"""Checks of images: size, range, factors and classes."""

from __future__ import annotations

import math

import numpy as np

from posectl.data.checks import check_of
from posectl.data.dataset import TEST, TRAIN, Dataset
from posectl.data.report import Report
from posectl.printable import listed

_CHANNELS = {1: "grey", 3: "RGB"}
_UNITS = {"angle": " rad", "azimuth": "°", "elevation": "°"}
_FLAT = 0.25


@check_of("images")
def check_images(report: Report, dataset: Dataset, finite: np.ndarray) -> None:
    """Report size, range, factors and classes of images (N, C, H, W); `finite` (N,) tells those without NaN."""
    images = dataset.samples
    channels, height, width = images.shape[1:]
    report.row("size", f"{width}x{height}, {channels} channel{'s' * (channels > 1)} ({_CHANNELS.get(channels, '?')})")
    _scene(report, dataset)
    if dataset.about.get("prepared"):
        report.row("prepared", "; ".join(dataset.about["prepared"]))
    _values(report, images[finite] if not finite.all() else images)
    for name in dataset.about.get("factors", []):
        check_factor(report, dataset, name)
    check_classes(report, dataset, "images")


def _scene(report: Report, dataset: Dataset) -> None:
    scene = dataset.about.get("world")
    if scene:
        renderer = f", {scene['renderer']} renderer" if "renderer" in scene else ""
        drawn = "training draws fresh images without end" if scene.get("endless") else "training has these images alone"
        report.row("scene", f"{scene['name']}{renderer}; {drawn}")


def _values(report: Report, images: np.ndarray) -> None:
    low, high = images.min(axis=(1, 2, 3)), images.max(axis=(1, 2, 3))
    mean = images.mean(dtype=np.float64)
    report.row("values", f"{low.min():.3g} to {high.max():.3g}, mean {mean:.3g}; -1 is black and 1 white")
    if low.min() < -1 or high.max() > 1:
        report.warn(f"Values run from {low.min():.4g} to {high.max():.4g}, where images are in [-1, 1].")
    elif high.max() - low.min() < _FLAT:
        report.warn("The images use less than an eighth of the range, so that they hardly differ: check their scaling.")
    plain = int((low == high).sum())
    if plain:
        report.warn(f"Images of one value all over: {plain:,}, the first at index {np.flatnonzero(low == high)[0]:,}.")
    if images.shape[1] == 3 and all((images[:, 0] == images[:, channel]).all() for channel in (1, 2)):
        report.warn("The three channels are alike; --grey makes the images one channel, and training faster.")


def check_factor(report: Report, dataset: Dataset, name: str) -> None:
    """Report a factor's range, its number of values, their step if they are evenly spaced, and where it wraps."""
    values = np.unique(dataset.per_sample[name])
    unit, period = _UNITS.get(name, ""), dataset.about.get("periods", {}).get(name)
    text = f"{values[0]:.4g} to {values[-1]:.4g}{unit}, {len(values):,} values"
    steps = np.diff(values)
    if len(steps) and math.isclose(steps.min(), steps.max(), rel_tol=1e-6):
        text += f" by {steps[0]:.4g}"
    report.row(name, text + (f"; wraps at {period:.4g}" if period else ""))
    if len(values) < 2:
        report.warn(f"The factor {name} has one value alone.")


def check_classes(report: Report, dataset: Dataset, nouns: str) -> None:
    """Report the classes of samples, which are called `nouns`, and warn of those that a split lacks."""
    label, count = dataset.per_sample.get("label"), dataset.about.get("classes", 0)
    if label is None or not count:
        report.row("classes", "none")
        return
    names = np.array(dataset.about.get("class_names", range(count))).astype(str)
    sizes = np.bincount(label, minlength=count)
    size = f"{sizes.min():,}" if sizes.min() == sizes.max() else f"{sizes.min():,} to {sizes.max():,}"
    report.row("classes", f"{count:,} of {size} {nouns}: {listed(names)}")
    for part, split in ((TRAIN, "train"), (TEST, "test")):
        there = np.unique(label[dataset.split == part])
        missing = np.setdiff1d(np.arange(count), there)
        if len(missing) and len(there):
            report.warn(
                f"Classes of which no {nouns.removesuffix('s')} is in the {split} split: {listed(names[missing])}."
            )
