"""Poses from outside: the one way in, on which their unit and vertical are told or found, and they are checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from posectl.data.clips import as_text
from posectl.data.layouts import Layout, declared_layout, layout, unnamed_layout
from posectl.data.poses import as_poses, find_up, finite_frames, require_finite, settle_unit, showing, shown_unit
from posectl.data.safe.npy import ArraySource, array_names, known_key, load_array, load_arrays, split_key
from posectl.data.skeleton import H36M17
from posectl.data.smpl import refuse_parameters
from posectl.data.units import AXES, METRES, UNITS, WORDS, Axis, LayoutName, Unit
from posectl.errors import InvalidInputError

# The arrays of a file that say something of poses, with their accepted names.
ALIASES = {
    "poses": ("positions", "poses", "joints", "joints_3d", "positions_3d", "keypoints_3d"),
    "unit": ("units", "unit"),
    "up": ("up_axis", "up"),
    "joints": ("joint_names",),
}
_SPELLINGS = {
    **{word: unit for unit, word in WORDS.items()}, "metre": "m", "meter": "m", "meters": "m", "centimeters": "cm",
    "millimeters": "mm", "inch": "in", "foot": "ft", "x": "+x", "y": "+y", "z": "+z",
}  # fmt: skip
_UPRIGHT = 0.5
# Frames, evenly spaced, that tell what is the same in all.
_ENOUGH = 4096


@dataclass(frozen=True)
class Conventions:
    """The conventions of poses from outside, as a user tells them; None: as the file says, else as the poses show."""

    unit: Unit | None = None
    up: Axis | None = None
    joints: LayoutName | None = None


@dataclass(frozen=True)
class Foreign:
    """Poses from outside: (..., 17, 3) in metres, as they stand.

    unit: what they were in. up: their vertical, "+x" to "-z"; told: whether the user or the file named it; plain:
    whether they are upright enough to show it; human: whether they are of a person's size. layout: that of the joints
    that they were made of. warnings: sentences on what was assumed.
    """

    poses: np.ndarray
    unit: Unit
    up: Axis
    told: bool
    plain: bool
    human: bool
    layout: Layout
    warnings: list[str] = field(default_factory=list)


def load_poses(source: ArraySource) -> dict[str, np.ndarray]:
    """Read the one array of a file, its poses, or those that `file.npz:key` names, as `poses`, and what else of
    `ALIASES` an .npz has.

    Raises as `load_array` does.
    """
    file, key = split_key(source)
    if isinstance(source, str | Path) and file.is_file():
        present = array_names(source)
        refuse_parameters(present, str(source))
        keys = {meaning: name for meaning, names in ALIASES.items() for name in names if name in present}
        if key is not None:
            keys["poses"] = known_key(key, present, str(source))
        if len(present) > 1 and "poses" in keys:
            arrays = load_arrays(source, set(keys.values()))
            return {meaning: arrays[name] for meaning, name in keys.items()}
    return {"poses": load_array(source)}


def read_poses(
    arrays: Mapping[str, np.ndarray], name: str, said: Conventions = Conventions(), *, keep_double: bool = False,
    finite: str | None = "", partial: bool = False,
) -> Foreign:  # fmt: skip
    """Bring `poses` among the arrays of a file into metres, as float32.

    said: comes before what the arrays say. keep_double: leave float64 so. finite: the hint where there are NaN and
    infinity ("": the usual one); None lets them pass, unless all are so. partial: NaN is a joint that is not known, in
    any frame; pelvises stay where they are. Messages call the file `name`. Raises InvalidInputError for what are no
    poses.
    """
    joints = said.joints or _declared_layout(arrays)
    poses = as_poses(arrays["poses"], name, joints=joints, keep_double=keep_double, finite=False)
    of = layout(joints or unnamed_layout(arrays["poses"].shape) or H36M17.name)
    flat = poses.reshape(-1, *poses.shape[-2:])
    if partial:
        flat = showing(flat, name)
    else:
        whole = finite_frames(flat)
        if not whole.all() and (finite is not None or not whole.any()):
            require_finite(flat, name, *([finite] if finite else []))
        flat = flat if whole.all() else flat[whole]
    some = flat[:: 1 + len(flat) // _ENOUGH]
    named: Unit | None = said.unit or declared(arrays, "unit", UNITS, name)  # type: ignore[assignment]
    if named is None and of.unit == shown_unit(some):
        named = of.unit
    unit = settle_unit(some, named, name)
    if unit != "m":
        poses = poses * poses.dtype.type(METRES[unit])
    human, (found, strength) = shown_unit(some) == unit, find_up(flat)
    up: Axis | None = said.up or declared(arrays, "up", AXES, name)  # type: ignore[assignment]
    plain = strength >= _UPRIGHT
    if not plain and of.up is not None:
        found = of.up
    warnings = [*(f"{name}: {note}" for note in of.notes()), *_joint_warnings(arrays, name, of)]
    return Foreign(poses, unit, up or found, up is not None, plain, human, of, warnings)


def declared(arrays: Mapping[str, np.ndarray], key: str, known: Sequence[str], name: str) -> str | None:
    """Return the unit or vertical that a file declares, which must be one of `known`."""
    if key not in arrays:
        return None
    word = str(as_text(arrays[key]).ravel()[0]).strip().lower() if arrays[key].size else ""
    word = _SPELLINGS.get(word, word)
    if word not in known:
        raise InvalidInputError(f"{name} says that its {key} is {word!r}.", f"Known: {', '.join(known)}.")
    return word


def _declared_layout(arrays: Mapping[str, np.ndarray]) -> LayoutName | None:
    """Return the layout whose names the file gives its joints."""
    return declared_layout(as_text(arrays["joints"]).ravel().tolist()) if "joints" in arrays else None


def _joint_warnings(arrays: Mapping[str, np.ndarray], name: str, of: Layout) -> list[str]:
    if "joints" not in arrays or arrays["joints"].size != len(of.names) or _declared_layout(arrays) == of.name:
        return []
    told = as_text(arrays["joints"]).ravel()[:3]
    return [f"{name} calls its joints {', '.join(told)}, ...; they were taken as {of.name}, in that order."]
