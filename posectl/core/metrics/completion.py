"""Completion: poses of which some joints were hidden, against the true ones (hypotheses.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from posectl.core.metrics import Score, metric
from posectl.core.metrics.hypotheses import Recovered, better_of, scores_of

PARTS = ("hidden", "seen", "aligned")


@metric("completion", better=better_of(*PARTS))
def completion(completions: Mapping[str, Recovered], parents: Sequence[int]) -> Score:
    """Compute the errors of completed poses by mask: `hidden.legs`, `hidden_min10.legs`, `seen.legs`, ...; metres.

    >>> import torch
    >>> truth = torch.zeros(4, 17, 3)
    >>> known = torch.arange(17).expand(4, 17) > 3  # four joints are hidden
    >>> made = truth + 0.3 * (~known)[..., None] * torch.tensor([1.0, 0.0, 0.0])
    >>> scores = completion({"right leg": Recovered(truth, known, made[:, None])}, parents=[-1] + 16 * [0])
    >>> round(scores["hidden"]["right leg"]["mean"], 6), scores["seen"]["right leg"]["mean"]
    (0.3, 0.0)
    """
    return scores_of(completions, parents, PARTS)
