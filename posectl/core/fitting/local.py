"""Local linear regression: of codes and residuals on what is known, among the neighbours of a pose.

Source: W. S. Cleveland and S. J. Devlin, "Locally Weighted Regression", 1988; in its ridge is the noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

RIDGE = 0.006
"""Metres by the root of the number of known joints: how far examples, all else equal, differ in a coordinate."""
_EXACT = 0.01
"""Metres: the ridge of the regression among all examples."""
_LEAST = 1e-2  # of the mean variance of codes, which every direction keeps


_FAR = 2.0  # times the farthest neighbour


@dataclass(frozen=True)
class Local:
    """What the neighbours of N poses tell of targets (T numbers each) by F known numbers.

    weights (N, k): of neighbours, which sum to 1. gain (N, F, T): change of targets by what is known.
    """

    weights: Tensor
    features: Tensor
    targets: Tensor
    gain: Tensor

    def at(self, query: Tensor) -> Tensor:
        """Return the expected targets (N, T) where F known numbers (N, F) are the query's."""
        return self._mean(self.targets) + self._by(self._near(query - self._mean(self.features)))

    def moved(self, query: Tensor, chosen: Tensor) -> Tensor:
        """Return the targets (N, S, T) of chosen neighbours (N, S), moved by how far the query is from theirs."""
        rows = torch.arange(len(chosen), device=chosen.device)[:, None]
        off = query[:, None] - self.features[rows, chosen]
        return self.targets[rows, chosen] + torch.einsum("nsf,nft->nst", self._near(off), self.gain)

    def precision(self, count: int) -> Tensor:
        """Return the inverse (N, count, count) of the covariance, given what is known, of the first targets."""
        off = (self.targets - self._mean(self.targets)[:, None])[..., :count]
        known = self.features - self._mean(self.features)[:, None]
        whole = torch.einsum("nka,nk,nkb->nab", off, self.weights, off)
        left = off - torch.einsum("nkf,nft->nkt", known, self.gain[..., :count])
        given = torch.einsum("nka,nk,nkb->nab", left, self.weights, left)
        least = _LEAST * whole.diagonal(dim1=1, dim2=2).mean(1).clamp_min(1e-12)
        return torch.linalg.inv(given + least[:, None, None] * torch.eye(count, device=off.device))

    def _mean(self, values: Tensor) -> Tensor:
        return torch.einsum("nk,nkt->nt", self.weights, values)

    def _near(self, off: Tensor) -> Tensor:
        """Shorten offsets that reach far beyond all neighbours, where no straight line leads."""
        spread = (self.features - self._mean(self.features)[:, None]).square().sum(-1).amax(1).sqrt()
        farthest = _FAR * spread.view(-1, *[1] * (off.dim() - 1))
        return off * (farthest / torch.linalg.vector_norm(off, dim=-1, keepdim=True).clamp_min(1e-12)).clamp_max(1)

    def _by(self, off: Tensor) -> Tensor:
        return torch.einsum("nf,nft->nt", off, self.gain)


def regress(distances: Tensor, features: Tensor, targets: Tensor, ridge: Tensor, prior: Tensor | None) -> Local:
    """Regress targets (N, k, T) on features (N, k, F) of neighbours at sorted distances (N, k), with a ridge (N,) that
    holds the gain to a prior one (N, F, T), or to none.

    A neighbour's weight is a Gaussian of its distance, as wide as the median of all k.
    """
    wide = distances.median(1, keepdim=True).values.clamp_min(1e-9)
    weights = torch.exp(-0.5 * (distances.square() - distances[:, :1].square()) / wide.square()).to(features.dtype)
    weights = weights / weights.sum(1, keepdim=True)
    known = features - torch.einsum("nk,nkf->nf", weights, features)[:, None]
    off = targets - torch.einsum("nk,nkt->nt", weights, targets)[:, None]
    scaled = (known * weights[..., None]).mT
    inner = scaled @ known + ridge.square()[:, None, None] * torch.eye(known.shape[2], device=known.device)
    if prior is None:
        return Local(weights, features, targets, torch.linalg.solve(inner, scaled @ off))
    return Local(weights, features, targets, prior + torch.linalg.solve(inner, scaled @ (off - known @ prior)))


@dataclass(frozen=True)
class Overall:
    """Linear regression among all examples: what the local one is held to. covariance (F + T, F + T): of all joints'
    coordinates (F) and of targets (T)."""

    covariance: Tensor
    count: int

    @classmethod
    def of(cls, poses: Tensor, targets: Tensor) -> Overall:
        """Take poses (M, J, 3) and their targets (M, T)."""
        joint = torch.cat([poses.flatten(1), targets], 1).double()
        return cls(torch.cov(joint.T), poses[0].numel())

    def gain(self, known: Tensor, centred: bool, noise: float) -> Tensor:
        """Return the gain (N, F, T) of the known joints (N, J), about their mean if `centred`; 0 of the others.

        noise: standard deviation of what is known, metres.
        """
        masks, of = known.unique(dim=0, return_inverse=True)
        return torch.stack([self._gain(mask, centred, noise) for mask in masks])[of].to(torch.float32)

    def _gain(self, mask: Tensor, centred: bool, noise: float) -> Tensor:
        shown = mask.double().diag()
        if centred:
            shown = shown - mask.double()[:, None] * mask.double() / mask.sum()
        features = torch.kron(shown, torch.eye(3, dtype=torch.float64, device=mask.device))
        inner = features @ self.covariance[: self.count, : self.count] @ features.T
        ridge = (_EXACT**2 + noise**2) * torch.eye(self.count, dtype=torch.float64, device=mask.device)
        return torch.linalg.solve(inner + ridge, features @ self.covariance[: self.count, self.count :])
