"""csv: the joints as a table, a line a frame: clip, frame, seconds, Hip_x, Hip_y, Hip_z, ..., in metres, z up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from posectl.data.motion.arrays import csv_of
from posectl.stages.exporting import target
from posectl.stages.exporting.npz import columns
from posectl.stages.exporting.targets import Motion, MotionTarget, Told
from posectl.stages.options import ExportOptions
from posectl.stages.run import Run


@target("csv")
class Csv(MotionTarget):
    """The target of a table of text."""

    suffixes = (".csv",)
    several = True

    def write(self, run: Run, motions: Sequence[Motion], path: Path, options: ExportOptions) -> Told:
        """Write all motions, one below the other."""
        path.write_text(csv_of(*columns(motions)), encoding="utf-8")
        return ["Columns: clip, frame, seconds, and x, y, z of 17 joints in metres, z up."], {}
