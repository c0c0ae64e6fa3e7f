"""Poses in files: (..., 17, 3), (..., 51), (..., 32, 3) or (..., 96), in metres."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from posectl.core.kinds import FEWEST_POINTS
from posectl.data.axes import turned
from posectl.data.checks.poses import doubts
from posectl.data.foreign import Conventions, read_poses
from posectl.stages.artifacts.formats import ArrayFormat, Shape, Taken, array_format, as_many, as_shape

_FLAT = 51
# Rows of 32 joints, or of SMPL's rotations, which are refused by name; as wide as they are high, they are an image.
_ROWS = (96, 72, 156, 165)


@array_format("poses")
class PoseArrays(ArrayFormat):
    """The file format of poses. float64 stays so, for scores are of the numbers as they are."""

    def claims(self, shape: tuple[int, ...]) -> bool:
        """Tell whether an array of this shape may hold poses."""
        rows = len(shape) == 2 and shape[1] in _ROWS and shape[0] != shape[1]
        flat = rows or (shape[-1:] == (_FLAT,) and len(shape) <= 3)
        joints = shape[-1:] == (3,) and max(shape[-2:-1], default=0) < FEWEST_POINTS
        return len(shape) <= 4 and (flat or joints or len(shape) < 2)

    def read(self, array: np.ndarray, source: str) -> np.ndarray:
        """Return poses (..., J, 3) in metres."""
        return read_poses({"poses": array}, source, keep_double=True).poses

    def take(
        self, arrays: Mapping[str, np.ndarray], source: str, said: Conventions = Conventions(), shape: Shape = None
    ) -> Taken:
        """Take in poses (..., J, 3) in metres, with their vertical."""
        foreign = read_poses(arrays, source, said, keep_double=True)
        array = as_shape(foreign.poses, self.kind, shape)
        return Taken(array, source, foreign.up, foreign.told, foreign.plain, foreign.human, tuple(foreign.warnings))

    def place(self, taken: Taken, up: str | None, *, real: bool) -> tuple[np.ndarray, list[str]]:
        """Return poses whose vertical is `up`, turned if another was named for them; and what looks wrong in them."""
        array, own = taken.array, taken.up if taken.told or (up is None and taken.plain) else None
        if up and own and own != up:
            array = turned(array, own, up)
        warnings = [f"{taken.source}: {doubt}" for doubt in doubts(array, up or own or "+z", real=real)]
        if up and taken.plain and not taken.told and taken.up != up:
            warnings[0] += f" --up {taken.up} turns them."
        return array, [*taken.warnings, *warnings]

    def ends(
        self, arrays: Mapping[str, np.ndarray], shape: tuple[int, ...], source: str, said: Conventions, up: str | None
    ) -> tuple[np.ndarray, list[str]]:
        """Return poses (N, J, 3) with the pelvis (joint 0) at the origin, turned and checked as by `place`."""
        taken, warnings = self.place(self.take(arrays, source, said), up, real=True)
        poses = as_many(taken.astype(np.float32, copy=False), shape, source)
        return poses - poses[:, :1], warnings
