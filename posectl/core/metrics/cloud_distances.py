"""Distances between clouds of points, in float64: Chamfer's, and the earth mover's by exact assignment.

No result depends on blocks or threads.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from posectl.core.clouds.chamfer import squared_distances
from posectl.core.distances import pairwise_sum
from posectl.core.metrics import metric_input
from posectl.core.nearest.engine import compiles
from posectl.core.random import generator
from posectl.errors import InvalidInputError

BLOCK = 1 << 20
"""Points, or without the compiled search pairs of points, that are looked at together."""

EMD_CLOUDS, EMD_POINTS = 100, 256
"""Clouds, and points of each, that exact assignments are made of: 100 x 100 of them take half a minute of one core."""


def chamfer(a: Tensor, b: Tensor) -> Tensor:
    """Return the Chamfer distance (...) float64 of clouds a (..., P, 3) and b (..., Q, 3), which broadcast.

    It is the mean over the points of a of the squared distance to the nearest of b, and the same from b to a, added
    (Achlioptas et al., ICML 2018, as their metrics and PointFlow's normalise it).

    >>> import torch
    >>> from posectl.core.metrics.cloud_distances import chamfer
    >>> chamfer(torch.zeros(4, 3), torch.tensor([[0.0, 0.0, 3.0], [0.0, 4.0, 0.0]]))  # 9, and (9 + 16) / 2
    tensor(21.5000, dtype=torch.float64)
    """
    # Sorted along x, so that the search can end where x alone is too far away.
    a, b = (_sorted(each) for each in (a, b))
    return _of_pairs(_chamfer, a, b, max(a.shape[-2], b.shape[-2]))


def earth_mover(a: Tensor, b: Tensor) -> Tensor:
    """Return the earth mover's distance (...) float64 of clouds (..., P, 3), which broadcast: the least mean distance
    between points that are matched one to one (Achlioptas et al., ICML 2018), exactly.

    Raises InvalidInputError for clouds of unlike numbers of points.

    >>> import torch
    >>> from posectl.core.metrics.cloud_distances import earth_mover
    >>> points = torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    >>> earth_mover(points, points.flip(0) + torch.tensor([0.5, 0.0, 0.0]))
    tensor(0.5000, dtype=torch.float64)
    """
    if a.shape[-2] != b.shape[-2]:
        raise InvalidInputError(
            f"Clouds of {a.shape[-2]} and {b.shape[-2]} points cannot be matched one to one.",
            "Give clouds of as many points, or use Chamfer's distance.",
        )
    return _of_pairs(_earth_mover, a.double(), b.double(), a.shape[-2])


@dataclass(frozen=True)
class CloudSets:
    """Generated clouds samples (M, P, 3) and real ones reference (N, Q, 3), with the distances in and between them.

    Chamfer's are of all clouds, the earth mover's of up to EMD_CLOUDS a side with EMD_POINTS each, drawn by `seed`.
    """

    samples: Tensor
    reference: Tensor
    seed: int = 0

    @cached_property
    def few(self) -> CloudSets:
        """The clouds that exact assignments are made of."""
        points = min(EMD_POINTS, self.samples.shape[1], self.reference.shape[1])
        return CloudSets(thinned(self.samples, points, self.seed), thinned(self.reference, points, self.seed))

    @cached_property
    def between(self) -> dict[str, Tensor]:
        """The distances (M, N) from samples to reference by their name, chamfer or emd."""
        pairs = {"chamfer": (self, chamfer), "emd": (self.few, earth_mover)}
        return {name: f(sets.samples[:, None], sets.reference[None]) for name, (sets, f) in pairs.items()}

    @cached_property
    def within(self) -> dict[str, tuple[Tensor, Tensor]]:
        """The distances among samples (M, M) and among reference (N, N) by their name."""
        pairs = {"chamfer": (self, chamfer), "emd": (self.few, earth_mover)}
        return {name: (_among(f, sets.samples), REAL.among(f, sets.reference)) for name, (sets, f) in pairs.items()}


@metric_input("cloud_sets")
def cloud_sets(cloud_samples: Tensor, cloud_reference: Tensor, seed: int = 0) -> CloudSets:
    """Return the sets of clouds whose distances several metrics share."""
    return CloudSets(cloud_samples, cloud_reference, seed)


def thinned(clouds: Tensor, points: int, seed: int) -> Tensor:
    """Return up to EMD_CLOUDS of clouds (N, P, 3), each as `points` of its points, all drawn by `seed`."""
    g = generator(seed, "metrics/clouds")
    chosen = torch.randperm(len(clouds), generator=g)[:EMD_CLOUDS]
    order = torch.rand(len(chosen), clouds.shape[1], generator=g).argsort(1)[:, :points]
    return clouds[chosen[:, None].to(clouds.device), order.to(clouds.device)]


def _among(measure: Callable[[Tensor, Tensor], Tensor], clouds: Tensor) -> Tensor:
    """Return the symmetric distances (N, N), 0 on the diagonal, of clouds (N, P, 3)."""
    i, j = torch.triu_indices(len(clouds), len(clouds), 1, device=clouds.device)
    whole = torch.zeros(len(clouds), len(clouds), dtype=torch.float64, device=clouds.device)
    whole[i, j] = whole[j, i] = measure(clouds[i], clouds[j])
    return whole


class DistancesCache:
    """The distances among the clouds that were measured last, by each measure: models are held against the same real
    ones, one after the other. Threads need no lock: two that measure the same at once find equal things."""

    def __init__(self) -> None:
        self._last: dict[Callable[[Tensor, Tensor], Tensor], tuple[Tensor, Tensor]] = {}

    def among(self, measure: Callable[[Tensor, Tensor], Tensor], clouds: Tensor) -> Tensor:
        """Return the distances (N, N) of clouds (N, P, 3) by a measure, those of equal clouds as they were found."""
        known, distances = self._last.get(measure, (None, None))
        if known is None or distances is None or known.device != clouds.device or not torch.equal(known, clouds):
            distances = _among(measure, clouds)
            self._last[measure] = clouds.clone(), distances
        return distances


REAL = DistancesCache()

Measure = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
"""Distances (B,) of clouds x[i] (P, 3) and y[j] (Q, 3), for i and j (B,)."""


def _of_pairs(measure: Measure, a: Tensor, b: Tensor, points: int) -> Tensor:
    """Measure clouds (..., P, 3) and (..., Q, 3), which broadcast, some pairs at a time, on as many threads as torch
    has."""
    lead = torch.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    x, y = a.reshape(-1, *a.shape[-2:]), b.reshape(-1, *b.shape[-2:])
    i, j = (torch.arange(len(flat)).view(each.shape[:-2]).expand(lead).reshape(-1) for flat, each in ((x, a), (y, b)))
    size = max(1, min(BLOCK // points, -(-len(i) // (4 * torch.get_num_threads()))))
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        parts = list(pool.map(lambda some: measure(x, y, *some), zip(i.split(size), j.split(size), strict=True)))
    return torch.cat(parts).view(lead) if parts else x.new_zeros(lead)


def _chamfer(x: Tensor, y: Tensor, i: Tensor, j: Tensor) -> Tensor:
    if x.device.type == "cpu" and compiles(torch.float64):
        from posectl.core.metrics.cloud_kernel import nearest_squares

        one, other = (torch.empty(len(i), each.shape[1], dtype=torch.float64) for each in (x, y))
        nearest_squares(x.numpy(), y.numpy(), i.numpy(), j.numpy(), one.numpy())
        nearest_squares(y.numpy(), x.numpy(), j.numpy(), i.numpy(), other.numpy())
    else:
        size = max(1, BLOCK // (x.shape[1] * y.shape[1]))
        parts = [squared_distances(x[p], y[q]) for p, q in zip(i.split(size), j.split(size), strict=True)]
        one, other = (torch.cat(side) for side in zip(*parts, strict=True))
    return pairwise_sum(one) / x.shape[1] + pairwise_sum(other) / y.shape[1]


def _earth_mover(x: Tensor, y: Tensor, i: Tensor, j: Tensor) -> Tensor:
    matched = _matches(x, y, i, j)[..., None].expand(-1, -1, 3)
    return pairwise_sum(_lengths(x[i] - y[j].gather(1, matched))) / x.shape[1]


def assignment(x: Tensor, y: Tensor) -> Tensor:
    """Return the rows (P,) of y (P, 3) that the points of x (P, 3) are matched with at the least summed distance."""
    one = torch.zeros(1, dtype=torch.int64)
    return _matches(x.double()[None], y.double()[None], one, one)[0]


def _matches(x: Tensor, y: Tensor, i: Tensor, j: Tensor) -> Tensor:
    """Return which points (B, P) of y[j] those of x[i] are matched with."""
    a, b = x.cpu().contiguous(), y.cpu().contiguous()
    if compiles(torch.float64):
        from posectl.core.metrics.cloud_assignment import match

        found = torch.empty(len(i), x.shape[1], dtype=torch.int64)
        match(a.numpy(), b.numpy(), i.numpy(), j.numpy(), found.numpy())
    else:
        pairs = zip(i.tolist(), j.tolist(), strict=True)
        costs = (_lengths(a[p][:, None] - b[q][None]).numpy() for p, q in pairs)
        found = torch.stack([torch.from_numpy(linear_sum_assignment(cost)[1]) for cost in costs])
    return found.to(y.device)


def _lengths(vectors: Tensor) -> Tensor:
    x, y, z = vectors.square().unbind(-1)
    return (x + y + z).sqrt_()


def _sorted(clouds: Tensor) -> Tensor:
    order = clouds[..., 0].argsort(dim=-1, stable=True)
    return clouds.double().gather(-2, order[..., None].expand(clouds.shape))
