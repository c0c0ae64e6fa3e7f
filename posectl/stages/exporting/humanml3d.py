"""humanml3d: joints as in HumanML3D's new_joints/*.npy, 22 of SMPL, 20 frames a second, y up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posectl.data.motion.smpl22 import APPROXIMATE, HUMANML3D_FPS, humanml3d_of
from posectl.stages.exporting import target
from posectl.stages.exporting.skeletons import residuals_of, skeleton_of, told_of_residuals
from posectl.stages.exporting.targets import Motion, MotionTarget, Told
from posectl.stages.options import ExportOptions
from posectl.stages.run import Run


@target("humanml3d")
class HumanML3D(MotionTarget):
    """The target of an .npy of one motion."""

    suffixes = (".npy",)

    def write(self, run: Run, motions: Sequence[Motion], path: Path, options: ExportOptions) -> Told:
        """Write the joints on the skeleton, resampled, at first above the origin and looking along z."""
        motion = motions[0]
        recording = skeleton_of(run, motion)
        joints = humanml3d_of(recording)
        np.save(path, joints)
        residuals = residuals_of(recording, motion.poses)
        rate = f"{motion.fps:g} frames a second become {HUMANML3D_FPS:g}"
        return [f"{joints.shape}, {rate}, metres, y up.", APPROXIMATE, *told_of_residuals(residuals)], {
            "frames": len(joints), "fps": HUMANML3D_FPS, "residual_mm": residuals,
        }  # fmt: skip
