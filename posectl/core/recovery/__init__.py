"""Baselines of completion, inverse kinematics and denoising: what is recovered of poses without a latent space.

Each is made from training poses alone.
"""

from __future__ import annotations

import torch
from torch import Tensor


class Recovery:
    """A way to recover poses: `complete` those of which some joints are hidden, `denoise` noisy ones."""

    def complete(self, poses: Tensor, known: Tensor, hypotheses: int) -> Tensor:
        """Return poses (N, S, J, 3), S at most `hypotheses`, the best first, of poses (N, J, 3) of which the joints
        `known` (N, J) count."""
        raise NotImplementedError

    def denoise(self, poses: Tensor, noise: float) -> Tensor:
        """Return poses (N, 1, J, 3) of noisy ones (N, J, 3); noise: the standard deviation of a coordinate, metres."""
        raise NotImplementedError

    def denoise_clips(self, clips: Tensor, noise: float) -> Tensor:
        """Return clips (B, T, J, 3) of noisy ones: frame by frame, where time is not looked at."""
        return self.denoise(clips.flatten(0, 1), noise)[:, 0].unflatten(0, clips.shape[:2])


def with_known(poses: Tensor, known: Tensor, made: Tensor) -> Tensor:
    """Return poses (N, 1, J, 3): the known joints of poses (N, J, 3), the others of `made` (N, J, 3)."""
    return torch.where(known[..., None], poses, made.to(poses))[:, None]
