"""Poses: (J, 3) joints in metres about the pelvis."""

from __future__ import annotations

import torch
from torch import Tensor

from posectl.core.distances import mean_per_joint
from posectl.core.kinds import FEWEST_POINTS, Kind, kind


@kind("poses")
class Poses(Kind):
    """The kind of poses. The reconstruction loss is the squared 3-vector's mean over joints, m^2 (the pose report's
    losses/joints_loss.py), the test error and the distance the mean joint distance (MPJPE). A plain autoencoder's
    coordinates scatter by a few centimetres: a metre of denoising's noise would leave nothing of a pose. The slope of
    GAIA's balance counts in metres."""

    axes = ("joint", "axis")
    noun, nouns, unit = "pose", "frames", "m"
    prior, net = "sphere", "mlp"
    coordinates = 3
    noise = 0.05
    search = "mpjpe"

    def accepts(self, shape: tuple[int, ...]) -> bool:
        """Tell whether the shape is (J, 3), with fewer joints than a cloud has points."""
        return len(shape) == 2 and shape[1] == 3 and shape[0] < FEWEST_POINTS

    def errors(self, x: Tensor, x_hat: Tensor) -> Tensor:
        """Return the mean joint distance (R, B), metres."""
        return torch.linalg.vector_norm(x_hat - x, dim=-1).mean(-1)

    def speed(self, velocity: Tensor) -> Tensor:
        """Return the mean over joints of their speeds (R, B)."""
        return torch.linalg.vector_norm(velocity, dim=-1).mean(-1)

    def distance(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the mean per-joint distance (...) float64, metres (pose report, Eq. 8)."""
        return mean_per_joint(a, b)
