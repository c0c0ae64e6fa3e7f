"""The Fréchet distance between the Gaussians of two sets, that of FID (Heusel et al., NeurIPS 2017, Eq. 6)."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.errors import TooFewError


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Return |m - n|^2 + trace(S + T - 2 sqrt(S T)) of the means m, n and unbiased covariances S, T of a (N, D) and b
    (M, D), in the square of their unit: a squared distance, as FID is.

    Raises TooFewError for a set of fewer than two.

    >>> frechet_distance(torch.tensor([[0.0], [2.0]]), torch.tensor([[3.0], [7.0]]))  # 4^2 + (sqrt(2) - sqrt(8))^2
    18.0
    """
    if min(len(a), len(b)) < 2:
        raise TooFewError("A covariance needs sets of two samples or more.", "Give more samples.")
    a, b = (each.flatten(1).double().cpu() for each in (a, b))
    gap = a.mean(0) - b.mean(0)
    s, t = (torch.cov(each.T).reshape(each.shape[1], -1) for each in (a, b))
    values, axes = torch.linalg.eigh(s)
    root = (axes * values.clamp_min(0).sqrt()) @ axes.T
    # sqrt(S) T sqrt(S) has the eigenvalues of S T, and is symmetric.
    shared = torch.linalg.eigvalsh(root @ t @ root).clamp_min(0).sqrt().sum()
    return float(gap @ gap + s.trace() + t.trace() - 2 * shared)
