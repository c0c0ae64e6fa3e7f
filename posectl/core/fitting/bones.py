"""Poses brought onto known joints and usual lengths of bones, staying near where they are."""

from __future__ import annotations

import torch
from torch import Tensor

_LENGTH, _STAY, _SURE = 0.003, 0.05, 0.001  # metres: of a bone's length, of a joint left alone, of one known exactly
_ROUNDS = 4


def lengths(poses: Tensor, bones: Tensor) -> Tensor:
    """Return the lengths (..., B) of bones (B, 2), pairs of joints, of poses (..., J, 3)."""
    return torch.linalg.vector_norm(poses[..., bones[:, 1], :] - poses[..., bones[:, 0], :], dim=-1)


def settle(poses: Tensor, bones: Tensor, usual: Tensor, values: Tensor, weights: Tensor, noise: float) -> Tensor:
    """Return poses (N, J, 3) near these, with joints near values (N, J, A) by weights (N, J) and bones (B, 2) of about
    their usual lengths (N, B): the most likely, by Gauss and Newton, if all three err by a Gaussian.

    Each round linearises the lengths and solves for one multiplier a bone, as an iterated Kalman filter does.
    """
    count, joints, _ = poses.shape
    precision = poses.new_full(poses.shape, _STAY**-2)
    pull = precision * poses
    sure = weights[..., None] / max(noise, _SURE) ** 2
    axes = slice(0, values.shape[-1])
    precision[..., axes] += sure
    pull[..., axes] += sure * values
    middle, loose = pull / precision, 1 / precision
    x = middle
    eye = _LENGTH**2 * torch.eye(len(bones), device=poses.device)
    for _ in range(_ROUNDS):
        off = x[:, bones[:, 1]] - x[:, bones[:, 0]]
        length = torch.linalg.vector_norm(off, dim=-1).clamp_min(1e-6)
        slope = poses.new_zeros(count, len(bones), joints, 3)
        each = torch.arange(len(bones), device=poses.device)
        slope[:, each, bones[:, 1]] = off / length[..., None]
        slope[:, each, bones[:, 0]] = -off / length[..., None]
        flat = slope.flatten(2)
        spread = flat * loose.flatten(1)[:, None]
        wanted = usual - length + (flat @ (x - middle).flatten(1)[..., None])[..., 0]
        multiplier = torch.linalg.solve(spread @ flat.mT + eye, wanted)
        x = middle + torch.einsum("nb,nbc->nc", multiplier, spread).view_as(x)
    return x
