"""smpl22: SMPL's 22 body joints as arrays in an .npz, in metres, z up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posectl.data.layouts import layout
from posectl.data.motion.arrays import npz_of
from posectl.data.motion.smpl22 import APPROXIMATE, smpl_of
from posectl.stages.exporting import target
from posectl.stages.exporting.npz import columns
from posectl.stages.exporting.skeletons import skeleton_of
from posectl.stages.exporting.targets import Motion, MotionTarget, Told
from posectl.stages.options import ExportOptions
from posectl.stages.run import Run


@target("smpl22")
class Smpl22(MotionTarget):
    """The target of an .npz of SMPL's joints."""

    suffixes = (".npz",)
    several = True

    def write(self, run: Run, motions: Sequence[Motion], path: Path, options: ExportOptions) -> Told:
        """Write all motions."""
        names, _, rates = columns(motions)
        joints = [smpl_of(skeleton_of(run, motion), motion.poses) for motion in motions]
        arrays = npz_of(names, joints, rates, layout("smpl22").names)
        np.savez(path, **arrays)
        return [f"positions {arrays['positions'].shape}, metres, z up.", APPROXIMATE], {}
