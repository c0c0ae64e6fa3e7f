"""The Mean Distance of decoded draws: how far they are from the nearest real sample, as paths are measured.

On lines every real image is known, so that it tells how true a draw is. Source: Berthelot et al., 2018, section 3.2, of
interpolations; of draws it answers whether a regularizer of interpolations makes a better model to draw from.
"""

from __future__ import annotations

from torch import Tensor

from posectl.core.kinds import Kind
from posectl.core.metrics import Score, metric
from posectl.core.metrics.mean_distance import to_nearest


@metric("draw_distance", better="lower")
def draw_distance(
    samples: Tensor, reference: Tensor, kind: Kind, compat: str | None = None, test_reference: Tensor | None = None
) -> Score:
    """Measure the distance of each of samples (M, *shape) to the nearest of reference (N, *shape), of images the cosine
    distance, without unit. Beside `precision_distance`, it compares with `mean_distance`; `test` is that to the nearest
    of test_reference (Q, *shape).

    >>> import numpy as np
    >>> import posectl
    >>> lines = np.eye(3).reshape(3, 1, 1, 3)
    >>> posectl.metrics.draw_distance(5 * lines[:1], lines)["mean"]  # brightness does not count
    0.0
    """
    return to_nearest(samples, reference, kind, compat, test_reference)
