"""ASF: Acclaim's skeleton file. Bones with directions, lengths and local axes in the world frame of the rest pose.

A bone's rotation is L = C M C^-1, where C is its `axis` (order XYZ: Rz Ry Rx) and M the product of its `dof`, the first
applied first; its far end stands at parent's far end + R_parent L (direction * length). Source: J. Lander, "Working
with motion capture file formats", Game Developer, January 1998.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from posectl.data.mocap.text import is_number, read_text
from posectl.data.rotations import from_euler
from posectl.errors import InvalidInputError

MAX_BONES = 500


@dataclass
class Bone:
    """A bone. `axis` is C (3, 3), `vector` reaches from its near to its far end, `dof` names the AMC's columns."""

    name: str
    parent: str = ""
    axis: np.ndarray = field(default_factory=lambda: np.eye(3))
    vector: np.ndarray = field(default_factory=lambda: np.zeros(3))
    dof: tuple[str, ...] = ()


@dataclass(frozen=True)
class AsfSkeleton:
    """The bones, parents first, the root leading; `degrees` tells the unit of the angles in it.

    position: (3,) the root's in the rest pose, to which the motion's is added, as HDM05's own parser does.
    """

    bones: tuple[Bone, ...]
    degrees: bool
    position: np.ndarray


def read_asf(path: Path) -> AsfSkeleton:
    """Parse one ASF file; raises InvalidInputError or NotFoundError."""
    sections = _sections(read_text(path), path)
    angle_unit = next((tokens[1] for tokens in sections.get("units", []) if tokens[0] == "angle" and tokens[1:]), "deg")
    degrees = not angle_unit.startswith("rad")
    for needed in ("root", "bonedata", "hierarchy"):
        if needed not in sections:
            raise _error(path, f"there is no :{needed} section")
    root, position = _root(sections["root"], path)
    bones = {bone.name: bone for bone in _bones(sections["bonedata"], degrees, path)}
    if root.name in bones:
        raise _error(path, "a bone is called 'root'")
    return AsfSkeleton((root, *_ordered(sections["hierarchy"], bones, path)), degrees, position)


def _sections(text: str, path: Path) -> dict[str, list[list[str]]]:
    """Parse sections: name -> its lines as lower-case keyword and tokens, without comments and blank lines."""
    sections: dict[str, list[list[str]]] = {}
    current: list[list[str]] = []
    for line in text.split("\n"):
        tokens = line.partition("#")[0].split()
        if not tokens:
            continue
        if tokens[0].startswith(":"):
            current = sections.setdefault(tokens[0][1:].lower(), [])
        else:
            current.append([tokens[0].lower(), *tokens[1:]])
    if not sections:
        raise _error(path, "there is not one section (:root, :bonedata)")
    return sections


def _root(lines: list[list[str]], path: Path) -> tuple[Bone, np.ndarray]:
    """Return the root and its position (3,)."""
    order = next((tuple(token.lower() for token in tokens[1:]) for tokens in lines if tokens[0] == "order"), ())
    if sorted(order) != ["rx", "ry", "rz", "tx", "ty", "tz"]:
        raise _error(path, f"the root's order is {' '.join(order)[:40]!r}, not some order of TX TY TZ RX RY RZ")
    given = {tokens[0]: _numbers(tokens[1:4], 3, path) for tokens in lines if tokens[0] in ("position", "orientation")}
    if given.get("orientation", np.zeros(3)).any():
        raise _error(path, "the root's orientation is not 0 0 0, which posectl does not read")
    return Bone("root", dof=order), given.get("position", np.zeros(3))


def _bones(lines: list[list[str]], degrees: bool, path: Path) -> Iterator[Bone]:
    bone, direction, length = None, np.zeros(3), 0.0
    names: set[str] = set()
    for keyword, *values in lines:
        if keyword == "begin":
            bone, direction, length = Bone(""), np.zeros(3), 0.0
        elif bone is None:
            raise _error(path, f"{keyword[:40]!r} stands outside of a bone")
        elif keyword == "end":
            if not bone.name or bone.name in names:
                raise _error(path, f"two bones are called {bone.name[:40]!r}" if bone.name else "a bone without a name")
            if len(names) == MAX_BONES:
                raise _error(path, f"more than {MAX_BONES} bones")
            names.add(bone.name)
            bone.vector = direction * length
            yield bone
            bone = None
        elif keyword == "name":
            bone.name = " ".join(values) if " ".join(values).isprintable() else ""
        elif keyword == "direction":
            direction = _numbers(values, 3, path)
        elif keyword == "length":
            length = float(_numbers(values, 1, path)[0])
        elif keyword == "axis":
            bone.axis = _axis(values, degrees, path)
        elif keyword == "dof":
            bone.dof = _dof(values, bone.name, path)
    if bone is not None:
        raise _error(path, f"the file ends inside the bone {bone.name[:40]!r}")


def _axis(values: list[str], degrees: bool, path: Path) -> np.ndarray:
    order = values[3].upper() if len(values) == 4 else ""
    if sorted(order) != ["X", "Y", "Z"]:
        raise _error(path, f"axis {' '.join(values)[:60]!r} is not three angles and an order such as XYZ")
    angles = _numbers(values[:3], 3, path)
    angles = np.deg2rad(angles) if degrees else angles
    axes = ["XYZ".index(letter) for letter in reversed(order)]
    return from_euler(angles[axes], axes)


def _dof(values: list[str], bone: str, path: Path) -> tuple[str, ...]:
    dof = tuple(value.lower() for value in values)
    if len(set(dof)) < len(dof) or not set(dof) <= {"rx", "ry", "rz"}:
        raise _error(path, f"the bone {bone[:40]!r} has dof {' '.join(values)[:40]!r}; posectl reads rx, ry and rz")
    return dof


def _ordered(lines: list[list[str]], bones: dict[str, Bone], path: Path) -> list[Bone]:
    """Order the bones with parents first, each with its parent's name."""
    # The first token of a line is lower-cased as a keyword, but a bone's name keeps its case.
    cased = {name.lower(): name for name in bones}
    ordered: list[Bone] = []
    placed = {"root"}
    for first, *children in lines:
        if first in ("begin", "end"):
            continue
        parent = cased.get(first, first)
        if parent not in placed:
            raise _error(path, f"the hierarchy names {parent[:40]!r} before its parent, or it is no bone")
        for child in children:
            if child not in bones or child in placed:
                what = "twice in the hierarchy" if child in placed else "in the hierarchy, but is no bone"
                raise _error(path, f"{child[:40]!r} is {what}")
            placed.add(child)
            bones[child].parent = parent
            ordered.append(bones[child])
    if not ordered:
        raise _error(path, "the hierarchy is empty")
    return ordered


def _numbers(tokens: list[str], count: int, path: Path) -> np.ndarray:
    if len(tokens) != count or not all(map(is_number, tokens)):
        raise _error(path, f"{' '.join(tokens)[:60]!r} is not {count} number{'s' * (count > 1)}")
    return np.array([float(token) for token in tokens])


def _error(path: Path, what: str) -> InvalidInputError:
    return InvalidInputError(f"{path}: {what}.", "The file is damaged, or is no ASF skeleton; fetch it again.")
