"""ACAI's lines, 32x32: a hand at a known angle, drawn without end.

D. Berthelot, C. Raffel, A. Roy and I. Goodfellow, Understanding and improving interpolation in autoencoders via an
adversarial regularizer, 2018, section 3.1; how they are drawn: posectl.data.synthetic.lines. Training draws lines of
its own from its seed, for which the stored train split stands where a finite set is needed; 5,000 are for test, as
published.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from posectl.data.dataset import TEST, TRAIN, Dataset
from posectl.data.images.fit import check_size
from posectl.data.sources import source
from posectl.data.synthetic import draw_factors, labels, render
from posectl.data.synthetic.lines import RENDERERS, SECTORS, TURN, Renderer
from posectl.errors import UsageError, nearest_name


@source("lines")
def read(
    paths: Sequence[str | Path] = (),
    *,
    renderer: Renderer = "acai",
    size: int = 32,
    endless: bool = True,
    train_count: int = 1 << 14,
    test_count: int = 5000,
    seed: int = 0,
) -> Dataset:
    """Lines (N, 1, size, size) with their `angle` in radians, and ten sectors of 36 degrees as labels.

    renderer: "acai" as published, or "smooth", continuous in the angle. size: side in pixels, a power of two.
    endless: training draws fresh lines at every step. train_count, test_count: how many are stored.
    Raises UsageError for options that make no sense.
    """
    _check_options(paths, renderer, train_count, test_count, seed)
    check_size(size)
    about = {
        "kind": "images",
        "world": {"name": "lines", "renderer": renderer, "size": size, "endless": endless},
        "factors": ["angle"],
        "periods": {"angle": TURN},
        "classes": SECTORS,
        "class_names": [f"{36 * k} to {36 * (k + 1)} degrees" for k in range(SECTORS)],
        "source": "lines",
        "citation": "D. Berthelot, C. Raffel, A. Roy and I. Goodfellow, arXiv:1807.07543, 2018.",
        "split": f"{test_count:,} angles to test, drawn apart",
    }
    # Each split has a stream of its own, so that the test lines are the same however many are stored for training.
    streams = [torch.Generator().manual_seed(_stream(seed, split)) for split in (TRAIN, TEST)]
    parts = [draw_factors(about, n, s)["angle"] for n, s in zip((train_count, test_count), streams, strict=True)]
    angle = torch.cat(parts)
    factors = {"angle": angle}
    return Dataset(
        samples=render(about, factors).numpy(),
        split=np.repeat(np.array([TRAIN, TEST], np.uint8), (train_count, test_count)),
        per_sample={"angle": angle.numpy(), "label": labels(about, factors)["label"].numpy().astype(np.int32)},
        about=about,
    )


def _stream(seed: int, split: int) -> int:
    return int(np.random.SeedSequence([seed, split]).generate_state(1)[0])


def _check_options(paths: Sequence[str | Path], renderer: str, train_count: int, test_count: int, seed: int) -> None:
    if paths:
        raise UsageError("The lines are drawn, and read no files.", "Use `posectl prepare images` for pictures.")
    if renderer not in RENDERERS:
        raise UsageError(f"There is no renderer {renderer!r}.", nearest_name(renderer, RENDERERS))
    for flag, count in (("--train-count", train_count), ("--test-count", test_count)):
        if not 1 <= count <= 1 << 20:
            raise UsageError(f"{flag} {count:,} makes no dataset.", "Give a number from 1 to 1,048,576.")
    if seed < 0:
        raise UsageError(f"A seed is not negative, and {seed} is.", "Try --seed 0.")
