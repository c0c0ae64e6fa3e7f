"""What targets that hold a skeleton in motion share: the skeleton, on the floor, and how far it is from the joints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from posectl.data.mocap.kinematics import Recording
from posectl.data.motion.turns import joints_of, recording_of
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError
from posectl.printable import listed
from posectl.stages.exporting.targets import Motion, MotionTarget, Told
from posectl.stages.options import ExportOptions
from posectl.stages.run import Run

_PARTS = {
    "trunk": ("Hip", "Spine", "Thorax", "Neck/Nose", "Head"),
    "right leg": ("RHip", "RKnee", "RFoot"),
    "left leg": ("LHip", "LKnee", "LFoot"),
    "right arm": ("RShoulder", "RElbow", "RWrist"),
    "left arm": ("LShoulder", "LElbow", "LWrist"),
}
_NO_LENGTH, _AT_THE_ORIGIN = 1e-4, 0.1  # metres


class SkeletonTarget(MotionTarget):
    """A format of one skeleton in motion."""

    def write(self, run: Run, motions: Sequence[Motion], path: Path, options: ExportOptions) -> Told:
        """Write the motion, and return its length, and the residuals of its joints."""
        motion = on_floor(motions[0])
        recording = skeleton_of(run, motion)
        path.write_bytes(self.content(recording, motion.name))
        residuals = residuals_of(recording, motion.poses)
        return told_of(motions[0]) + told_of_residuals(residuals), figures_of(motion) | {"residual_mm": residuals}

    def content(self, recording: Recording, name: str) -> bytes:
        """Return the file of a skeleton in motion, y up, whose name is this."""
        raise NotImplementedError


def on_floor(motion: Motion) -> Motion:
    """Return the motion, higher or lower as a whole, so that its lowest joint is at height 0."""
    return replace(motion, poses=motion.poses - np.array((0, 0, motion.poses[..., 2].min()), motion.poses.dtype))


def skeleton_of(run: Run, motion: Motion) -> Recording:
    """Return the skeleton of a motion. Warns of bones without a length; raises InvalidInputError where none has one."""
    lengths = np.median(H36M17.bone_lengths(motion.poses), axis=0)
    none = [
        H36M17.joints[child] for (_, child), length in zip(H36M17.bones, lengths, strict=True) if length < _NO_LENGTH
    ]
    if len(none) == len(lengths):
        raise InvalidInputError(f"{motion.name} has all joints in one point.", "Name poses of a body.")
    if none:
        run.warn(f"{motion.name}: bones without a length point nowhere; they end at {listed(none)}.")
    return recording_of(motion.poses, motion.fps)


def residuals_of(recording: Recording, poses: np.ndarray) -> dict[str, list[float]]:
    """Return the mean and the largest distance of each joint of poses (T, 17, 3) from the skeleton's, in mm."""
    off = 1000 * np.linalg.norm(joints_of(recording) - poses, axis=-1)
    pairs = np.stack([off.mean(axis=0), off.max(axis=0)], axis=-1).round(3).tolist()
    return dict(zip(H36M17.joints, pairs, strict=True))


def figures_of(motion: Motion) -> dict[str, Any]:
    """Return the figures of a motion."""
    return {"frames": len(motion.poses), "fps": motion.fps, "seconds": round(len(motion.poses) / motion.fps, 6)}


def told_of(motion: Motion) -> list[str]:
    """Return sentences on the length of a motion and, where nothing is known of it, on its way."""
    frames = len(motion.poses)
    told = [
        f"{motion.name}: {frames:,} frame{'s' * (frames != 1)}, {motion.fps:g} a second; the lowest joint on the floor."
    ]
    if frames > 1 and np.abs(motion.poses[:, 0]).max() < _AT_THE_ORIGIN:
        told.append("Where the pelvis goes is not known, and it stays in place.")
    return told


def told_of_residuals(residuals: dict[str, list[float]]) -> list[str]:
    """Return lines on how far joints are from where the skeleton, whose bones keep their lengths, has them."""
    lines = ["Joints off the skeleton, whose bones keep their median lengths, in mm, mean (worst):"]
    for part, joints in _PARTS.items():
        lines.append(
            f"  {part:9}  "
            + ", ".join(f"{joint} {residuals[joint][0]:.1f} ({residuals[joint][1]:.1f})" for joint in joints)
        )
    return lines
