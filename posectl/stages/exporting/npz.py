"""npz: the joints as arrays, with names, rates and clips, in metres, z up; `posectl prepare arrays` reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posectl.data.motion.arrays import npz_of
from posectl.stages.exporting import target
from posectl.stages.exporting.targets import Motion, MotionTarget, Told
from posectl.stages.options import ExportOptions
from posectl.stages.run import Run


@target("npz")
class Npz(MotionTarget):
    """The target of an .npz of the 17 joints."""

    suffixes = (".npz",)
    several = True

    def write(self, run: Run, motions: Sequence[Motion], path: Path, options: ExportOptions) -> Told:
        """Write all motions."""
        arrays = npz_of(*columns(motions))
        np.savez(path, **arrays)
        return [f"positions {arrays['positions'].shape}, metres, z up; {', '.join(list(arrays)[1:])}."], {}


def columns(motions: Sequence[Motion]) -> tuple[list[str], list[np.ndarray], list[float]]:
    """Return names, poses and rates."""
    return [each.name for each in motions], [each.poses for each in motions], [each.fps for each in motions]
