"""Joint maps: where each of the H36M-17 joints is on a skeleton of other nodes. YAML in, `JointMap` out.

A map for `--map FILE.yaml` looks like this; all but `joints` may be left out.

    about: one line on whose skeleton this is
    nodes: [LowerBack]        # further nodes that a file must have for this map to be chosen by itself
    up: +y                    # what the world's up axis is when a file does not show it: +x, -x, ... -z
    unit: cm                  # its unit when its bones do not show it: m, cm, mm, in, ft, or cmu (1/0.45 inch)
    fps: 120                  # its rate when the file does not say
    t_pose: true              # a T pose in frame 0 is artificial, to be left out
    citation: what to cite
    note: what a user is warned of
    shifts:                   # vectors that turn with a node, for bones that the file lost
      thorax: {node: Spine1}                                # as long as Spine1's offset, along the axis nearest to it
      brow: {node: Head, axis: +z, length: 0.08}            # or so many metres along an axis of the node
      inwards: {from: LKNE, to: RKNE, length: 0.05}         # or the way from one node to another
      down: {plane: [LASI, RASI, RPSI], length: 0.08}       # or the right-handed normal of three, seen from the first
    joints:                   # every joint of H36M-17; of the trunk, those left out are placed by rule (BY_RULE)
      Hip: Hips                                             # a node
      Head: Head.end                                        # the far end of a node: its End Site, or an ASF bone's tip
      Spine: {blend: {Spine: 0.5, Spine1: 0.5}}             # a weighted mean; the weights sum to 1, one may be 0
      LWrist: {from: LeftForeArm, to: LeftHand, times: 1.5} # from + 1.5 (to - from)
      Thorax: {at: Neck, shift: thorax}                     # a node and a shift; a shift goes with any of the forms
      Neck/Nose: {from: Neck, to: Head, beyond: 0.13}       # so many metres past `to`
      RWrist: [RightHand.end, RightHand]                    # the first that is there; an end of length zero is not
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from posectl.data.mocap.text import is_number, read_text
from posectl.data.mocap.world import METRES
from posectl.data.skeleton import H36M17
from posectl.data.units import AXES
from posectl.errors import InvalidInputError, did_you_mean
from posectl.inputs import open_input

MAX_BYTES = 64 * 1024
UNFILLED = "?"
_DEEPEST = 20


@dataclass(frozen=True)
class Shift:
    """A vector of so many metres: along an axis of a node's frame, from a node to another, or normal to three nodes.

    axis: such as "+y", of one node alone; None is the nearest to its offset. length None is as the offset has it.
    """

    nodes: tuple[str, ...]
    axis: str | None = None
    length: float | None = None


@dataclass(frozen=True)
class Point:
    """A place on the body: a weighted sum of nodes, perhaps with metres along the line between two, and a shift."""

    weights: tuple[tuple[str, float], ...]
    beyond: tuple[str, str, float] | None = None
    shift: Shift | None = None

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes that place it."""
        return (
            *(node for node, _ in self.weights),
            *(self.beyond[:2] if self.beyond else ()),
            *(self.shift.nodes if self.shift else ()),
        )


# The joints that a skeleton may lack, from the others, and in words: approximations, whose lengths suit CMU's and
# Bandai-Namco's bodies.
BY_RULE = {
    "Hip": (Point((("RHip", 0.5), ("LHip", 0.5))), "halfway between the hip joints"),
    "Thorax": (Point((("RShoulder", 0.54), ("LShoulder", 0.54), ("Hip", -0.08))), "just above between the shoulders"),
    "Spine": (Point((("Hip", 0.5), ("Thorax", 0.5))), "halfway between pelvis and thorax"),
    "Neck/Nose": (Point((("Thorax", 1.0),), ("Spine", "Thorax", 0.08)), "80 mm past the thorax"),
    "Head": (Point((("Neck/Nose", 1.0),), ("Thorax", "Neck/Nose", 0.12)), "120 mm past the neck"),
}


@dataclass(frozen=True)
class JointMap:
    """The place of each H36M-17 joint: `joints[j]` lists alternatives, of which the first that a file has counts.

    It is empty for a joint that is placed by rule.
    """

    name: str
    joints: tuple[tuple[Point, ...], ...]
    about: str = ""
    nodes: tuple[str, ...] = ()
    up: str | None = None
    unit: str | None = None
    fps: float | None = None
    t_pose: bool = False
    citation: str = ""
    note: str = ""


def read_map(path: Path) -> JointMap:
    """Read a joint map; raises InvalidInputError, naming the key, or NotFoundError."""
    with open_input(path) as stream:
        large = len(stream.read(4 * MAX_BYTES + 1)) > 4 * MAX_BYTES
    text = "" if large else read_text(path)
    if large or len(text) > MAX_BYTES:
        raise _error(path, f"it is longer than {MAX_BYTES} characters")
    try:
        content = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise _error(path, f"{getattr(error, 'problem', None) or 'it is no YAML'}{where}") from None
    return parse_map(content, path)


def parse_map(content: Any, path: Path) -> JointMap:
    """Parse the map that a YAML document of strings, lists and mappings describes; raises InvalidInputError."""
    keys = {"about", "nodes", "up", "unit", "fps", "t_pose", "citation", "note", "shifts", "joints"}
    _known(content, keys, "the map", path)
    shifts = {
        name: _shift(value, name, path) for name, value in _mapping(content.get("shifts", {}), "shifts", path).items()
    }
    joints = _mapping(content.get("joints"), "joints", path)
    _known(joints, set(H36M17.joints), "joints", path)
    needed = [joint for joint in H36M17.joints if joint in joints or joint not in BY_RULE]
    missing = [joint for joint in needed if joints.get(joint, "") in ("", UNFILLED)]
    if missing:
        raise _error(path, f"it does not say where {', '.join(missing)} {'are' if missing[1:] else 'is'}")
    nodes = content.get("nodes", [])
    if not isinstance(nodes, list) or not all(isinstance(node, str) for node in nodes):
        raise _error(path, "'nodes' is not a list of names")
    return JointMap(
        name=path.stem,
        joints=tuple(_alternatives(joints.get(joint), joint, shifts, path) for joint in H36M17.joints),
        about=_word(content, "about", path) or "",
        nodes=tuple(nodes),
        up=_choice(content, "up", AXES, path),
        unit=_choice(content, "unit", METRES, path),
        fps=_number(content["fps"], "fps", path, positive=True) if "fps" in content else None,
        t_pose=_choice(content, "t_pose", ("true", "false"), path) == "true",
        citation=_word(content, "citation", path) or "",
        note=_word(content, "note", path) or "",
    )


def _alternatives(value: Any, joint: str, shifts: dict[str, Shift], path: Path) -> tuple[Point, ...]:
    if value is None:
        return ()
    values = value if isinstance(value, list) else [value]
    if not values:
        raise _error(path, f"the list of {joint} is empty")
    return tuple(_point(each, joint, shifts, path) for each in values)


def _point(value: Any, joint: str, shifts: dict[str, Shift], path: Path) -> Point:
    if isinstance(value, str):
        return Point(((value, 1.0),))
    value = dict(_mapping(value, joint, path))
    name = _word(value, "shift", path)
    if name is not None and name not in shifts:
        raise _error(path, f"{joint} has the shift {name[:40]!r}, which is not under 'shifts'")
    shift = shifts[value.pop("shift")] if name is not None else None
    match sorted(value):
        case ["at"]:
            return Point(((_node(value, "at", path), 1.0),), shift=shift)
        case ["from", "times", "to"]:
            times = _number(value["times"], f"times of {joint}", path)
            return Point(((_node(value, "from", path), 1 - times), (_node(value, "to", path), times)), shift=shift)
        case ["beyond", "from", "to"]:
            start, end = _node(value, "from", path), _node(value, "to", path)
            return Point(((end, 1.0),), (start, end, _number(value["beyond"], f"beyond of {joint}", path)), shift)
        case ["blend"]:
            blend = _mapping(value["blend"], f"blend of {joint}", path)
            weights = tuple((node, _number(weight, f"blend of {joint}", path)) for node, weight in blend.items())
            if abs(sum(weight for _, weight in weights) - 1) > 1e-6:
                raise _error(path, f"the weights in the blend of {joint} do not sum to 1")
            return Point(weights, shift=shift)
    forms = "a node, {at}, {from, to, times}, {from, to, beyond} nor {blend}, with or without shift"
    raise _error(path, f"{joint} is neither {forms}")


def _shift(value: Any, name: str, path: Path) -> Shift:
    value = _mapping(value, f"shift {name}", path)
    _known(value, {"node", "axis", "length", "from", "to", "plane"}, f"shift {name}", path)
    length = _number(value["length"], f"length of {name}", path, positive=True) if "length" in value else None
    match sorted(value):
        case ["from", "length", "to"]:
            return Shift((_node(value, "from", path), _node(value, "to", path)), length=length)
        case ["length", "plane"]:
            plane = value["plane"]
            if not isinstance(plane, list) or len(plane) != 3 or not all(isinstance(node, str) for node in plane):
                raise _error(path, f"the plane of {name} is no list of three nodes")
            return Shift(tuple(plane), length=length)
    _known(value, {"node", "axis", "length"}, f"shift {name}", path)
    return Shift((_node(value, "node", path),), _choice(value, "axis", AXES, path), length)


def _mapping(value: Any, what: str, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _error(path, f"{what} is no mapping" if value is not None else f"it has no {what}")
    return value


def _known(value: Any, keys: set[str], what: str, path: Path) -> None:
    for key in _mapping(value, what, path):
        if key not in keys:
            raise _error(path, f"{key[:40]!r} is no key of {what}", did_you_mean(key[:40], keys))


def _word(mapping: dict[str, Any], key: str, path: Path) -> str | None:
    value = mapping.get(key)
    if value is not None and (not isinstance(value, str) or not value):
        raise _error(path, f"{key!r} is not a word")
    return value


def _node(mapping: dict[str, Any], key: str, path: Path) -> str:
    node = _word(mapping, key, path)
    if node is None:
        raise _error(path, f"a {key!r} is missing")
    return node


def _choice(mapping: dict[str, Any], key: str, choices: Any, path: Path) -> str | None:
    value = _word(mapping, key, path)
    if value is not None and value not in choices:
        raise _error(path, f"{key} {value[:40]!r} is none of {', '.join(choices)}")
    return value


def _number(value: Any, what: str, path: Path, positive: bool = False) -> float:
    if not isinstance(value, str) or not is_number(value) or (positive and float(value) <= 0):
        raise _error(path, f"the {what} is no {'positive ' * positive}number")
    return float(value)


def _error(path: Path, what: str, hint: str = "") -> InvalidInputError:
    return InvalidInputError(f"The joint map {path}: {what}.", hint or "`--show-joints` prints a map to begin with.")


class _Loader(yaml.BaseLoader):
    """A YAML loader: every scalar is a string, so that nodes may be called No or 1; no repeated keys or aliases."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="it has an alias", problem_mark=self.peek_event().start_mark)
        if self.flow_level + len(self.indents) > _DEEPEST:
            raise yaml.MarkedYAMLError(problem="it is nested too deeply")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value in seen:
                raise yaml.MarkedYAMLError(problem="a key is repeated or no word", problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)
