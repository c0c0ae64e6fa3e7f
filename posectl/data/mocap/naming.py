"""The choice of a file's joint map: a built-in one, by the names of its nodes, or a user's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from posectl.data.layouts import Layout, layout
from posectl.data.mocap.jointmap import BY_RULE, JointMap, Point, read_map
from posectl.data.mocap.kinematics import Recording, forward
from posectl.data.mocap.nodes import Nodes
from posectl.data.skeleton import H36M17
from posectl.data.units import LAYOUTS
from posectl.errors import InvalidInputError

_SHOWN = 40


@dataclass(frozen=True)
class Fit:
    """A joint map on the nodes of a file.

    points: of each H36M-17 joint, the first alternative whose nodes are all there; None where none is. nodes: index by
    the map's names of the nodes that were found. missing: names of nodes that the map cannot do without.
    """

    map: JointMap
    points: tuple[Point | None, ...]
    nodes: dict[str, int]
    missing: tuple[str, ...]

    @property
    def used(self) -> set[str]:
        """The nodes, by the map's names, that place a joint."""
        return {node for point in self.points if point for node in point.nodes}

    @property
    def by_rule(self) -> tuple[str, ...]:
        """The joints without a node, placed by rule from those that have one."""
        return tuple(joint for joint, point in zip(H36M17.joints, self.points, strict=True) if point is None)


@cache
def built_in_maps() -> tuple[JointMap, ...]:
    """Return the joint maps that come with posectl, by name."""
    return tuple(read_map(path) for path in sorted(Path(__file__).with_name("maps").glob("*.yaml")))


@cache
def maps_of_points() -> tuple[JointMap, ...]:
    """Return the joint layouts as maps, for points that bear their names, by name."""
    return tuple(_layout_map(layout(name)) for name in LAYOUTS)


def _layout_map(of: Layout) -> JointMap:
    points = [(Point(tuple((of.names[joint], weight) for joint, weight in parts)),) for parts in of.weights]
    return JointMap(of.name, tuple(points), of.about, up=of.up, unit=of.unit, note=" ".join(of.notes()))


def maps_for(recording: Recording) -> tuple[JointMap, ...]:
    """Return the joint maps that may fit a recording: of points the layouts too."""
    return built_in_maps() if recording.seen is None else (*built_in_maps(), *maps_of_points())


def choose_map(recording: Recording, own: JointMap | None, path: Path) -> Fit:
    """Choose the map for this file: of the built-in ones that fit, the one that knows most of its nodes.

    Raises InvalidInputError, listing the file's nodes, when there is none.
    """
    fit = best_fits(recording, (own,), own=True)[0] if own else best_fits(recording, maps_for(recording))[0]
    if fit.missing:
        raise _unknown(fit, recording, own is not None, path)
    return fit


def best_fits(recording: Recording, maps: tuple[JointMap, ...], *, own: bool = False) -> list[Fit]:
    """Return each map on this file, the one that fits best first; a user's `own` must have all that it names."""
    nodes = Nodes(recording.names)
    rest = forward(recording, recording.rest())[0][0]
    fits = []
    for each in maps:
        knee = each.joints[H36M17.joints.index("RKnee")]
        prefixes = ["", *nodes.prefixes(node for point in knee for node in point.nodes)]
        tries = (_fit(each, nodes, prefix, recording, rest, own) for prefix in dict.fromkeys(prefixes))
        fits.append(min(tries, key=_order))
    return sorted(fits, key=_order)


def _order(fit: Fit) -> tuple[int, ...]:
    """Order by what is missing; then by what is there: nodes that tell a map from others, joints, nodes in all."""
    return len(fit.missing), -len(fit.map.nodes), len(fit.by_rule), -len(fit.used)


def _fit(joints: JointMap, nodes: Nodes, prefix: str, recording: Recording, rest: np.ndarray, own: bool) -> Fit:
    named = {node for points in joints.joints for point in points for node in point.nodes} | set(joints.nodes)
    found = {name: index for name in named if (index := nodes.find(name, prefix)) is not None}
    picked, missing = [], set(joints.nodes) - found.keys()
    for joint, points in zip(H36M17.joints, joints.joints, strict=True):
        point = _pick(points, found, recording, rest, top=joint == "Head")
        if point is None and points and (own or joint not in BY_RULE):
            missing |= set(points[-1].nodes) - found.keys()
        picked.append(point)
    return Fit(joints, tuple(picked), found, tuple(sorted(missing)))


def _pick(
    alternatives: tuple[Point, ...], nodes: dict[str, int], recording: Recording, rest: np.ndarray, *, top: bool
) -> Point | None:
    """Return the first point whose nodes are all there; None where there is none.

    An End Site of length zero counts only if nothing remains, and so does, for the `top` of the head, one that does not
    lead away from the root in the rest pose (J, 3): exporters without a better one let it point ahead.
    """
    for point in alternatives:
        if not all(node in nodes for node in point.nodes):
            continue
        ends = [nodes[node] for node in point.nodes if node.endswith(".end")]
        if point is alternatives[-1] or all(_leads_on(end, recording, rest, top) for end in ends):
            return point
    return None


def _leads_on(end: int, recording: Recording, rest: np.ndarray, top: bool) -> bool:
    offset, place = rest[end] - rest[recording.parents[end]], rest[recording.parents[end]] - rest[0]
    away = offset @ place >= 0.5 * np.linalg.norm(offset) * np.linalg.norm(place)
    return bool(offset.any() and (away or not top))


def _unknown(fit: Fit, recording: Recording, own: bool, path: Path) -> InvalidInputError:
    nodes = [name for name in recording.names if not name.endswith(".end")]
    listed = ", ".join(nodes[:_SHOWN]) + (f" and {len(nodes) - _SHOWN} more" if len(nodes) > _SHOWN else "")
    lacks = f"lacks {', '.join(fit.missing[:8])}{' and more' if fit.missing[8:] else ''}"
    what = f"{lacks}, which the map names" if own else f"is of no known skeleton ({fit.map.name}: {lacks})"
    return InvalidInputError(
        f"{path} {what}. Its nodes: {listed}.",
        f"`posectl prepare mocap {path.name} --show-joints > map.yaml` prints a map to fill in, for --map map.yaml.",
    )
