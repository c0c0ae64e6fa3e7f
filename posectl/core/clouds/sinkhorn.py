"""The earth mover's distance of clouds, fast and near enough to train on: Sinkhorn's algorithm, cooled.

Source: Cuturi, "Sinkhorn Distances: Lightspeed Computation of Optimal Transport", 2013, in logarithms, the
regularisation halved from the clouds' extent down to EPSILON, as in Feydy et al., "Interpolating between Optimal
Transport and MMD using Sinkhorn Divergences", 2019. It is no less than the exact distance but for the points that the
plan shares out, and exceeds it by a few per cent.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

EPSILON = 1e-3
"""Regularisation at the end, as a share of the square of the clouds' extent."""

_POLISH = 5


def earth_mover(a: Tensor, b: Tensor) -> Tensor:
    """Return the approximate sum (...) of squared distances between points of a (..., P, D) and those of b (..., Q, D)
    that are matched with them; of Q unlike P a point of b counts for P / Q.

    Gradients flow to both clouds, the plan held.

    >>> import torch
    >>> from posectl.core.clouds.sinkhorn import earth_mover
    >>> a = torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    >>> earth_mover(a, a.flip(0) + torch.tensor([0.5, 0.0, 0.0]))
    tensor(0.5000)
    """
    lead, points = torch.broadcast_shapes(a.shape[:-2], b.shape[:-2]), a.shape[-2]
    pairs = zip(*(each.expand(*lead, *each.shape[-2:]).reshape(-1, *each.shape[-2:]) for each in (a, b)), strict=True)
    return torch.stack([points * _cost(x, y, plan(x.detach(), y.detach())) for x, y in pairs]).view(lead)


def _cost(x: Tensor, y: Tensor, shares: Tensor) -> Tensor:
    """Return the cost () of a plan (P, Q): sum of shares times squared distances, without holding these."""
    own = (shares.sum(1) * x.square().sum(1)).sum() + (shares.sum(0) * y.square().sum(1)).sum()
    return own - 2 * (x * (shares @ y)).sum()


@torch.no_grad()
def plan(x: Tensor, y: Tensor) -> Tensor:
    """Return the plan (P, Q) that moves one cloud (P, D) to another (Q, D), each of mass one, whose rows are exact."""
    cost = torch.cdist(x, y).square_()
    both = torch.cat((x, y))
    extent = (both.amax(0) - both.amin(0)).square().sum().clamp_min(torch.finfo(x.dtype).tiny).item()
    halvings = math.ceil(math.log2(1 / EPSILON))
    to_x, to_y = -math.log(len(x)), -math.log(len(y))
    of_x, of_y = torch.zeros_like(cost[:, 0]), torch.zeros_like(cost[0])
    for power in [*range(halvings), *[halvings] * _POLISH]:
        epsilon = extent * max(EPSILON, 0.5**power)
        of_y = epsilon * (to_y - ((of_x[:, None] - cost) / epsilon).logsumexp(0))
        of_x = epsilon * (to_x - ((of_y[None] - cost) / epsilon).logsumexp(1))
    return ((of_x[:, None] + of_y[None] - cost) / epsilon).exp()
