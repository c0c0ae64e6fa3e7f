"""Scores of poses that were recovered from a part of themselves, in several hypotheses each.

Those of DPoser-X (Lu et al., ICCV 2025, table S-5): minimum and mean over hypotheses of the error on hidden joints; and
what it leaves out: the error on the joints that were seen, after alignment, of bones, and how far hypotheses lie apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from posectl.core.alignment import aligned
from posectl.core.distances import mean_per_joint, pairwise_sum
from posectl.core.metrics import Better, Score
from posectl.core.metrics.summary import summarise

COUNTS = (1, 5, 10)
"""Numbers of hypotheses, the best on the seen joints first, that scores are given for."""


@dataclass(frozen=True)
class Recovered:
    """Poses (N, J, 3), whether each joint was known (N, J), and what was made of them (N, S, J, 3), the best first."""

    truth: Tensor
    known: Tensor
    poses: Tensor


def better_of(*parts: str) -> dict[str, Better]:
    """Return which way scores improve: errors by being lower, all but the spread of hypotheses and their distance."""
    names = [part if count == 1 else f"{part}_{over}{count}" for part in parts for count in COUNTS
             for over in (("min", "mean") if count > 1 else ("",))]  # fmt: skip
    return dict.fromkeys([*names, "bones"], "lower")


def scores_of(recovered: Mapping[str, Recovered], parents: Sequence[int], parts: Sequence[str]) -> Score:
    """Compute the scores of recovered poses, each a mapping from the recovered's names; metres.

    parts: of `hidden`, `seen` and `all`, the mean distance over those joints, and `aligned`, over all of them after a
    similarity transform (PA-MPJPE). PART is of the first hypothesis; PART_min10, PART_mean10 and PART_std10 are the
    least, the mean and the standard deviation over ten, where there are so many. `bones`: the mean absolute error of
    bone lengths; `apd10`: the mean distance between two of ten hypotheses, over all joints.
    """
    scores: Score = {}
    for name, each in recovered.items():
        for key, values in _values(each, parents, parts).items():
            scores.setdefault(key, {})[name] = summarise(values, "m", hypotheses=each.poses.shape[1])
    return {**scores, "unit": "m"}


def _values(each: Recovered, parents: Sequence[int], parts: Sequence[str]) -> dict[str, Tensor]:
    truth, known, poses = each.truth[:, None], each.known[:, None], each.poses
    apart = torch.linalg.vector_norm(poses.double() - truth.double(), dim=-1)
    errors = {
        "hidden": lambda: mean_over(apart, ~known),
        "seen": lambda: mean_over(apart, known),
        "all": lambda: mean_per_joint(poses, truth),
        "aligned": lambda: mean_per_joint(aligned(poses, truth), truth),
    }
    values: dict[str, Tensor] = {}
    for part in parts:
        error = errors[part]()
        if not error.isfinite().any():
            continue
        values[part] = error[:, 0]
        for count in COUNTS[1:]:
            if error.shape[1] >= count:
                first = error[:, :count]
                values[f"{part}_min{count}"] = first.amin(1)
                values[f"{part}_mean{count}"] = first.mean(1)
                values[f"{part}_std{count}"] = first.std(1)
    values["bones"] = bone_errors(poses[:, 0], each.truth, parents)
    values |= {f"apd{n}": average_pairwise_distance(poses[:, :n]) for n in COUNTS[1:] if poses.shape[1] >= n}
    return values


def mean_over(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean (...) of values (..., J) over the joints of a mask that broadcasts; NaN where it has none."""
    count = mask.sum(-1)
    return torch.where(count > 0, pairwise_sum(values * mask) / count, torch.nan)


def bone_errors(poses: Tensor, truth: Tensor, parents: Sequence[int]) -> Tensor:
    """Return the mean absolute error (...) of bone lengths of poses (..., J, 3) that broadcast, metres."""
    children = [child for child, parent in enumerate(parents) if parent >= 0]
    above = [parents[child] for child in children]
    ours, theirs = (
        torch.linalg.vector_norm(each[..., children, :].double() - each[..., above, :].double(), dim=-1)
        for each in (poses, truth)
    )
    gaps = (ours - theirs).abs()
    return pairwise_sum(gaps) / gaps.shape[-1]


def average_pairwise_distance(poses: Tensor) -> Tensor:
    """Return the mean (...) of the mean per-joint distance over all pairs of poses (..., S, J, 3), metres.

    Source: APD of DPoser's lib/utils/metric.py, and of NRDF's.

    >>> average_pairwise_distance(torch.tensor([0.0, 3.0, 6.0]).view(3, 1, 1).expand(3, 17, 1) * torch.eye(1, 3))
    tensor(4., dtype=torch.float64)
    """
    first, second = torch.triu_indices(poses.shape[-3], poses.shape[-3], 1, device=poses.device)
    pairs = mean_per_joint(poses[..., first, :, :], poses[..., second, :, :])
    return pairwise_sum(pairs) / pairs.shape[-1]
