"""Joint layouts: the joints of other people's arrays, and where each H36M-17 joint is among them (layouts.yaml)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from posectl.data.skeleton import H36M17
from posectl.data.units import LAYOUTS, Axis, LayoutName, Unit
from posectl.errors import InvalidInputError, UsageError, did_you_mean

# Thighs, shins, upper arms and forearms, (joint, joint) on the left and on the right.
_LIMBS = np.array([[(4, 5), (1, 2)], [(5, 6), (2, 3)], [(11, 12), (14, 15)], [(12, 13), (15, 16)]])
# The lengths of the others in thighs, of bodies of any build; how far sides may differ, and frames.
_IN_THIGHS, _SIDES, _SPREAD = ((0.6, 1.5), (0.4, 1.2), (0.3, 1.1)), 0.25, 0.25
_ENOUGH = 256


@dataclass(frozen=True)
class Layout:
    """The joints of arrays of one kind.

    names: of the joints, in their order. counts: how many joints an array may have; of more than `names`, the first
    count. weights: of each H36M-17 joint, (index of a joint, weight), which sum to 1. approximate: why a joint of
    H36M-17 is not quite there. up, unit: what files of this kind have, or None.
    """

    name: LayoutName
    about: str
    names: tuple[str, ...]
    counts: tuple[int, ...]
    weights: tuple[tuple[tuple[int, float], ...], ...]
    approximate: dict[str, str]
    up: Axis | None
    unit: Unit | None

    def mapping(self) -> dict[str, str]:
        """Return where each H36M-17 joint is: "head", or "1.65 head - 0.65 spine3"."""
        return {joint: self._sum(parts) for joint, parts in zip(H36M17.joints, self.weights, strict=True)}

    def notes(self) -> list[str]:
        """Return a sentence on what is approximate, if anything is."""
        if not self.approximate:
            return []
        joints = ", ".join(f"{joint} ({why})" for joint, why in self.approximate.items())
        return [f"approximate joints of {self.name}: {joints}."]

    def _sum(self, parts: Sequence[tuple[int, float]]) -> str:
        if len({weight for _, weight in parts}) == 1 < len(parts):
            return f"mean of {' and '.join(self.names[joint] for joint, _ in parts)}"
        terms = [f"{'- ' if weight < 0 else '+ '}{abs(weight):g} {self.names[joint]}" for joint, weight in parts]
        return " ".join(terms).removeprefix("+ ").removeprefix("1 ")


def layout(name: str) -> Layout:
    """Return the layout of this name. Raises UsageError for a name that there is not."""
    if name not in LAYOUTS:
        raise UsageError(f"There is no joint layout {name!r}.", did_you_mean(name, LAYOUTS))
    return _layouts()[name]


def to_h36m(array: np.ndarray, joints: str, name: str = "An array") -> np.ndarray:
    """Return the H36M-17 joints (..., 17, 3) of an array (..., J, 3) or (..., 3 J) in the layout `joints`.

    The unit, the axes and the dtype stay (but float16 becomes float32). Messages call the array `name`. Raises
    InvalidInputError for another number of joints, UsageError for no layout's name.
    """
    chosen = layout(joints)
    given = with_joints(array, chosen.counts)
    if given is None:
        wanted = " or ".join(map(str, chosen.counts))
        message = f"{name} has shape {array.shape}, which is not {joints}: that has {wanted} joints."
        raise InvalidInputError(message, layout_hint(array.shape))
    if chosen.name == H36M17.name:
        return given.astype(np.result_type(given.dtype, np.float32), copy=False)
    poses = np.empty((*given.shape[:-2], len(H36M17.joints), 3), np.result_type(given.dtype, np.float32))
    for place, parts in enumerate(chosen.weights):
        # Joints of no weight are left alone, for they may be NaN.
        poses[..., place, :] = sum(weight * given[..., joint, :] for joint, weight in parts)
    return poses


def with_joints(array: np.ndarray, counts: Sequence[int]) -> np.ndarray | None:
    """Return an array (..., J, 3) or (..., 3 J) as the former, where J is one of `counts`; else None."""
    count = joint_count(array.shape)
    return array.reshape(*array.shape[: -1 - (array.shape[-1] == 3)], count, 3) if count in counts else None


def joint_count(shape: tuple[int, ...]) -> int:
    """Return J of the shape (..., J, 3) or (..., 3 J); 0 of any other."""
    if shape[-1:] == (3,):
        return shape[-2] if len(shape) > 1 else 0
    return shape[-1] // 3 if shape and shape[-1] % 3 == 0 else 0


def unnamed_layout(shape: tuple[int, ...]) -> LayoutName | None:
    """Return the layout of an array of which nothing is said: Human3.6M's, by the number of joints."""
    count = joint_count(shape)
    return "h36m17" if count == 17 else "h36m32" if count == 32 else None


def likelier_layout(array: np.ndarray) -> LayoutName | None:
    """Return the layout in which an array (..., 17, 3) or (..., 51) makes a body, where it makes none as H36M-17."""
    flat = array.reshape(-1, 17, 3)
    rows = flat[:: 1 + len(flat) // _ENOUGH]
    rows = rows[np.isfinite(rows).all(axis=(1, 2))]
    if not len(rows) or makes_body(rows):
        return None
    others = [name for name in LAYOUTS if 17 in layout(name).counts and name != "h36m17"]
    return next((name for name in others if makes_body(to_h36m(rows, name))), None)


def makes_body(poses: np.ndarray) -> bool:
    """Tell whether the limbs of poses (N, 17, 3) are alike on both sides, keep their length, and go together."""
    frames = np.linalg.norm(poses[:, _LIMBS[..., 0]] - poses[:, _LIMBS[..., 1]], axis=-1)
    lengths = np.median(frames, axis=0)
    longer = lengths.max(axis=-1)
    if not (np.isfinite(frames).all() and longer.all()):
        return False
    unlike = np.ptp(lengths, axis=-1) > _SIDES * longer
    changing = np.median(np.abs(frames - lengths), axis=0) > _SPREAD * lengths
    fitting = [low <= share <= high for share, (low, high) in zip(longer[1:] / longer[0], _IN_THIGHS, strict=True)]
    return all(fitting) and not unlike.any() and not changing.any()


def declared_layout(names: Sequence[str]) -> LayoutName | None:
    """Return the layout whose joints have these names, in this order, but for case and signs."""
    return next((each for each in LAYOUTS if _bare(layout(each).names) == _bare(names)), None)


def _bare(names: Sequence[str]) -> list[str]:
    return ["".join(filter(str.isalnum, name)).lower() for name in names]


def layout_hint(shape: tuple[int, ...]) -> str:
    """Return the hint for an array of this shape: where its axes belong, or the layouts that have as many joints, or
    all of them."""
    count = joint_count(shape)
    if shape[-1:] == (2,) and 3 not in shape:
        return "Poses are joints in space: lift the keypoints to three dimensions first."
    if len(shape) > 4 and shape[-1] == 3:
        return f"Poses are (N, J, 3), and paths (B, T, J, 3): array.reshape(-1, {shape[-2]}, 3) makes poses of all."
    alike = [name for name in LAYOUTS if count in layout(name).counts]
    if alike:
        which = f"So many joints have {', '.join(alike)}: say which it is, as in --joints {alike[0]}"
        return f"{which} of prepare arrays, evaluate, interpolate, render or export."
    if len(shape) > 2 and shape[-1] != 3 and 3 in shape:
        return f"Coordinates come last, after joints: try np.moveaxis(array, {shape.index(3)}, -1)."
    if shape[-1:] == (4,):
        return "If the fourth number of a joint is its score, leave it out: array[..., :3]."
    return f"Poses are (N, 17, 3) or (N, 51); of other joints name the layout, --joints {', '.join(LAYOUTS)}."


@cache
def _layouts() -> dict[str, Layout]:
    content = yaml.safe_load(Path(__file__).with_name("layouts.yaml").read_text(encoding="utf-8"))
    return {name: _parse(name, entry) for name, entry in content.items()}


def _parse(name: LayoutName, entry: dict[str, Any]) -> Layout:
    index = {joint: place for place, joint in enumerate(entry["names"])}

    def weights(place: str | list[str] | dict[str, float]) -> tuple[tuple[int, float], ...]:
        names = [place] if isinstance(place, str) else place
        shares = names if isinstance(names, dict) else dict.fromkeys(names, 1 / len(names))
        return tuple((index[joint], float(share)) for joint, share in shares.items())

    return Layout(
        name=name,
        about=entry["about"],
        names=tuple(entry["names"]),
        counts=(len(index), *entry.get("more", ())),
        weights=tuple(weights(place) for place in entry["joints"]),
        approximate=entry.get("approximate", {}),
        up=entry.get("up"),
        unit=entry.get("unit"),
    )
