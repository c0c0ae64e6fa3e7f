"""What is known of poses: joints in space, or their images in a camera, and what of the camera is left open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

Free = Literal["nothing", "place", "scale"]


@dataclass(frozen=True)
class Evidence:
    """What is known of N poses of J joints.

    values (N, J, A): of each joint, any number where its weight is 0. A = 3: metres, A = 2: x to the right and y down
    in a camera, in any unit. weights (N, J): in [0, 1], 0 of an unknown joint. noise: standard deviation of a value, in
    metres. free: what is not known beside, the "place" of the pelvis, or that and the "scale". axes (3, 3): rows of the
    camera in the poses' own axes, but for a turn about their vertical, which is searched for; None: values are in the
    poses' own axes. perspective: whether values are tangents of rays, x / z and y / z.
    """

    values: Tensor
    weights: Tensor
    noise: float = 0.0
    free: Free = "nothing"
    axes: Tensor | None = None
    perspective: bool = False

    def __len__(self) -> int:
        return len(self.values)

    @property
    def known(self) -> Tensor:
        """The mask (N, J) of joints of which something is known."""
        return self.weights > 0

    def rows(self, rows: Tensor | slice) -> Evidence:
        """Return the evidence of some of the poses, with zeros for what is not known."""
        weights = self.weights[rows]
        return replace(self, values=self.values[rows].where(weights[..., None] > 0, 0), weights=weights)

    def placed(self, poses: Tensor) -> tuple[Tensor, Tensor]:
        """Return values in metres about the pelvis (N, J, A), and scales (N,), values a metre, by which they lie best
        on poses (N, J, 3) in the camera's axes."""
        scale = self.values.new_ones(len(self))
        if self.free == "nothing":
            return self.values, scale
        seen = poses[..., : self.values.shape[-1]]
        values = self.values
        for _ in range(6 if self.perspective else 1):
            from_values, from_poses = centre(values, self.weights), centre(seen, self.weights)
            off, to = values - from_values, seen - from_poses
            if self.free == "scale":
                share = (self.weights[..., None] * off * to).sum((1, 2))
                scale = (share / (self.weights[..., None] * to.square()).sum((1, 2)).clamp_min(1e-12)).clamp_min(1e-9)
            if self.perspective:
                values = self.values * (1 + scale[:, None] * poses[..., 2])[..., None]
        return off / scale[:, None, None] + from_poses, scale


def centre(values: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted means (N, 1, A) of values (N, J, A), 0 where nothing has a weight."""
    shares = weights / weights.sum(-1, keepdim=True).clamp_min(1e-12)
    return (shares[..., None] * values).sum(-2, keepdim=True)


def standardised(values: Tensor, weights: Tensor, free: Free) -> Tensor:
    """Return values (N, J, A) less what is free: about their weighted mean, and divided by their root mean square."""
    if free == "nothing":
        return values
    off = values - centre(values, weights)
    if free == "place":
        return off
    shares = weights / weights.sum(-1, keepdim=True).clamp_min(1e-12)
    return off / (shares * off.square().sum(-1)).sum(-1).sqrt().clamp_min(1e-9)[:, None, None]


def level(up: Tensor) -> Tensor:
    """Return the axes (3, 3) of a level camera, its rows x to the right, y down and z forwards, where (3,) is up."""
    ahead = torch.eye(3, dtype=up.dtype, device=up.device)[int(up.abs().argmin())]
    return torch.stack([torch.linalg.cross(-up, ahead), -up, ahead])


def turn(angles: Tensor, up: Tensor) -> Tensor:
    """Return rotations (..., 3, 3) by angles (...) about an axis (3,) (Rodrigues)."""
    eye = torch.eye(3, dtype=up.dtype, device=up.device)
    cross = torch.linalg.cross(up.expand(3, 3), eye).mT
    along = torch.outer(up, up)
    cosine, sine = angles.cos()[..., None, None], angles.sin()[..., None, None]
    return cosine * (eye - along) + along + sine * cross
