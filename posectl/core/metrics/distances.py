"""Whether codes lie as far apart as their samples: the correlation of their distances, and GAIA's loss of them.

Source: Sainburg et al., "Generative adversarial interpolative autoencoding", 2018, section 2.3, whose L_dist is
objective `distance`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.distances import pairwise_squares
from posectl.core.kinds import Kind
from posectl.core.metrics import Better, Score, metric
from posectl.core.metrics.summary import row_sums, summarise
from posectl.core.objectives.distance import log_over_mean

SAMPLES = 500
"""Samples at most whose pairs are compared."""

BETTER: dict[str, Better] = {"correlation": "higher", "loss": "lower"}


@metric("distances", better=BETTER)
def distances(real_samples: Tensor, real_codes: Tensor, kind: Kind) -> Score:
    """Compute two scores, without unit, of the first SAMPLES of real_samples (N, *shape) and their codes (N, d).

    correlation: Pearson's, of distances over all pairs, Euclidean ones, of clouds Chamfer's; undefined where either are
    all the same. loss: L_dist of all of them as one batch, the mean over all pairs, a sample with itself too, of the
    squared difference of log(1 + squared distance over its mean).

    >>> import numpy as np
    >>> import posectl
    >>> codes = np.array([[0.0], [1.0], [3.0]])
    >>> poses = codes[:, None] * np.ones((17, 3))
    >>> scores = posectl.metrics.distances(poses, 2 * codes)  # one scale for all does not count
    >>> scores["correlation"]["mean"], round(scores["loss"]["mean"], 9)
    (1.0, 0.0)
    """
    samples, codes = (each[:SAMPLES].double()[None] for each in (real_samples, real_codes))
    apart = [kind.pairwise_squares(samples)[0], pairwise_squares(codes)[0]]
    above = torch.ones_like(apart[0], dtype=torch.bool).triu(1)
    of_samples, of_codes = (log_over_mean(squares, _total(squares) / squares.numel()) for squares in apart)
    return {
        "correlation": summarise(_correlation(*(squares[above].sqrt() for squares in apart)), "1"),
        "loss": summarise((of_samples - of_codes).square(), "1"),
        "samples": len(apart[0]),
        "unit": "1",
    }


def _correlation(a: Tensor, b: Tensor) -> Tensor:
    a, b = (each - _total(each) / each.numel() for each in (a, b))
    return _total(a * b) / (_total(a.square()) * _total(b.square())).sqrt()


def _total(values: Tensor) -> Tensor:
    return row_sums(values.flatten()[None])[0]
