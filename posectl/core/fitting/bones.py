"""Poses brought onto known joints and usual lengths of bones, staying near where they are."""

from __future__ import annotations

import torch
from torch import Tensor

LENGTH, STAY = 0.0005, 0.05
"""Standard deviations of a bone's length and of a coordinate of a joint left alone, metres."""
# Metres: that of a joint that is known; and how far it is pulled at once, so that what is out of reach stretches no
# bone by more than some millimetres.
_SURE, _PULL = 0.005, 0.03
_STEPS = tuple(0.06 * 0.82**number for number in range(11))
"""Metres: about how far a coordinate goes in each round; less in later ones, for lengths are only nearly linear."""


def lengths(poses: Tensor, bones: Tensor) -> Tensor:
    """Return the lengths (..., B) of bones (B, 2), pairs of joints, of poses (..., J, 3)."""
    return torch.linalg.vector_norm(poses[..., bones[:, 1], :] - poses[..., bones[:, 0], :], dim=-1)


def measured(usual: Tensor, bones: Tensor, values: Tensor, known: Tensor) -> Tensor:
    """Return the lengths (..., B) of bones: those of values (..., J, 3) between joints that are `known` (..., J), the
    usual ones of others in the same proportion."""
    if not len(bones):
        return usual
    both = known[..., bones].all(-1)
    ratio = torch.where(both, lengths(values, bones) / usual.clamp_min(1e-6), torch.nan)
    proportion = ratio.nanmedian(-1, keepdim=True).values.nan_to_num(1.0)
    return usual * torch.where(both.expand_as(ratio), ratio, proportion)


def settle(
    poses: Tensor,
    bones: Tensor,
    usual: Tensor,
    values: Tensor,
    weights: Tensor,
    stay: Tensor | None = None,
    length: Tensor | None = None,
) -> Tensor:
    """Return poses (N, J, 3) near these, with joints near values (N, J, A) by weights (N, J) and bones (B, 2) of about
    their usual lengths (N, B): the most likely, by Gauss and Newton, if all three err by a Gaussian.

    stay (J,) and length (B,): how far joints and lengths err, metres; None: STAY and LENGTH. Each round linearises the
    lengths and solves for one multiplier a bone, as an iterated Kalman filter does.
    """
    axes = slice(0, values.shape[-1])
    sure = weights[..., None] / _SURE**2
    held = (poses.new_full((poses.shape[1],), STAY) if stay is None else stay)[:, None] ** -2
    precision = torch.zeros_like(poses) + held
    precision[..., axes] += sure
    # A bone's length changes with its two joints alone, along the bone: -1 and 1, times a direction.
    first, last = bones.unbind(1)
    ends, each = poses.new_zeros(len(bones), 1, poses.shape[1]), torch.arange(len(bones), device=poses.device)
    ends[each, 0, first], ends[each, 0, last] = -1.0, 1.0
    slopes, spreads = (poses.new_empty(len(poses), len(bones), 3, poses.shape[1]) for _ in range(2))
    slope, spread = slopes.flatten(2), spreads.flatten(2)
    eye = (poses.new_full((len(bones),), LENGTH) if length is None else length).square().diag()
    x = poses
    for step in _STEPS:
        loose = 1 / (precision + step**-2)
        gap = values - x[..., axes]
        gap = gap * (_PULL / torch.linalg.vector_norm(gap, dim=-1, keepdim=True).clamp_min(_PULL))
        pull = held * poses + step**-2 * x
        pull[..., axes] += sure * (x[..., axes] + gap)
        middle = pull * loose
        off = x.index_select(1, last) - x.index_select(1, first)
        now = torch.linalg.vector_norm(off, dim=-1).clamp_min(1e-6)
        torch.mul((off / now[..., None])[..., None], ends, out=slopes)
        torch.mul(slopes, loose.mT[:, None], out=spreads)
        wanted = usual - now + (slope @ (x - middle).mT.flatten(1)[..., None])[..., 0]
        factor = torch.linalg.cholesky_ex(spread @ slope.mT + eye).L
        multiplier = torch.cholesky_solve(wanted[..., None], factor)
        x = middle + (multiplier.mT @ spread).view(len(x), 3, -1).mT
    return x
