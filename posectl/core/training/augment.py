"""Augmentation on the device: a random turn, and a random flip of left and right."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Augment:
    """The augmentation of poses (..., J, 3).

    turn_axis: the axis of the rotation: the vertical, or the optical axis for the published image-plane rotation.
    degrees: turns are uniform in +-degrees. mirror: the joint permutation of a flip (probability 1/2), () for none;
    lateral_axis: the coordinate that a flip negates.
    Source: naayem/ACAI-Enhanced-3D-Pose-Representation, functional/image_augmentations_3d.py.
    """

    turn_axis: int = 2
    degrees: float = 30.0
    mirror: tuple[int, ...] = ()
    lateral_axis: int = 0

    def __call__(self, poses: Tensor, generator: torch.Generator) -> Tensor:
        """Poses (..., J, 3), each turned and flipped by its own draw."""
        turn = (2 * torch.rand(poses.shape[:-2], generator=generator) - 1) * math.radians(self.degrees)
        flip = torch.rand(poses.shape[:-2], generator=generator) < 0.5
        poses = self.turned(poses, turn.to(poses.device)) if self.degrees else poses
        if not self.mirror:
            return poses
        return torch.where(flip.to(poses.device)[..., None, None], self.flipped(poses), poses)

    def turned(self, poses: Tensor, angle: Tensor) -> Tensor:
        """Poses (..., J, 3) turned by angle (...), radians, right-handed about the turn axis."""
        i, j = (self.turn_axis + 1) % 3, (self.turn_axis + 2) % 3
        cosine, sine = angle.cos()[..., None], angle.sin()[..., None]
        out = poses.clone()
        out[..., i] = cosine * poses[..., i] - sine * poses[..., j]
        out[..., j] = sine * poses[..., i] + cosine * poses[..., j]
        return out

    def flipped(self, poses: Tensor) -> Tensor:
        """The mirror image of poses (..., J, 3), with left and right joints swapped."""
        out = poses[..., list(self.mirror), :]
        out[..., self.lateral_axis] = -out[..., self.lateral_axis]
        return out


def for_poses(up: str, mirror: tuple[int, ...], *, rotate: str = "up", degrees: float = 30.0) -> Augment:
    """The augmentation for poses whose up axis is `up` ("+z", "-y", ...).

    rotate: "up" turns about the vertical, "view" about the optical axis (of a camera that looks along the remaining
    horizontal axis), "none" not at all.
    """
    vertical = "xyz".index(up[1])
    lateral = 1 if vertical == 0 else 0
    optical = 3 - vertical - lateral
    axis = optical if rotate == "view" else vertical
    return Augment(axis, 0.0 if rotate == "none" else degrees, mirror, lateral)
