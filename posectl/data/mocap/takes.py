"""The subject, the action and the style of a take, by its file's name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

# 01_01: subject and trial of the CMU database, which keeps its actions in an index apart.
_CMU = re.compile(r"(\d{1,3})_(\d{1,3})(?!\d)", re.ASCII)
# dataset-1_walk-back_normal_001: set, action, style, number. The sets name no subjects; a set's style stands for one.
_BANDAI = re.compile(r"dataset-(\d+)_([A-Za-z-]+)_([A-Za-z-]+)_(\d+)", re.ASCII)
# S001C002P003R002A013: setup, camera, performer, replication and action of NTU RGB+D.
_NTU = re.compile(r"S\d{3}C\d{3}P(\d{3})R\d{3}A(\d{3})", re.ASCII)
# directing_traffic_2: action and number of the exponential-map files.
_EXPMAP = re.compile(r"([A-Za-z]+(?:_[A-Za-z]+)*)_(\d+)(?!\d)", re.ASCII)


@dataclass(frozen=True)
class Take:
    """A subject, an action and a style; empty where the name does not give it."""

    subject: str = ""
    action: str = ""
    style: str = ""


def take_of(path: Path) -> Take:
    """Read subject, action and style from the name of a motion file."""
    if found := _BANDAI.match(path.stem):
        number, action, style, _ = found.groups()
        return Take(f"BN{number}-{style}", action, style)
    if found := _CMU.match(path.stem):
        return Take(f"CMU{found.group(1).zfill(2)}")
    if found := _NTU.match(path.stem):
        return Take(f"NTU{found.group(1)}", f"A{found.group(2)}")
    if path.suffix.lower() == ".txt" and (found := _EXPMAP.match(path.stem)):
        return Take(action=found.group(1))
    return Take()


def clip_names(paths: list[Path]) -> list[str]:
    """Name each file differently: by its stem if no other has it, else its file name, else more of its path."""
    names = [path.stem for path in paths]
    for longer in (lambda path: path.name, lambda path: "/".join(path.parts[-2:]), lambda path: path.as_posix()):
        twice = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
        names = [longer(path) if name in twice else name for name, path in zip(names, paths, strict=True)]
    return names
