"""Text files of meshes and points: OFF, Wavefront's OBJ, and rows of coordinates."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np

from posectl.data.clouds.polygons import checked_faces, triangulated
from posectl.data.mocap.text import is_number, parse_table, read_text
from posectl.errors import InvalidInputError

# ModelNet's files have the counts in the line of the name, some without a blank between.
OFF = re.compile(r"(?:ST)?C?N?OFF\b|OFF(?=\d)")


def read_off(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the corners (V, 3) and triangles (F, 3) of an OFF file. Raises InvalidInputError."""
    bare = (line.partition("#")[0].strip() for line in read_text(path).split("\n"))
    lines = [line for line in bare if line]
    name = OFF.match(lines[0]) if lines else None
    if name is None:
        raise InvalidInputError(f"{path} does not begin with OFF.", "Export it again, or name a file that does.")
    head = lines[0][name.end() :].split()
    body = lines[1:]
    if not head:
        head, body = (body[0].split(), body[1:]) if body else ([], [])
    if len(head) < 2 or not all(each.isdecimal() and len(each) < 12 for each in head[:2]):
        raise InvalidInputError(f"{path} does not say how many corners and faces it has.", "Export it again.")
    corners, faces = int(head[0]), int(head[1])
    if len(body) < corners + faces:
        raise InvalidInputError(
            f"{path} has {len(body):,} rows, where its {corners:,} corners and {faces:,} faces take more.",
            "The file is cut short; fetch it again.",
        )
    points = _coordinates(body[:corners], path)
    polygons = [_polygon(row.split(), path) for row in body[corners : corners + faces]]
    return points, checked_faces(triangulated(polygons), corners, path)


def read_obj(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the corners (V, 3) and triangles (F, 3) of an OBJ file. Raises InvalidInputError."""
    places: list[str] = []
    polygons = []
    for line in read_text(path).replace("\\\n", " ").split("\n"):
        match line.split(None, 1):
            case ["v", rest]:
                places.append(rest)
            case ["f", rest]:
                numbers = [corner.partition("/")[0] for corner in rest.partition("#")[0].split()]
                if not all(re.fullmatch(r"-?\d{1,11}", number) for number in numbers):
                    raise InvalidInputError(f"{path} has the face {rest[:40]!r}.", "Export it again.")
                # From 1 on; negative ones count back from the last corner so far.
                polygons.append([int(n) - 1 if int(n) > 0 else len(places) + int(n) for n in numbers])
    if not places:
        raise InvalidInputError(f"{path} has no line of a corner, v x y z, as an OBJ has.", "Name a file that has.")
    points = _coordinates(places, path)
    return points, checked_faces(triangulated(polygons), len(points), path)


def read_xyz(path: Path) -> np.ndarray:
    """Read the points (P, 3) of rows of coordinates, and what else may stand behind them. Raises InvalidInputError."""
    lines = [line for line in read_text(path).replace(",", " ").split("\n") if line.strip()]
    if len(lines) > 1 and lines[0].strip().isdecimal():  # their number
        lines = lines[1:]
    columns = len(lines[0].split())
    if columns < 3 or not all(is_number(token) for token in lines[0].split()):
        raise InvalidInputError(
            f"{path} begins with {lines[0].strip()[:40]!r}, and not with x y z.", "A cloud is rows of coordinates."
        )
    return parse_table("\n".join(lines), columns, path, 1, "row")[:, :3]


def _coordinates(rows: list[str], path: Path) -> np.ndarray:
    """Return the first three numbers of each row: colours and weights may stand behind them."""
    return parse_table("\n".join(" ".join(row.split()[:3]) for row in rows), 3, path, 1, "corner")


def _polygon(row: list[str], path: Path) -> list[int]:
    count = int(row[0]) if row[0].isdecimal() and len(row[0]) < 8 else -1
    corners = list(itertools.islice(row, 1, 1 + max(0, count)))
    if count < 0 or len(corners) < count or not all(re.fullmatch(r"\d{1,11}", each) for each in corners):
        raise InvalidInputError(f"{path} has the face {' '.join(row)[:40]!r}.", "Export it again.")
    return [int(each) for each in corners]
