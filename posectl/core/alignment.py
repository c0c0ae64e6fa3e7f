"""The similarity transform that brings one pose nearest to another (Procrustes analysis)."""

from __future__ import annotations

import torch
from torch import Tensor


def aligned(poses: Tensor, truth: Tensor) -> Tensor:
    """Return poses (..., J, 3) rotated, scaled and moved to the least squared distance from truth, float64.

    Reflections are left out; all joints in one place come to the truth's middle. Source: Umeyama, "Least-squares
    estimation of transformation parameters between two point patterns", 1991, Eqs. 40 to 42.

    >>> truth = torch.eye(3)
    >>> turned = 2 * truth[:, [1, 2, 0]] + 5  # a rotation, a scale and a shift
    >>> torch.allclose(aligned(turned, truth), truth.double())
    True
    """
    poses, truth = torch.broadcast_tensors(poses.double(), truth.double())
    middle, goal = poses.mean(-2, keepdim=True), truth.mean(-2, keepdim=True)
    x, y = poses - middle, truth - goal
    u, s, vh = torch.linalg.svd(y.mT @ x)
    sign = torch.ones_like(s)
    sign[..., -1] = torch.where(torch.linalg.det(u @ vh) < 0, -1.0, 1.0)
    size = x.square().sum((-2, -1))
    scale = torch.where(size > 0, (s * sign).sum(-1) / size.clamp_min(torch.finfo(size.dtype).tiny), 0.0)
    rotation = (u * sign[..., None, :]) @ vh
    return scale[..., None, None] * (x @ rotation.mT) + goal
