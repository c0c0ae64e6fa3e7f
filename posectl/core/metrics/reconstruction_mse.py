"""How far reconstructed images are from what they should be."""

from __future__ import annotations

from torch import Tensor

from posectl.core.distances import mean_square
from posectl.core.kinds import Kind
from posectl.core.metrics import Score, metric
from posectl.core.metrics.summary import summarise


@metric("reconstruction_mse")
def reconstruction_mse(originals: Tensor, reconstructions: Tensor, kind: Kind) -> Score:
    """Mean squared error over elements, one value an image, of images (N, C, H, W) in [-1, 1]: four times what it is
    for images in [0, 1]."""
    return summarise(mean_square(originals, reconstructions, len(kind.axes)), "1")
