"""Denoising: poses, and clips, without the noise that was added to them, against the true ones (hypotheses.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from posectl.core.metrics import Score, metric
from posectl.core.metrics.hypotheses import Recovered, better_of, scores_of

PARTS = ("all", "aligned")


@metric("denoising", better=better_of(*PARTS))
def denoising(denoised: Mapping[str, Recovered], parents: Sequence[int]) -> Score:
    """Compute the errors of denoised poses by the noise, `all.20` for 20 mm, of frames of clips `all.20-clips`; metres.

    >>> import torch
    >>> truth = torch.zeros(4, 17, 3)
    >>> scores = denoising({"20": Recovered(truth, truth[..., 0] == 0, truth[:, None] + 0.25)}, parents=[-1] + 16 * [0])
    >>> round(scores["all"]["20"]["mean"], 6), scores["bones"]["20"]["mean"]
    (0.433013, 0.0)
    """
    return scores_of(denoised, parents, PARTS)
