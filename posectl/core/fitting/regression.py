"""Kernel ridge regression with a linear part, which tells of every row what the other parts of the rows say of it.

Source: C. Saunders, A. Gammerman and V. Vovk, "Ridge Regression Learning Algorithm in Dual Variables", 1998, among
landmarks as C. Williams and M. Seeger, "Using the Nyström Method to Speed Up Kernel Machines", 2001.
"""

from __future__ import annotations

from dataclasses import dataclass

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
    best: tuple[float, Tensor, Tensor] | None = None
    sums = [(terms[parts == part].mT @ terms[parts == part], terms[parts == part].mT @ y[parts == part])
            for part in range(int(parts.max()) + 1)]  # fmt: skip
    inner, outer = (torch.stack(each).sum(0) for each in zip(*sums, strict=True))
    for penalty in _PENALTIES[: len(_PENALTIES) if landmarks else 1]:
        ridge = torch.full_like(terms[0], _LINEAR).diag()
        edge = len(ridge) - landmarks
        ridge[edge:, edge:] = penalty * len(x) * kernel + _JITTER * torch.eye(landmarks).to(kernel)
        told = torch.zeros_like(y)
        for part, (own_inner, own_outer) in enumerate(sums):
            told[parts == part] = terms[parts == part] @ _solved(inner - own_inner + ridge, outer - own_outer)
        error = float((told - y).square().mean())
        if best is None or error < best[0]:
            best = error, told, _solved(inner + ridge, outer)
    assert best is not None
    return Regression(mean, scale, reach, chosen, wide, best[2]), best[1].to(targets.dtype)


def _solved(inner: Tensor, outer: Tensor) -> Tensor:
    return torch.cholesky_solve(outer, torch.linalg.cholesky(inner))
