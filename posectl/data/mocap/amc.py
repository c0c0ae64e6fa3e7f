"""AMC: Acclaim's motion file, for each frame its number and a line of values for each bone of the ASF beside it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from posectl.data.mocap.asf import AsfSkeleton, read_asf
from posectl.data.mocap.kinematics import Motion, Recording
from posectl.data.mocap.text import count_tokens, parse_table, read_text
from posectl.data.rotations import from_euler
from posectl.errors import InvalidInputError, NotFoundError

_FIRST_FRAME = re.compile(r"^[ \t]*\d+[ \t]*$", re.MULTILINE | re.ASCII)
_BONE_NAME = re.compile(r"\n[ \t]*([A-Za-z_]\S*)")


def find_asf(amc: Path, offered: tuple[Path, ...] = ()) -> Path:
    """Find the skeleton of an AMC file: the ASF file `offered`, or else beside it, that shares its name.

    `01_01.amc` takes `01_01.asf`, else `01.asf`, else the only ASF there is. Raises NotFoundError.
    """
    try:
        beside = tuple(path for path in sorted(amc.parent.iterdir()) if path.suffix.lower() == ".asf")
    except OSError:
        beside = ()
    stem = amc.stem.lower()
    for candidates in (offered, beside):
        by_stem = {path.stem.lower(): path for path in candidates}
        for name in (stem, stem.rpartition("_")[0], stem.partition("_")[0]):
            if name in by_stem:
                return by_stem[name]
        if len(candidates) == 1:
            return candidates[0]
    seen = f"none of {', '.join(path.name for path in beside[:8])} bears its name" if beside else "no .asf is beside it"
    names = dict.fromkeys((amc.stem.partition("_")[0], amc.stem))  # one name where the take has no number
    raise NotFoundError(
        f"{amc} has no skeleton: {seen}.", f"Put its skeleton there, as {' or '.join(f'{n}.asf' for n in names)}."
    )


def read_amc(path: Path, asf: Path) -> Recording:
    """Parse one AMC file with its ASF skeleton; raises InvalidInputError or NotFoundError.

    A node at each bone's near end bears the bone's name and rotation, and `BONE.end` is its far end. The frame rate is
    not in the file.
    """
    skeleton = read_asf(asf)
    text = read_text(path)
    first = _FIRST_FRAME.search(text)
    if first is None:
        raise InvalidInputError(f"{path} holds no frames.", "The file is cut short, or is no AMC; fetch it again.")
    header, body = text[: first.start()], text[first.start() :]
    table, columns = _read_table(body, header.count("\n") + 1, skeleton, path, asf)
    degrees = ":DEGREES" in header.upper() or (skeleton.degrees and ":RADIANS" not in header.upper())

    bones = skeleton.bones
    index = {bone.name: i for i, bone in enumerate(bones)}
    near_parents = [index.get(bone.parent, -1) for bone in bones]
    near_offsets = [bones[max(parent, 0)].vector for parent in near_parents]
    names = [bone.name for bone in bones] + [f"{bone.name}.end" for bone in bones[1:]]
    parents = np.array(near_parents + list(range(1, len(bones))))
    offsets = np.array(near_offsets + [bone.vector for bone in bones[1:]])

    groups = _groups(skeleton, columns)
    moves = {dof[1]: column for dof, column in zip(bones[0].dof, columns["root"], strict=True) if dof[0] == "t"}

    def local(rows: np.ndarray) -> Motion:
        rotations = np.broadcast_to(np.eye(3), (len(rows), len(names), 3, 3)).copy()
        for axes, members, picked, frames in groups:
            angles = table[rows[:, None, None], picked]
            motion = from_euler(np.deg2rad(angles) if degrees else angles, axes)
            rotations[:, members] = frames @ motion @ frames.swapaxes(-1, -2)
        return Motion(rotations, {0: table[rows][:, [moves[axis] for axis in "xyz"]] + skeleton.position})

    return Recording(tuple(names), parents, offsets, len(table), None, local)


_Group = tuple[tuple[int, ...], list[int], np.ndarray, np.ndarray]


def _groups(skeleton: AsfSkeleton, columns: dict[str, list[int]]) -> list[_Group]:
    """Group bones with the same dof: the factors' axes, B bones, their columns (B, k) and C (B, 3, 3)."""
    alike: dict[tuple[str, ...], list[int]] = {}
    for index, bone in enumerate(skeleton.bones):
        if bone.dof:
            alike.setdefault(bone.dof, []).append(index)
    groups = []
    for dof, members in alike.items():
        # The dof listed first is applied first, so it is the last factor.
        turns = [k for k in reversed(range(len(dof))) if dof[k][0] == "r"]
        picked = np.array([columns[skeleton.bones[index].name] for index in members])[:, turns]
        frames = np.stack([skeleton.bones[index].axis for index in members])
        groups.append((tuple("xyz".index(dof[k][1]) for k in turns), members, picked, frames))
    return groups


def _read_table(
    body: str, first_line: int, skeleton: AsfSkeleton, path: Path, asf: Path
) -> tuple[np.ndarray, dict[str, list[int]]]:
    """Read all values (frames, 1 + values), the frame's number first, and each bone's columns in it."""
    order = _bones_of_first_frame(body, first_line, skeleton, path, asf)
    dof = {bone.name: len(bone.dof) for bone in skeleton.bones}
    pattern = np.array([1] + [1 + dof[name] for name in order])

    counts = count_tokens(body)
    if not counts.all():
        body = "\n".join(line for line in body.split("\n") if line.strip())
        counts = counts[counts != 0]
    frames = -(-len(counts) // len(pattern))
    names = _BONE_NAME.findall(body)
    expected = np.tile(pattern, frames)
    if len(counts) != len(expected) or (counts != expected).any() or names != order * frames:
        raise _bad_layout(body, counts, pattern, order, path)

    ends = np.cumsum([0, *pattern[1:] - 1]) + 1
    columns = {name: list(range(ends[i], ends[i + 1])) for i, name in enumerate(order)}
    table = parse_table(_BONE_NAME.sub(" ", body), int(ends[-1]), path, first=1, what="frame")
    jumps = np.flatnonzero(np.diff(table[:, 0]) != 1)
    if jumps.size:
        before, after = table[jumps[0] : jumps[0] + 2, 0]
        raise InvalidInputError(
            f"{path}: frame {before:g} is followed by frame {after:g}.", "Frames are missing; fetch the file again."
        )
    return table, columns


def _bones_of_first_frame(body: str, first_line: int, skeleton: AsfSkeleton, path: Path, asf: Path) -> list[str]:
    """List the bones in the order of the first frame: all that have dof, each once."""
    order: list[str] = []
    dof = {bone.name: len(bone.dof) for bone in skeleton.bones}
    for number, line in enumerate(body.split("\n", len(dof) + 2)[1 : len(dof) + 2], first_line + 1):
        tokens = line.split()
        if not tokens or tokens[0].isdecimal():
            break
        if tokens[0] not in dof or tokens[0] in order:
            problem = "comes twice in a frame" if tokens[0] in order else f"is no bone of {asf.name}"
            raise InvalidInputError(
                f"{path}, line {number}: {tokens[0][:40]!r} {problem}.", "Put the skeleton of that very take beside it."
            )
        order.append(tokens[0])
    missing = [name for name, count in dof.items() if count and name not in order]
    if missing:
        raise InvalidInputError(
            f"{path}: its first frame lacks the bones {', '.join(missing[:8])} of {asf.name}.",
            "The file is cut short, or that is not its skeleton; put the skeleton of that take beside it.",
        )
    return order


def _bad_layout(body: str, counts: np.ndarray, pattern: np.ndarray, order: list[str], path: Path) -> InvalidInputError:
    """Return the error that names the first line unlike the first frame's lines."""
    for number, line in enumerate(body.split("\n")[: len(counts)]):
        place = number % len(pattern)
        tokens = line.split()
        frame = f"{path}, frame {number // len(pattern) + 1}"
        expected = order[place - 1] if place else "the next frame's number"
        found = tokens[0] if place else "the next frame's number" if tokens[0].isdecimal() else tokens[0]
        if found != expected:
            hint = "The file is damaged there, or that is not its skeleton."
            return InvalidInputError(f"{frame}: {found[:40]!r} stands where {expected!r} should.", hint)
        if len(tokens) != pattern[place]:
            return InvalidInputError(
                f"{frame}: {expected} has {len(tokens) - 1} values, where its skeleton has {pattern[place] - 1}.",
                "The file is damaged or cut short there, or that is not its skeleton.",
            )
    return InvalidInputError(
        f"{path} ends in the middle of frame {-(-len(counts) // len(pattern))}.",
        "The file is cut short; fetch it again.",
    )
