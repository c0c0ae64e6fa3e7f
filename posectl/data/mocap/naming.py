"""The choice of a file's joint map: a built-in one, by the names of its nodes, or a user's own."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from posectl.data.mocap.jointmap import UNFILLED, JointMap, Point, read_map
from posectl.data.mocap.kinematics import Recording
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError

_SHOWN = 40


@cache
def built_in_maps() -> tuple[JointMap, ...]:
    """Return the joint maps that come with posectl, by name."""
    return tuple(read_map(path) for path in sorted(Path(__file__).with_name("maps").glob("*.yaml")))


def choose_map(recording: Recording, own: JointMap | None, path: Path) -> tuple[JointMap, Recording]:
    """Choose the map for this file; return it, and the recording with the names of the map (a common prefix taken off).

    Among built-in maps whose nodes the file has, the one with the most nodes is taken. Raises InvalidInputError,
    listing the file's nodes, when there is none.
    """
    bare = without_prefix(recording)
    for named in (recording, bare):
        fitting = [each for each in ((own,) if own else built_in_maps()) if not missing_nodes(each, named)]
        if fitting:
            return max(fitting, key=lambda each: len(required_nodes(each))), named
    nearest = own or min(built_in_maps(), key=lambda each: len(missing_nodes(each, bare)))
    raise _unknown(nearest, bare, own is not None, path)


def required_nodes(joints: JointMap) -> set[str]:
    """Return the nodes that a file must have whatever alternatives it takes."""
    return {*joints.nodes, *(node for (*_, last) in joints.joints for node in last.nodes)}


def missing_nodes(joints: JointMap, recording: Recording) -> list[str]:
    """Return the nodes of the map that the file lacks."""
    names = set(recording.names)
    missing = {node for node in joints.nodes if node not in names}
    for alternatives in joints.joints:
        if pick(alternatives, recording) is None:
            missing.update(node for node in alternatives[-1].nodes if node not in names)
    return sorted(missing)


def pick(alternatives: tuple[Point, ...], recording: Recording) -> Point | None:
    """Return the first point whose nodes are all there; an End Site of length zero counts only if none remains."""
    for point in alternatives:
        if not all(node in recording.names for node in point.nodes):
            continue
        ends = [recording.names.index(node) for node in point.nodes if node.endswith(".end")]
        if point is alternatives[-1] or all(np.any(recording.offsets[end]) for end in ends):
            return point
    return None


def without_prefix(recording: Recording) -> Recording:
    """Return the recording without the prefix, to a colon or underscore, that its nodes share, such as `mixamorig:`."""
    prefix = re.match(r".*[:_]", recording.names[0])
    if prefix is None or not all(name.startswith(prefix[0]) for name in recording.names):
        return recording
    return replace(recording, names=tuple(name.removeprefix(prefix[0]) for name in recording.names))


def template(recording: Recording, path: Path) -> str:
    """Write a joint map for this file as YAML, its nodes listed above: filled in if a built-in map fits, else empty."""
    lines = [f"# The nodes of {path.name}. NAME.end is the far end of NAME. Forms other than a node's name:"]
    lines += ["# {blend: {A: 0.5, B: 0.5}}, {from: A, to: B, times: 1.5}, {from: A, to: B, beyond: METRES}.", "#"]
    depths: list[int] = []
    for name, parent in zip(recording.names, recording.parents, strict=True):
        depths.append(0 if parent < 0 else depths[parent] + 1)
        lines.append(f"# {'  ' * min(depths[-1], _SHOWN)}{name}")
    try:
        joints, _ = choose_map(recording, None, path)
    except InvalidInputError:
        return "\n".join([*lines, "joints:", *(f"  {joint}: '{UNFILLED}'" for joint in H36M17.joints), ""])
    built_in = Path(__file__).with_name("maps") / f"{joints.name}.yaml"
    return "\n".join([*lines, f"# The built-in map {joints.name} fits:", built_in.read_text(encoding="utf-8")])


def _unknown(nearest: JointMap, recording: Recording, own: bool, path: Path) -> InvalidInputError:
    missing = missing_nodes(nearest, recording)
    nodes = [name for name in recording.names if not name.endswith(".end")]
    listed = ", ".join(nodes[:_SHOWN]) + (f" and {len(nodes) - _SHOWN} more" if len(nodes) > _SHOWN else "")
    lacks = f"lacks {', '.join(missing[:8])}{' and more' if missing[8:] else ''}"
    what = f"{lacks}, which the map names" if own else f"is of no known skeleton ({nearest.name}: {lacks})"
    return InvalidInputError(
        f"{path} {what}. Its nodes: {listed}.",
        f"`posectl prepare mocap {path.name} --show-joints > map.yaml` prints a map to fill in, for --map map.yaml.",
    )
