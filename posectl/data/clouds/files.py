"""Files of clouds and meshes: which there are, what is in each, and points drawn from it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posectl.content import content_of, head_of
from posectl.data.clouds.meshes import OFF, read_obj, read_off, read_xyz
from posectl.data.clouds.ply import read_ply
from posectl.data.clouds.polygons import checked_faces
from posectl.data.clouds.surface import FEWEST_POINTS, areas, points_on
from posectl.data.images.image_set import natural
from posectl.data.safe.npy import load_array, split_key
from posectl.errors import InvalidInputError, NotFoundError

SUFFIXES = (".ply", ".off", ".obj", ".xyz", ".pts", ".npy", ".npz")
FORMATS = "PLY, OFF, OBJ, rows of coordinates (.xyz, .pts), and arrays (P, 3) or (N, P, 3) (.npy, .npz)"
_READS = ("a PLY file", "an OFF file", "a NumPy array", "an .npz of arrays")


@dataclass
class Shape:
    """The points (P, 3) of a cloud or the corners of a mesh, and the mesh's triangles (F, 3) by their numbers."""

    points: np.ndarray
    faces: np.ndarray | None = None

    def in_ball(self) -> Shape:
        """Return the shape moved and scaled into the ball of diameter one about the origin, its box in the middle."""
        used = self.points if self.faces is None else self.points[np.unique(self.faces)]
        middle = (used.max(0) + used.min(0)) / 2
        radius = np.linalg.norm(used - middle, axis=-1).max()
        return Shape((self.points - middle) / (2 * radius), self.faces)

    def draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw points (count, 3): evenly over the surface of a mesh, or any of a cloud, none twice."""
        if self.faces is not None:
            return points_on(self.points[self.faces], count, rng)
        return self.points[rng.permutation(len(self.points))[:count]]


def find_files(paths: Sequence[Path]) -> list[Path]:
    """Find the files of clouds and meshes among the paths and in the folders among them, in the order of their names.

    Raises NotFoundError where a path does not exist, InvalidInputError where none holds any.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            inside = (Path(parent, name) for parent, _, names in os.walk(path) for name in names)
            own = [file for file in inside if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")]
            found |= dict.fromkeys(sorted(own, key=lambda file: natural(str(file))))
        elif split_key(path)[0].exists():
            found[path] = None
        else:
            raise NotFoundError(f"There is no file or folder {path}.", "Check the path; `ls` shows what is there.")
    if not found:
        listed = ", ".join(map(str, paths))
        raise InvalidInputError(f"{listed} holds no clouds and no meshes.", f"This source reads {FORMATS}.")
    return list(found)


def read_shapes(path: Path) -> list[Shape]:
    """Read the shape of a file, or the shapes of an array (N, P, 3). Raises InvalidInputError."""
    head, suffix = head_of(split_key(path)[0]), split_key(path)[0].suffix.lower()
    content = content_of(head)
    if content is not None and content.what not in _READS:
        raise InvalidInputError(f"{path} is {content.what}, and no cloud.", content.hint)
    if suffix in (".npy", ".npz") or (content is not None and content.what in _READS[2:]):
        return [_checked(Shape(points), path) for points in _arrays(path)]
    if head.startswith(b"ply"):
        points, faces = read_ply(path)
        shape = Shape(points, None if faces is None else checked_faces(faces, len(points), path))
    elif OFF.match(head.decode("ascii", "replace").lstrip("\ufeff")) or suffix == ".off":
        shape = Shape(*read_off(path))
    elif suffix == ".obj":
        shape = Shape(*read_obj(path))
    else:
        shape = Shape(read_xyz(path))
    return [_checked(shape, path)]


def _arrays(path: Path) -> np.ndarray:
    array = load_array(path)
    if array.dtype.kind not in "fiu" or array.ndim not in (2, 3) or array.shape[-1] != 3 or not array.size:
        raise InvalidInputError(
            f"{path} holds {array.dtype} of shape {array.shape}, which is no cloud.",
            "Clouds are numbers (P, 3), or several (N, P, 3).",
        )
    return array[None] if array.ndim == 2 else array


def _checked(shape: Shape, path: Path) -> Shape:
    """Return the shape in float64. Raises InvalidInputError for one that is not finite, is small, or has no extent."""
    points = shape.points.astype(np.float64, copy=False)
    if not np.isfinite(points).all():
        raise InvalidInputError(f"{path} has points that are NaN or infinite.", "Export it again, or leave it out.")
    if shape.faces is None and len(points) < FEWEST_POINTS:
        raise InvalidInputError(
            f"{path} has {len(points)} points, and a cloud has {FEWEST_POINTS} at least.", "Leave it out."
        )
    extent = areas(points[shape.faces]).sum() if shape.faces is not None else np.ptp(points, axis=0).max()
    if not np.isfinite(extent) or extent <= 0:
        what = "its faces have no area" if shape.faces is not None else "its points are all one"
        raise InvalidInputError(f"{path} has no extent: {what}.", "Export it again, or leave it out.")
    return Shape(points, shape.faces)
