"""C3D: the joints as labelled points, in millimetres, z up, as programs of biomechanics read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from posectl.data.motion.c3d import c3d_of
from posectl.stages.exporting import target
from posectl.stages.exporting.skeletons import figures_of, on_floor, told_of
from posectl.stages.exporting.targets import Motion, MotionTarget, Told
from posectl.stages.options import ExportOptions
from posectl.stages.run import Run


@target("c3d")
class C3d(MotionTarget):
    """The target of a C3D file."""

    suffixes = (".c3d",)

    def write(self, run: Run, motions: Sequence[Motion], path: Path, options: ExportOptions) -> Told:
        """Write the joints as they are, on the floor."""
        motion = motions[0]
        path.write_bytes(c3d_of(on_floor(motion).poses, motion.fps))
        return told_of(motion), figures_of(motion)
