"""Poses in files: (..., 17, 3), (..., 51), (..., 32, 3) or (..., 96), in metres."""

from __future__ import annotations

import numpy as np

from posectl.data.poses import as_poses, in_metres
from posectl.stages.artifacts.formats import ArrayFormat, array_format, as_many

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
        return len(shape) <= 4 and (flat or shape[-1:] == (3,) or len(shape) < 2)

    def read(self, array: np.ndarray, source: str) -> np.ndarray:
        """Return poses (..., J, 3) in metres."""
        return in_metres(as_poses(array, source, keep_double=True), None, source)

    def samples(self, array: np.ndarray, shape: tuple[int, ...], source: str) -> np.ndarray:
        """Return poses (N, J, 3) with the pelvis (joint 0) at the origin."""
        poses = as_many(self.read(array, source).astype(np.float32, copy=False), shape, source)
        return poses - poses[..., :1, :]
