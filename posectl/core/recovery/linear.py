"""Linear regression from the known joints to the hidden ones, and from noisy poses to clean ones."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.recovery import Recovery, with_known

_RCOND = 1e-10


class Linear(Recovery):
    """Least squares with an intercept over all training poses (M, J, 3), by their mean and covariance: the conditional
    mean of a Gaussian. Of noise it is Wiener's filter."""

    def __init__(self, train: Tensor) -> None:
        flat = train.flatten(1).double()
        self.mean, self.covariance = flat.mean(0), torch.cov(flat.T)

    def complete(self, poses: Tensor, known: Tensor, hypotheses: int) -> Tensor:
        """Return poses (N, 1, J, 3), the known joints as they are."""
        made = torch.zeros_like(poses, dtype=torch.float64)
        masks, of = known.unique(dim=0, return_inverse=True)
        for number, mask in enumerate(masks):
            rows, seen = of == number, mask.repeat_interleave(3)
            made[rows] = self._predicted(poses[rows].flatten(1).double(), seen).unflatten(1, poses.shape[1:])
        return with_known(poses, known, made)

    def _predicted(self, x: Tensor, seen: Tensor) -> Tensor:
        """Return whole poses (N, 3 J) of those of which the coordinates `seen` (3 J,) are known."""
        slope = torch.linalg.pinv(self.covariance[seen][:, seen], rtol=_RCOND, hermitian=True) @ self.covariance[seen]
        return self.mean + (x[:, seen] - self.mean[seen]) @ slope

    def denoise(self, poses: Tensor, noise: float) -> Tensor:
        """Return poses (N, 1, J, 3) of least expected squared error, the noise being white."""
        noisy = self.covariance + noise**2 * torch.eye(len(self.mean)).to(self.covariance)
        slope = torch.linalg.solve(noisy, self.covariance)
        clean = self.mean + (poses.flatten(1).double() - self.mean) @ slope
        return clean.unflatten(1, poses.shape[1:]).to(poses)[:, None]
