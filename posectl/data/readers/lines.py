"""ACAI's lines, 32x32: a hand at a known angle, drawn without end.

D. Berthelot, C. Raffel, A. Roy and I. Goodfellow, Understanding and improving interpolation in autoencoders via an
adversarial regularizer, 2018, section 3.1; how they are drawn: posectl.data.synthetic.lines. Training draws lines of
its own from its seed, for which the stored train split stands where a finite set is needed; 5,000 are for test, as
published.

Example:
  posectl prepare lines --size 16
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from posectl.data.dataset import TEST, TRAIN, Dataset
from posectl.data.images.size import check_size
from posectl.data.readers import Progress, option, reader
from posectl.errors import UsageError, did_you_mean


@dataclass(frozen=True)
class LineOptions:
    """The options of `prepare lines`."""

    renderer: Literal["acai", "smooth"] = option("acai", "How lines are drawn: as published, or smooth in the angle.")
    size: int = option(32, "Side of the images in pixels, a power of two.", metavar="PIXELS")
    endless: bool = option(
        True, "Train on new lines at every step, or on those that are stored.", flag="--endless/--finite"
    )
    train_count: int = option(1 << 14, "Number of lines stored for training.", metavar="N", min=1, quick=256)
    test_count: int = option(5000, "Number of lines stored for the test split.", metavar="N", min=1, quick=64)
    seed: int = option(0, "Seed of the lines that are drawn.")


@reader("lines", LineOptions, kind="images", paths=None)
def read(paths: Sequence[Path], options: LineOptions, progress: Progress) -> Dataset:
    """Draw lines (N, 1, size, size) with their `angle` in radians, and ten sectors of 36 degrees as labels.

    Raises UsageError for options that make no sense.
    """
    import torch

    from posectl.data.synthetic import labels, random_factors, render
    from posectl.data.synthetic.lines import SECTORS, TURN

    _check_options(paths, options)
    check_size(options.size)
    train_count, test_count = options.train_count, options.test_count
    about: dict[str, Any] = {
        "kind": "images",
        "world": {"name": "lines", "renderer": options.renderer, "size": options.size, "endless": options.endless},
        "factors": ["angle"],
        "periods": {"angle": TURN},
        "classes": SECTORS,
        "class_names": [f"{36 * k} to {36 * (k + 1)} degrees" for k in range(SECTORS)],
        "source": "lines",
        "citation": "D. Berthelot, C. Raffel, A. Roy and I. Goodfellow, arXiv:1807.07543, 2018.",
        "split": f"{test_count:,} angles to test, drawn apart",
    }
    # Each split has a stream of its own, so that the test lines are the same however many are stored for training.
    streams = [torch.Generator().manual_seed(_stream(options.seed, split)) for split in (TRAIN, TEST)]
    parts = [
        random_factors(about["world"], n, s)["angle"] for n, s in zip((train_count, test_count), streams, strict=True)
    ]
    angle = torch.cat(parts)
    factors = {"angle": angle}
    return Dataset(
        samples=render(about["world"], factors).numpy(),
        split=np.repeat(np.array([TRAIN, TEST], np.uint8), (train_count, test_count)),
        per_sample={"angle": angle.numpy(), "label": labels(about["world"], factors)["label"].numpy().astype(np.int32)},
        about=about,
    )


def _stream(seed: int, split: int) -> int:
    return int(np.random.SeedSequence([seed, split]).generate_state(1)[0])


def _check_options(paths: Sequence[Path], options: LineOptions) -> None:
    from posectl.data.synthetic.lines import RENDERERS

    if paths:
        raise UsageError("The lines are drawn, and read no files.", "Use `posectl prepare images` for pictures.")
    if options.renderer not in RENDERERS:
        raise UsageError(f"There is no renderer {options.renderer!r}.", did_you_mean(options.renderer, RENDERERS))
    for flag, count in (("--train-count", options.train_count), ("--test-count", options.test_count)):
        if not 1 <= count <= 1 << 20:
            raise UsageError(f"{flag} {count:,} makes no dataset.", "Give a number from 1 to 1,048,576.")
    if options.seed < 0:
        raise UsageError(f"A seed is not negative, and {options.seed} is.", "Try --seed 0.")
