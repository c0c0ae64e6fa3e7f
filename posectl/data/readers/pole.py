"""AEAI's pole and its shadow, 64x64: a light at 72 azimuths and 8 elevations, or anywhere between.

A. Oring, Z. Yakhini and Y. Hel-Or, Autoencoder image interpolation by shaping the latent space, 2020, section 4. Their
renders were never released; these are drawn by posectl.data.synthetic.pole.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from posectl.data.dataset import Dataset
from posectl.data.images.fit import check_size
from posectl.data.images.split import random_fifth
from posectl.data.sources import source
from posectl.data.synthetic import render
from posectl.data.synthetic.pole import AZIMUTH, ELEVATION
from posectl.errors import UsageError

_STEP = 5.0


@source("pole")
def read(
    paths: Sequence[str | Path] = (),
    *,
    size: int = 64,
    grey: bool = False,
    endless: bool = False,
    seed: int = 0,
) -> Dataset:
    """The 576 images (N, 3 or 1, size, size) with the light's `azimuth` and `elevation` in degrees, by steps of 5.

    size: side in pixels, a power of two. grey: one channel. endless: training draws any azimuth and elevation at every
    step. seed: draws the fifth of the images that is for test.
    Raises UsageError for options that make no sense.
    """
    if paths:
        raise UsageError("The pole is drawn, and reads no files.", "Use `posectl prepare images` for pictures.")
    if seed < 0:
        raise UsageError(f"A seed is not negative, and {seed} is.", "Try --seed 0.")
    check_size(size)
    about = {
        "kind": "images",
        "world": {"name": "pole", "size": size, "colour": not grey, "endless": endless},
        "factors": ["azimuth", "elevation"],
        "periods": {"azimuth": AZIMUTH[1] - AZIMUTH[0]},
        "source": "pole",
        "citation": "The scene: A. Oring, Z. Yakhini and Y. Hel-Or, arXiv:2008.01487, 2020.",
        "split": f"a fifth of the images to test, drawn by seed {seed}",
    }
    azimuths = torch.arange(*AZIMUTH, _STEP, dtype=torch.float64)
    elevations = torch.arange(ELEVATION[0], ELEVATION[1] + _STEP, _STEP, dtype=torch.float64)
    azimuth, elevation = (grid.flatten() for grid in torch.meshgrid(azimuths, elevations, indexing="ij"))
    factors = {"azimuth": azimuth, "elevation": elevation}
    return Dataset(
        samples=render(about, factors).numpy(),
        split=random_fifth(len(azimuth), seed),
        per_sample={name: np.asarray(values) for name, values in factors.items()},
        about=about,
    )
