"""The draft of a joint map for a file, filled in as far as the names of its nodes tell: `--show-joints`."""

from __future__ import annotations

from pathlib import Path

from posectl.data.mocap.jointmap import BY_RULE, UNFILLED
from posectl.data.mocap.kinematics import Recording
from posectl.data.mocap.naming import Fit, best_fits, maps_for
from posectl.data.skeleton import H36M17

_DEEPEST = 40


def template(recording: Recording, path: Path) -> str:
    """Write a joint map for this file as YAML, its nodes listed above.

    A built-in map that fits is written as it is; else each joint is filled in from the map that fits best of those that
    know it, and `?` stands where none does.
    """
    lines = [f"# The nodes of {path.name}. NAME.end is the far end of NAME. Forms other than a node's name:"]
    lines += ["# {blend: {A: 0.5, B: 0.5}}, {from: A, to: B, times: 1.5}, {from: A, to: B, beyond: METRES}.", "#"]
    depths: list[int] = []
    for name, parent in zip(recording.names, recording.parents, strict=True):
        depths.append(0 if parent < 0 else depths[parent] + 1)
        lines.append(f"# {'  ' * min(depths[-1], _DEEPEST)}{name}")
    fits = best_fits(recording, maps_for(recording))
    joints = fits[0].map
    built_in = Path(__file__).with_name("maps") / f"{joints.name}.yaml"
    if not fits[0].missing and built_in.exists():
        return "\n".join([*lines, f"# The built-in map {joints.name} fits:", built_in.read_text(encoding="utf-8")])
    lines += ["# Filled in by the nodes' names as far as they tell: check each joint, and put a node for each ?."]
    return "\n".join([*lines, "joints:", *_filled(recording, fits), ""])


def _filled(recording: Recording, fits: list[Fit]) -> list[str]:
    lines, used = [], set()
    for index, joint in enumerate(H36M17.joints):
        # What the best map calls the same joint of the other side tells which of the others mean the same by a name.
        opposite = H36M17.mirror[index]
        mirrored = _node(recording, fits[0], opposite)
        alike = [fit for fit in fits if mirrored is None or _node(recording, fit, opposite) == mirrored]
        known = (_node(recording, fit, index) for fit in alike)
        node = next((node for node in known if node is not None and node not in used), None)
        used.add(node)
        if node is None and joint in BY_RULE:
            lines.append(f"  # {joint}: {BY_RULE[joint][1]}, unless a node is put here")
        else:
            lines.append(f"  {joint}: {_quoted(node or UNFILLED)}")
    return lines


def _node(recording: Recording, fit: Fit, joint: int) -> str | None:
    """Return the file's name of the one node that is the joint; None where it is more than a node."""
    point = fit.points[joint]
    if point is None or len(point.nodes) != 1:
        return None
    return recording.names[fit.nodes[point.nodes[0]]]


def _quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"
