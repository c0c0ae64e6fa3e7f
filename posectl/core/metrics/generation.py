"""Generation: draws of a pose prior against real poses, in the manner of DPoser-X's table 1 (Lu et al., ICCV 2025).

FID is Heusel et al.'s (NeurIPS 2017), precision and recall Kynkaanniemi et al.'s (NeurIPS 2019) with k = 3, dNN and APD
as in DPoser's code, all on joints' places in place of SMPL's angles.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from posectl.core.classifier import learn
from posectl.core.kinds import Kind
from posectl.core.metrics import Better, Score, metric
from posectl.core.metrics.frechet import frechet_distance
from posectl.core.metrics.hypotheses import average_pairwise_distance
from posectl.core.metrics.nearest import nearest
from posectl.core.metrics.prdc import prdc
from posectl.core.metrics.summary import summarise
from posectl.core.random import generator

K, SPREAD = 3, 500
"""Neighbours of precision and recall; draws that APD is of."""

NOISE, LEARNT, STEPS = 0.1, 50_000, 2000
"""Noise, metres, that the feature network takes out, the poses at most that it learns from, and its steps."""

BETTER: dict[str, Better] = {
    "fid": "lower", "feature_fid": "lower", "precision": "higher", "recall": "higher", "dnn": "lower",
}  # fmt: skip


@metric("generation", better=BETTER)
def generation(drawn: Tensor, train: Tensor, held_out: Tensor, kind: Kind) -> Score:
    """Compute the scores of drawn poses (M, J, 3) against held_out ones (N, J, 3) of test and those of train (P, J, 3).

    fid: the Fréchet distance from held_out, of places, m^2; feature_fid: that of `pose_features`, without unit;
    precision and recall: shares of the draws among held_out poses and the other way round, k = 3; dnn: the distance of
    each draw to the nearest of train, of which memorised poses have none; apd: the mean distance between two draws, of
    the first SPREAD, which should be that of real poses.

    >>> g = torch.Generator().manual_seed(0)
    >>> poses = torch.randn(40, 17, 3, generator=g)
    >>> from posectl.core.kinds import KINDS
    >>> scores = generation(poses, poses, poses, KINDS.get("poses"))
    >>> abs(round(scores["fid"]["mean"], 5)), scores["precision"]["mean"], scores["dnn"]["mean"]
    (0.0, 1.0, 0.0)
    """
    told = pose_features(train)
    shares = prdc(drawn, held_out, k=K)
    return {
        "fid": _one(frechet_distance(drawn, held_out), "m²"),
        "feature_fid": _one(frechet_distance(told(drawn), told(held_out)), "1"),
        "precision": shares["precision"],
        "recall": shares["recall"],
        "dnn": summarise(nearest(drawn, train, metric=kind.search)[0], kind.unit),
        "apd": summarise(average_pairwise_distance(drawn[:SPREAD]), kind.unit, draws=min(SPREAD, len(drawn))),
        "unit": "1",
    }


def pose_features(train: Tensor) -> Callable[[Tensor], Tensor]:
    """Return a function that gives features (N, 128) of poses (N, J, 3): the last hidden layer of a network that
    learnt to take noise of 100 mm out of training poses (P, J, 3). It depends on these alone."""
    g = generator(0, "generation/features")
    rows = torch.linspace(0, len(train) - 1, min(len(train), LEARNT), dtype=torch.float64).long()
    poses = train[rows.to(train.device)]
    noise = NOISE * torch.randn(poses.shape, generator=g).to(poses)
    return learn(poses + noise, poses.flatten(1), g, STEPS).features


def _one(value: float, unit: str) -> Score:
    return summarise(torch.tensor([value], dtype=torch.float64), unit)
