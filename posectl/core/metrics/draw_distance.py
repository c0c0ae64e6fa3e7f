"""The distance of decoded draws from the true images of a world where every one is known, as of lines.

Source: the Mean Distance of Berthelot et al., 2018, section 3.2, of draws: whether a regularizer of interpolations
makes a better model to draw from.
"""

from __future__ import annotations

from torch import Tensor

from posectl.core.metrics import Score, metric
from posectl.core.metrics.nearest import nearest
from posectl.core.metrics.summary import summarise


@metric("draw_distance", better="lower")
def draw_distance(samples: Tensor, true_images: Tensor) -> Score:
    """Measure the cosine distance, without unit, of each of samples (M, C, H, W) to the nearest of true_images
    (N, C, H, W), of lines 10,000; it compares with `mean_distance` of the same set.

    >>> import numpy as np
    >>> import posectl
    >>> lines = np.eye(3).reshape(3, 1, 1, 3)
    >>> posectl.metrics.draw_distance(5 * lines[:1], lines)["mean"]  # brightness does not count
    0.0
    """
    distance, _ = nearest(samples, true_images, metric="cosine")
    return summarise(distance, "1", distance="cosine")
