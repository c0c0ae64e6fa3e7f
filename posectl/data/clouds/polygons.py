"""Polygons as triangles: the faces of a mesh, whatever their number of corners."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posectl.errors import InvalidInputError


def triangulated(polygons: Sequence[Sequence[int]] | np.ndarray) -> np.ndarray:
    """Return polygons as fans of triangles (F, 3), of corners by their numbers; those of fewer than 3 are left out."""
    if isinstance(polygons, np.ndarray):
        fans = [polygons[:, [0, i, i + 1]] for i in range(1, polygons.shape[1] - 1)]
        return np.concatenate(fans).astype(np.int64) if fans else np.empty((0, 3), np.int64)
    corners = [(each[0], each[i], each[i + 1]) for each in polygons for i in range(1, len(each) - 1)]
    return np.array(corners, np.int64).reshape(-1, 3)


def checked_faces(faces: np.ndarray, corners: int, path: Path) -> np.ndarray:
    """Return faces whose corners there are. Raises InvalidInputError for others, and for none."""
    if not len(faces):
        raise InvalidInputError(
            f"{path} is a mesh with no faces, so there is no surface to draw points on.",
            "If its corners are a cloud, save them as .xyz, .ply or .npy.",
        )
    if faces.min() < 0 or faces.max() >= corners:
        odd = faces.min() if faces.min() < 0 else faces.max()
        raise InvalidInputError(f"{path} has a face with corner {odd}, and {corners:,} corners.", "Export it again.")
    return faces
