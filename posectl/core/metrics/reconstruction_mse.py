"""The mean squared error of reconstructed images."""

from __future__ import annotations

from torch import Tensor

from posectl.core.distances import mean_square
from posectl.core.kinds import Kind
from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise


@metric("reconstruction_mse", better="lower")
def reconstruction_mse(originals: Tensor, reconstructions: Tensor, kind: Kind) -> Score:
    """Compute the mean squared error over the elements of each of images (N, C, H, W) in [-1, 1]: four times what it is
    for images in [0, 1].

    >>> import numpy as np
    >>> import posectl
    >>> images = np.zeros((4, 1, 8, 8))
    >>> posectl.metrics.reconstruction_mse(images, images + 0.5)["mean"]
    0.25
    """
    return summarise(mean_square(originals, reconstructions, len(kind.axes)), "1")
