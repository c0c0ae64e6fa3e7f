"""BVH: a HIERARCHY of nodes with offsets and channels, and a MOTION table of one line a frame.

A node's rotation is the product of its channels in the order listed; its position channels replace its offset.
Source: M. Meredith, S. Maddock, "Motion capture file formats explained", University of Sheffield, 2001.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import numpy as np

from posectl.data.mocap.kinematics import Motion, Recording
from posectl.data.mocap.text import is_number, parse_table, read_text
from posectl.data.rotations import from_euler
from posectl.errors import InvalidInputError

# A frame of motion is shorter than that, and these are the rates at which motion is recorded or played.
_SECONDS = 4.0
_RATES = {24, 23.976, 25, 29.97, 30, 48, 50, 59.94, 60, 72, 75, 90, 100, 119.88, 120, 144, 150, 180, 200, 240, 250, 300}
# More than any body with fingers and a face has; a bound for hostile files.
MAX_NODES = 1000

_MOTION = re.compile(r"^[ \t]*MOTION[ \t]*$", re.MULTILINE | re.IGNORECASE)
_FRAMES = re.compile(
    r"\s*Frames[ \t]*:?[ \t]*(\S*)[ \t]*\n\s*Frame[ \t]*Time[ \t]*:?[ \t]*(\S*)[ \t]*(?:\n|$)", re.IGNORECASE
)
# Braces, and numbers after a keyword that follows something on its line.
_PARTS = re.compile(r"([{}])|(?=\b(?:OFFSET|CHANNELS)[ \t]+[-+.\d])", re.IGNORECASE)


@dataclass
class _Node:
    name: str
    parent: int
    offset: tuple[float, ...] = ()
    # (column of the table, axis 0..2), in the order listed.
    turns: list[tuple[int, int]] = field(default_factory=list)
    moves: list[tuple[int, int]] = field(default_factory=list)
    channelled: bool = False


def read_bvh(path: Path) -> Recording:
    """Parse one BVH file; raises InvalidInputError or NotFoundError."""
    text = read_text(path)
    found = _MOTION.search(text)
    if found is None:
        raise InvalidInputError(
            f"{path} has no MOTION section.", "The file is cut short, or is no BVH; export it again."
        )
    warnings: list[str] = []
    text = _decimal_points(text, found.end(), warnings)
    nodes = _Hierarchy(path).parse(text[: found.start()])
    table, fps = _read_motion(text, found.end(), nodes, path, warnings)
    offsets = np.array([node.offset for node in nodes])
    _keep_offsets(nodes, table, warnings)

    def local(rows: np.ndarray) -> Motion:
        return _local(nodes, offsets, table[rows])

    parents = np.array([node.parent for node in nodes])
    names = tuple(node.name for node in nodes)
    return Recording(names, parents, offsets, len(table), fps, local, tuple(warnings))


def _decimal_points(text: str, motion: int, warnings: list[str]) -> str:
    """Return the text with points for decimal commas, which some countries' programs write."""
    if "," not in text[motion:] or "." in text[motion:]:
        return text
    warnings.append("its decimal commas are read as points.")
    return re.sub(r"(?<=\d),(?=\d)", ".", text)


def _keep_offsets(nodes: list[_Node], table: np.ndarray, warnings: list[str]) -> None:
    """Take position channels that are zero throughout from nodes with an offset: there they are relative to it."""
    relative = [
        node
        for node in nodes
        if node.moves and node.parent >= 0 and any(node.offset) and not table[:, [c for c, _ in node.moves]].any()
    ]
    for node in relative:
        node.moves = []
    if relative:
        warnings.append(f"nodes whose position channels are zero throughout keep their offsets ({len(relative)}).")


def _local(nodes: list[_Node], offsets: np.ndarray, table: np.ndarray) -> Motion:
    rotations = np.broadcast_to(np.eye(3), (len(table), len(nodes), 3, 3)).copy()
    # Nodes with the same order of axes are turned together.
    groups: dict[tuple[int, ...], list[int]] = {}
    for index, node in enumerate(nodes):
        if node.turns:
            groups.setdefault(tuple(axis for _, axis in node.turns), []).append(index)
    for axes, members in groups.items():
        columns = [[column for column, _ in nodes[index].turns] for index in members]
        rotations[:, members] = from_euler(np.deg2rad(table[:, columns]), axes)

    positions = {}
    for index, node in enumerate(nodes):
        if node.moves:
            positions[index] = np.tile(offsets[index], (len(table), 1))
            for column, axis in node.moves:
                positions[index][:, axis] = table[:, column]
    return Motion(rotations, positions)


def _read_motion(
    text: str, start: int, nodes: list[_Node], path: Path, warnings: list[str]
) -> tuple[np.ndarray, float]:
    """Read the table (frames, channels), and the frame rate; add a sentence for what is doubtful."""
    header = _FRAMES.match(text, start)
    if header is None:
        raise InvalidInputError(
            f"{path} has no 'Frames:' and 'Frame Time:' lines after MOTION.",
            "Export the file again, or write them, as in 'Frames: 240' and 'Frame Time: 0.0333333'.",
        )
    declared, frame_time = header.groups()
    if not (declared.isdecimal() and declared.isascii()):
        raise InvalidInputError(f"{path}: 'Frames: {declared[:20]}' is no number of frames.", "Export the file again.")
    fps = frame_rate(frame_time.replace(",", "."), path, warnings)
    columns = sum(len(node.turns) + len(node.moves) for node in nodes)
    table = parse_table(text[header.end() :], columns, path, first=1 + text.count("\n", 0, header.end()))
    # Compared as text first, for a hostile number of digits costs a lot to convert.
    digits = declared.lstrip("0")
    if digits == str(len(table)).lstrip("0"):
        return table, fps
    if len(digits) > 12 or int(declared) > len(table):
        raise InvalidInputError(
            f"{path} says Frames: {declared[:20]}, but holds {len(table)} lines of motion.",
            "The file is cut short; fetch it again, or correct its 'Frames:' line.",
        )
    warnings.append(f"it says Frames: {int(declared)}, and holds {len(table)} lines of motion; all are read.")
    return table, fps


def frame_rate(frame_time: str, path: Path, warnings: list[str]) -> float:
    """Return frames a second: the whole number whose period the written digits round to, else 1 / frame time.

    `.0083333` and `.008333` both mean 120, `0.033367` means 29.97. Of motion no frame lasts `_SECONDS`: a longer one is
    a rate if that is a usual one, else milliseconds, and a sentence is added to `warnings`.
    """
    seconds = float(frame_time) if is_number(frame_time) else 0.0
    if not 1e-5 <= seconds <= 1e3:
        raise InvalidInputError(
            f"{path}: 'Frame Time: {frame_time[:20]}' is no length of a frame in seconds.",
            "Correct that line of the file, as in Frame Time: 0.0333333.",
        )
    if seconds < _SECONDS:
        return _whole_rate(Decimal(frame_time))
    is_rate = seconds in _RATES
    fps = seconds if is_rate else _whole_rate(Decimal(frame_time) / 1000)
    meaning = "frames a second" if is_rate else f"milliseconds, {fps:g} frames a second"
    warnings.append(f"'Frame Time: {frame_time}' cannot be seconds, and is taken as {meaning}.")
    return fps


def _whole_rate(seconds: Decimal) -> float:
    period = float(seconds)
    whole = round(1 / period)
    last_digit = 10.0 ** int(seconds.as_tuple().exponent)
    if whole > 0 and abs(period - 1 / whole) <= last_digit:
        return float(whole)
    return 1 / period


class _Hierarchy:
    """The parser of a HIERARCHY section; it keeps its own stack, so that no depth of nesting exhausts Python's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.nodes: list[_Node] = []
        self.columns = 0
        self.line = 0
        self._open: list[int] = []
        self._named: int | None = None

    def parse(self, text: str) -> list[_Node]:
        """Parse the nodes, in the order of the file, which is the order of the table's columns."""
        for self.line, line in enumerate(text.split("\n"), 1):
            for part in _PARTS.split(line):
                if part and part.strip():
                    self._step(part.strip())
        if self._open or self._named is not None:
            raise self._error("the hierarchy ends before its braces close")
        if not self.nodes:
            raise self._error("there is no ROOT")
        for node in self.nodes:
            if not node.offset:
                raise self._error(f"the node {node.name!r} has no OFFSET")
        if self.columns == 0:
            raise self._error("no node has channels")
        return self.nodes

    def _step(self, part: str) -> None:
        keyword, *rest = part.split(None, 1)
        words = rest[0] if rest else ""
        match keyword.upper():
            case "HIERARCHY" if not self.nodes:
                pass
            case "ROOT" | "JOINT" | "END":
                self._name(keyword.upper(), words)
            case "ENDSITE" | "END_SITE":
                self._name("END", words)
            case "{" if self._named is not None:
                self._open.append(self._named)
                self._named = None
            case "}" if self._open and self._named is None:
                self._open.pop()
            case "OFFSET" if self._open:
                self._offset(words.split())
            case "CHANNELS" if self._open:
                self._channels(words.split())
            case _:
                raise self._error(f"{part[:40]!r} does not belong there")

    def _name(self, keyword: str, name: str) -> None:
        if self._named is not None:
            raise self._error(f"the node {self.nodes[self._named].name!r} has no braces")
        if keyword == "ROOT" and self.nodes:
            raise self._error(
                f"a second skeleton, {name!r}, beside {self.nodes[0].name!r}", "Export one character to a file."
            )
        if (keyword == "ROOT") == bool(self._open):
            raise self._error(f"{keyword} {name[:40]!r} does not belong there")
        parent = self._open[-1] if self._open else -1
        if keyword == "END":
            name = f"{self.nodes[parent].name}.end"
            ends = sum(node.name.startswith(name) for node in self.nodes)
            name += str(ends + 1) if ends else ""
        if not name or not name.isprintable():
            raise self._error(f"a {keyword} without a name" if not name else f"{name[:40]!r} is no name of a node")
        if any(node.name == name for node in self.nodes):
            raise self._error(f"two nodes are called {name[:40]!r}", "Rename one of them.")
        if len(self.nodes) == MAX_NODES:
            raise self._error(f"more than {MAX_NODES} nodes", "Export the body alone.")
        self._named = len(self.nodes)
        self.nodes.append(_Node(name, parent))

    def _offset(self, tokens: list[str]) -> None:
        if len(tokens) != 3 or not all(map(is_number, tokens)):
            raise self._error(f"OFFSET {' '.join(tokens)[:60]!r} is not three numbers")
        self.nodes[self._open[-1]].offset = tuple(map(float, tokens))

    def _channels(self, tokens: list[str]) -> None:
        node = self.nodes[self._open[-1]]
        names = [token.lower() for token in tokens[1:]]
        known = all(re.fullmatch(r"[xyz](rotation|position)", name) for name in names)
        if not tokens or tokens[0] != str(len(names)) or not known or len(set(names)) < len(names):
            raise self._error(
                f"CHANNELS {' '.join(tokens)[:90]!r} is not a count and as many of [XYZ]rotation, [XYZ]position"
            )
        if node.channelled:
            raise self._error(f"the node {node.name!r} has two CHANNELS lines")
        node.channelled = True
        for name in names:
            kind = node.turns if name.endswith("rotation") else node.moves
            kind.append((self.columns, "xyz".index(name[0])))
            self.columns += 1

    def _error(self, what: str, hint: str = "") -> InvalidInputError:
        return InvalidInputError(
            f"{self.path}, line {self.line}: {what}.", hint or "The file is damaged, or is no BVH; export it again."
        )
