"""AEAI's pole and its shadow, 64x64: a light at 72 azimuths and 8 elevations, or anywhere between.

A. Oring, Z. Yakhini and Y. Hel-Or, Autoencoder image interpolation by shaping the latent space, 2020, section 4. Their
renders were never released; these are drawn by posectl.data.synthetic.pole.

Example:
  posectl prepare pole --size 32 --grey
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posectl.data.dataset import Dataset
from posectl.data.images.size import check_size
from posectl.data.images.split import random_fifth
from posectl.data.readers import Progress, option, reader
from posectl.errors import UsageError

_STEP = 5.0


@dataclass(frozen=True)
class PoleOptions:
    """The options of `prepare pole`."""

    size: int = option(64, "Side of the images in pixels, a power of two.", metavar="PIXELS", quick=32)
    grey: bool = option(False, "Draw images of one channel.")
    endless: bool = option(
        False, "Train on new images at every step, of any azimuth and elevation, or on those that are stored.",
        flag="--endless/--finite",
    )  # fmt: skip
    seed: int = option(0, "Seed that draws the fifth of the images for the test split.")


@reader("pole", PoleOptions, kind="images", paths=None)
def read(paths: Sequence[Path], options: PoleOptions, progress: Progress) -> Dataset:
    """Draw the 576 images (N, 3 or 1, size, size) with the light's `azimuth` and `elevation` in degrees, by steps of 5.

    Raises UsageError for options that make no sense.
    """
    import torch

    from posectl.data.synthetic import render
    from posectl.data.synthetic.pole import AZIMUTH, ELEVATION

    if paths:
        raise UsageError("The pole is drawn, and reads no files.", "Use `posectl prepare images` for pictures.")
    if options.seed < 0:
        raise UsageError(f"A seed is not negative, and {options.seed} is.", "Try --seed 0.")
    check_size(options.size)
    about: dict[str, Any] = {
        "kind": "images",
        "world": {"name": "pole", "size": options.size, "colour": not options.grey, "endless": options.endless},
        "factors": ["azimuth", "elevation"],
        "periods": {"azimuth": AZIMUTH[1] - AZIMUTH[0]},
        "source": "pole",
        "citation": "The scene: A. Oring, Z. Yakhini and Y. Hel-Or, arXiv:2008.01487, 2020.",
        "split": f"a fifth of the images to test, drawn by seed {options.seed}",
    }
    azimuths = torch.arange(*AZIMUTH, _STEP, dtype=torch.float64)
    elevations = torch.arange(ELEVATION[0], ELEVATION[1] + _STEP, _STEP, dtype=torch.float64)
    azimuth, elevation = (grid.flatten() for grid in torch.meshgrid(azimuths, elevations, indexing="ij"))
    factors = {"azimuth": azimuth, "elevation": elevation}
    return Dataset(
        samples=render(about["world"], factors).numpy(),
        split=random_fifth(len(azimuth), options.seed),
        per_sample={name: np.asarray(values) for name, values in factors.items()},
        about=about,
    )
