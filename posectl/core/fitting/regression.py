"""Kernel ridge regression with a linear part, which tells of every row what the other parts of the rows say of it.

Source: C. Saunders, A. Gammerman and V. Vovk, "Ridge Regression Learning Algorithm in Dual Variables", 1998, among
landmarks as C. Williams and M. Seeger, "Using the Nyström Method to Speed Up Kernel Machines", 2001.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

_PENALTIES = (1e-6, 1e-5, 1e-4, 1e-3)  # of the kernel's part, a row; the left out rows choose among them
_LINEAR, _JITTER = 1e-3, 1e-6
_REACH = 1.5  # times the farthest row, beyond which rows are taken to lie there


@dataclass(frozen=True)
class Regression:
    """Numbers told from rows (N, F): linear in them, and in Gaussians about landmarks (m, F)."""

    mean: Tensor
    scale: Tensor
    reach: Tensor
    landmarks: Tensor
    width: Tensor
    gain: Tensor

    def at(self, rows: Tensor) -> Tensor:
        """Return the expected targets (N, T) of rows (N, F)."""
        return (self._terms(rows) @ self.gain).to(rows.dtype)

    def _terms(self, rows: Tensor) -> Tensor:
        x = (rows.double() - self.mean) / self.scale
        x = x * (self.reach / torch.linalg.vector_norm(x, dim=1, keepdim=True).clamp_min(1e-12)).clamp_max(1)
        near = torch.exp(-torch.cdist(x, self.landmarks).square() / self.width.square())
        return torch.cat([torch.ones_like(x[:, :1]), x, near], 1)


def cross_fitted(
    rows: Tensor, targets: Tensor, parts: Tensor, landmarks: int, width: float
) -> tuple[Regression, Tensor]:
    """Regress targets (n, T) on rows (n, F), and return with it what is told of each row by a regression on the parts
    (n,) int64 that it is not in.

    landmarks: how many rows, spread evenly over them, Gaussians stand on; 0: linear regression. width: of these, in
    medians of the distance of two. The penalty is the one of least error on what was left out.
    """
    x, y = rows.double(), targets.double()
    mean, scale = x.mean(0), x.std().clamp_min(1e-9)
    scaled = (x - mean) / scale
    reach = _REACH * torch.linalg.vector_norm(scaled, dim=1).max()
    chosen = scaled[torch.linspace(0, len(x) - 1, landmarks).long()]
    apart = torch.cdist(chosen, chosen)
    wide = width * (apart.median() if landmarks else scale).clamp_min(1e-9)
    blank = Regression(mean, scale, reach, chosen, wide, x.new_zeros(0))
    terms = blank._terms(rows)
    kernel = torch.exp(-apart.square() / wide.square())
    sums = [_Sums.of(terms[parts == part], y[parts == part]) for part in range(int(parts.max()) + 1)]
    whole = _Sums(*(torch.stack(each).sum(0) for each in zip(*sums, strict=True)))
    tried: list[tuple[float, Tensor, list[Tensor]]] = []
    for penalty in _PENALTIES[: len(_PENALTIES) if landmarks else 1]:
        ridge = torch.full_like(terms[0], _LINEAR).diag()
        edge = len(ridge) - landmarks
        ridge[edge:, edge:] = penalty * len(x) * kernel + _JITTER * torch.eye(landmarks).to(kernel)
        gains = [whole.without(each).gain(ridge) for each in sums]
        tried.append((sum(float(each.error(gain)) for each, gain in zip(sums, gains, strict=True)), ridge, gains))
    _, ridge, gains = min(tried, key=lambda each: each[0])
    told = torch.zeros_like(y)
    for part, gain in enumerate(gains):
        told[parts == part] = terms[parts == part] @ gain
    return Regression(mean, scale, reach, chosen, wide, whole.gain(ridge)), told.to(targets.dtype)


class _Sums(NamedTuple):
    """What least squares need of rows X (n, P) and targets Y (n, T): X'X (P, P), X'Y (P, T) and the sum of squares of
    Y."""

    inner: Tensor
    outer: Tensor
    squares: Tensor

    @classmethod
    def of(cls, rows: Tensor, targets: Tensor) -> _Sums:
        return cls(rows.mT @ rows, rows.mT @ targets, targets.square().sum())

    def without(self, other: _Sums) -> _Sums:
        return _Sums(*(ours - theirs for ours, theirs in zip(self, other, strict=True)))

    def gain(self, ridge: Tensor) -> Tensor:
        """Return W (P, T) of least squares under a penalty (P, P)."""
        return torch.cholesky_solve(self.outer, torch.linalg.cholesky(self.inner + ridge))

    def error(self, gain: Tensor) -> Tensor:
        """Return the sum of squares of Y - X W."""
        return self.squares + (gain * (self.inner @ gain - 2 * self.outer)).sum()
