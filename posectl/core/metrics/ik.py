"""Inverse kinematics: poses from the places of some joints, against the true ones (hypotheses.py).

The occlusions are those of HuProSO3 (Dünkel et al., CVPR 2024, tables 2 and 3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from posectl.core.metrics import Score, metric
from posectl.core.metrics.hypotheses import Recovered, better_of, scores_of

PARTS = ("all", "hidden", "seen", "aligned")


@metric("ik", better=better_of(*PARTS))
def ik(solutions: Mapping[str, Recovered], parents: Sequence[int]) -> Score:
    """Compute the errors of solved poses by what was hidden: over `all` joints, `hidden` and `seen` ones; metres.

    >>> import torch
    >>> truth = torch.zeros(4, 17, 3)
    >>> scores = ik({"none": Recovered(truth, truth[..., 0] == 0, truth[:, None] + 0.25)}, parents=[-1] + 16 * [0])
    >>> round(scores["all"]["none"]["mean"], 6), "hidden" in scores  # sqrt(3) / 4
    (0.433013, False)
    """
    return scores_of(solutions, parents, PARTS)
