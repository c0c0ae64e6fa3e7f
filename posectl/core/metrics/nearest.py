"""Exact k-nearest neighbours under the mean per-joint distance, L2 and the cosine distance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch

from posectl.errors import InvalidInputError

Metric = Literal["mpjpe", "l2", "cosine"]
Array = torch.Tensor | np.ndarray

_BLOCK_BYTES = 32 << 20


def nearest(
    queries: Array, reference: Array, k: int = 1, metric: Metric = "mpjpe"
) -> tuple[torch.Tensor, torch.Tensor]:
    """The k rows of the reference nearest to each query, the nearest first; ties go to the lowest index.

    queries (N, ...) and reference (M, ...): (., J, 3) for "mpjpe", the mean over joints of the Euclidean distance;
    anything of equal shape, flattened, for "l2" and for "cosine" (1 - cos). Returns distances (N, k) float64, in the
    unit of the input (none for cosine), and indices (N, k) int64. Computed in float64, one coordinate after the other, so
    that the bits do not depend on blocks, threads or the order of the reference.
    Raises InvalidInputError for empty, non-finite or unlike arrays, and for k outside 1 ... M.
    """
    q, r = torch.as_tensor(queries), torch.as_tensor(reference)
    _check(q, r, k, metric)
    q, r = q.flatten(1), r.flatten(1).to(q.device)
    q_rows = 64
    r_rows = max(k, _BLOCK_BYTES // (8 * q_rows))
    parts = [_block(b.double(), r, k, _PAIRWISE[metric], r_rows) for b in q.split(q_rows)]
    return torch.cat([d for d, _ in parts]), torch.cat([i for _, i in parts])


def _block(
    q: torch.Tensor, r: torch.Tensor, k: int, pairwise: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], rows: int
) -> tuple[torch.Tensor, torch.Tensor]:
    best = torch.empty(len(q), 0, dtype=torch.float64, device=q.device)
    index = torch.empty(len(q), 0, dtype=torch.int64, device=q.device)
    for start in range(0, len(r), rows):
        part = r[start : start + rows].double()
        near, column = pairwise(q, part).sort(dim=1, stable=True)
        best = torch.cat([best, near[:, :k]], 1)
        index = torch.cat([index, column[:, :k] + start], 1)
        best, order = best.sort(dim=1, stable=True)
        best, index = best[:, :k], index.gather(1, order)[:, :k]
    return best, index


def _squared(q: torch.Tensor, r: torch.Tensor) -> torch.Tensor:
    total = torch.zeros(len(q), len(r), dtype=q.dtype, device=q.device)
    for a, b in zip(q.T, r.T, strict=True):
        total += (a[:, None] - b) ** 2
    return total


def _mpjpe(q: torch.Tensor, r: torch.Tensor) -> torch.Tensor:
    joints = zip(q.split(3, 1), r.split(3, 1), strict=True)
    total = torch.zeros(len(q), len(r), dtype=q.dtype, device=q.device)
    for a, b in joints:
        total += _squared(a, b).sqrt_()
    return total / (q.shape[1] // 3)


def _l2(q: torch.Tensor, r: torch.Tensor) -> torch.Tensor:
    return _squared(q, r).sqrt_()


def _cosine(q: torch.Tensor, r: torch.Tensor) -> torch.Tensor:
    # Half the squared chord between unit vectors is 1 - cos, without its cancellation at small angles.
    return _squared(_unit(q), _unit(r)) / 2


def _unit(x: torch.Tensor) -> torch.Tensor:
    return x / x.square().cumsum(1)[:, -1:].sqrt()


_PAIRWISE: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "mpjpe": _mpjpe,
    "l2": _l2,
    "cosine": _cosine,
}


def _check(q: torch.Tensor, r: torch.Tensor, k: int, metric: str) -> None:
    if metric not in _PAIRWISE:
        raise InvalidInputError(f"There is no distance {metric!r}.", f"Known: {', '.join(_PAIRWISE)}.")
    for name, x in (("queries", q), ("reference", r)):
        if x.ndim < 2 or 0 in x.shape:
            raise InvalidInputError(
                f"The {name} of a nearest-neighbour search have shape {tuple(x.shape)}.",
                "Give at least one sample and one value a sample: (N, J, 3) for poses, (N, ...) otherwise.",
            )
        if not torch.isfinite(x).all():
            raise InvalidInputError(
                f"The {name} of a nearest-neighbour search hold NaN or infinite values.", "Remove those samples."
            )
        if metric == "cosine" and bool((x.flatten(1) == 0).all(1).any()):
            raise InvalidInputError(
                f"A sample of the {name} is all zeros, so that its cosine distance is undefined.",
                "Remove such samples, or measure in l2.",
            )
    if q.shape[1:] != r.shape[1:] or (metric == "mpjpe" and (q.ndim != 3 or q.shape[2] != 3)):
        wanted = "(N, J, 3) for both" if metric == "mpjpe" else "the same shape for both"
        raise InvalidInputError(
            f"Samples of shape {tuple(q.shape[1:])} cannot be compared with {tuple(r.shape[1:])} under {metric}.",
            f"The distance {metric} needs {wanted}.",
        )
    if not 1 <= k <= len(r):
        raise InvalidInputError(
            f"{k} nearest neighbours were asked for among {len(r)}.", f"Ask for 1 to {len(r)}, or give more samples."
        )
