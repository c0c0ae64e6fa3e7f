"""The Chamfer distance: every point's squared distance to the nearest of the other cloud, exact, in bounded memory.

Source: Fan et al., "A Point Set Generation Network for 3D Object Reconstruction from a Single Image", 2017, Eq. 1.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor

from posectl.core.nearest.engine import compiles

PAIRS, _ON_DEVICE = 1 << 18, 1 << 26
"""Pairs of points that are compared at once, on a CPU and on other devices. No result depends on it."""


def chamfer(a: Tensor, b: Tensor) -> Tensor:
    """Return the Chamfer distance (...) of clouds (..., P, D) and (..., Q, D): the sum over all points of both.

    Gradients flow to both clouds, from both sums, the nearest points held.

    >>> import torch
    >>> from posectl.core.clouds.chamfer import chamfer
    >>> chamfer(torch.zeros(1, 3), torch.tensor([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]))
    tensor(6.)
    """
    to_b, to_a = squared_distances(a, b)
    return to_b.sum(-1) + to_a.sum(-1)


def mean_chamfer(a: Tensor, b: Tensor) -> Tensor:
    """Return the Chamfer distance (...) of clouds (..., P, D) and (..., Q, D) as means over points: each cloud's mean
    squared distance to the nearest of the other, added.

    >>> import torch
    >>> from posectl.core.clouds.chamfer import mean_chamfer
    >>> mean_chamfer(torch.zeros(1, 3), torch.tensor([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]))
    tensor(3.5000)
    """
    to_b, to_a = squared_distances(a, b)
    return to_b.mean(-1) + to_a.mean(-1)


def squared_distances(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Return the squared distance of every point of a (..., P, D) to the nearest of b (..., Q, D), and the reverse:
    (..., P) and (..., Q)."""
    lead = a.shape[:-2]
    a, b = a.reshape(-1, *a.shape[-2:]), b.reshape(-1, *b.shape[-2:])
    of_a, of_b = nearest_points(a, b)
    to_b, to_a = (torch.linalg.vecdot(d, d) for d in (a - pick(b, of_a), b - pick(a, of_b)))
    return to_b.view(*lead, -1), to_a.view(*lead, -1)


@torch.no_grad()
def nearest_points(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Find the point of b (N, Q, D) nearest to every point of a (N, P, D), and the reverse: (N, P) and (N, Q), the
    first of equals."""
    if a.device.type == "cpu" and a.shape[2] == 3 and a.dtype in (torch.float32, torch.float64) and compiles(a.dtype):
        return _compiled(a, b)
    p, q = a.shape[1], b.shape[1]
    pairs = PAIRS if a.device.type == "cpu" else _ON_DEVICE
    clouds, points = max(1, pairs // (p * q)), max(1, min(p, pairs // q))
    found = [_nearest(x, y, points) for x, y in zip(a.split(clouds), b.split(clouds), strict=True)]
    of_a, of_b = zip(*found, strict=True)
    return torch.cat(of_a), torch.cat(of_b)


def _compiled(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Find the nearest points by compiled code, clouds shared out among as many threads as torch has."""
    from posectl.core.clouds.kernel import nearest_pairs  # and with it numba

    found = tuple(torch.empty(each.shape[:2], dtype=torch.int64) for each in (a, b))
    clouds = (each.detach().mT.contiguous() for each in (a, b))
    threads = torch.get_num_threads()
    parts = zip(*(each.tensor_split(threads) for each in (*clouds, *found)), strict=True)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda part: nearest_pairs(*(each.numpy() for each in part)), parts))
    return found[0], found[1]


def _nearest(a: Tensor, b: Tensor, points: int) -> tuple[Tensor, Tensor]:
    """Find the nearest points of a few clouds, so many points of a against all of b at once."""
    least, of_b = b.new_full(b.shape[:2], torch.inf), torch.zeros(b.shape[:2], dtype=torch.int64, device=b.device)
    of_a = []
    for start in range(0, a.shape[1], points):
        square = _squares(a[:, start : start + points], b)
        of_a.append(square.min(2).indices)
        here, which = square.min(1)
        nearer = here < least
        least, of_b = torch.where(nearer, here, least), torch.where(nearer, which + start, of_b)
    return torch.cat(of_a, dim=1), of_b


def _squares(a: Tensor, b: Tensor) -> Tensor:
    """Return the squared distances (N, P, Q) by differences: products would cancel where points are close."""
    columns = zip(a[:, :, None].unbind(-1), b[:, None].unbind(-1), strict=True)
    x, y = next(columns)
    total = (x - y).square_()
    for x, y in columns:
        difference = x - y
        total.addcmul_(difference, difference)
    return total


def pick(clouds: Tensor, which: Tensor) -> Tensor:
    """Return points (N, P, D) of clouds (N, Q, D) by their numbers (N, P), with a gradient summed in a fixed order."""
    return _Pick.apply(clouds, which)


class _Pick(torch.autograd.Function):
    """A gather whose gradient is the same at every run: the one of torch adds in any order on a GPU."""

    @staticmethod
    def forward(ctx: Any, clouds: Tensor, which: Tensor) -> Tensor:
        ctx.save_for_backward(which)
        ctx.shape = clouds.shape
        return clouds.gather(1, _columns(which, clouds))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (which,) = ctx.saved_tensors
        total = gradient.new_zeros(ctx.shape)
        if gradient.device.type == "cpu":
            return total.scatter_add_(1, _columns(which, gradient), gradient), None
        cloud = torch.arange(len(which), device=which.device)[:, None]
        return total.index_put_((cloud, which), gradient, accumulate=True), None


def _columns(which: Tensor, points: Tensor) -> Tensor:
    return which[..., None].expand(-1, -1, points.shape[-1])
