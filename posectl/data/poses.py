"""Bare arrays of poses: their checks, and their unit and vertical, found from the bones."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from posectl.data.layouts import layout_hint, likelier_layout, to_h36m, unnamed_layout
from posectl.data.skeleton import H36M17
from posectl.data.smpl import refuse_rotations
from posectl.errors import InvalidInputError

Unit = Literal["m", "cm", "mm"]
Axis = Literal["+x", "-x", "+y", "-y", "+z", "-z"]
UNITS: tuple[str, ...] = get_args(Unit)
AXES: tuple[str, ...] = get_args(Axis)

METRES: dict[str, float] = {"m": 1.0, "cm": 0.01, "mm": 0.001}
# A thigh is 0.3 to 0.6 m long. The bounds lie between what the units give, wide enough for children and giants.
_CENTIMETRES_FROM, _MILLIMETRES_FROM, _MILLIMETRES_TO = 15.0, 150.0, 1500.0


def as_poses(array: np.ndarray, name: str, *, joints: str | None = None, keep_double: bool = False) -> np.ndarray:
    """Return finite poses (..., 17, 3) float32 of (..., J, 3) or (..., 3 J) in the joint layout `joints`.

    joints: see posectl.data.layouts; None: h36m17, or h36m32 of 32 joints. At most two leading axes. `keep_double`
    leaves float64 arrays as they are. Messages call the array `name`. Raises InvalidInputError for any other shape, a
    dtype that is no real float, no poses, NaN or infinity, and rotations; UsageError for no layout's name.
    """
    if array.dtype.kind != "f":
        kind = "complex numbers" if array.dtype.kind == "c" else f"{array.dtype} values"
        hint = "Save it as float32: np.save(path, array.astype('float32'))."
        raise InvalidInputError(f"{name} holds {kind}, where poses are real floats.", hint)
    refuse_rotations(array, name)
    with np.errstate(over="ignore"):
        mapped = _as_h36m(array, name, joints)
        if mapped.size == 0:
            raise InvalidInputError(f"{name} has shape {array.shape}: no poses at all.", "Give it a pose or more.")
        double = keep_double and array.dtype == np.float64
        poses = np.ascontiguousarray(mapped, dtype=np.float64 if double else np.float32)
    _require_finite(poses, name)
    return poses


def _as_h36m(array: np.ndarray, name: str, joints: str | None) -> np.ndarray:
    """Return the 17 joints (..., 17, 3) of an array in the layout `joints`, with at most two leading axes."""
    shape = array.shape
    chosen = joints or unnamed_layout(shape)
    if chosen is not None and array.ndim <= 3 + (shape[-1:] == (3,)):
        if joints is None and chosen == H36M17.name and (likelier := likelier_layout(array)) is not None:
            hint = f"Say which it is: --joints {likelier}, or --joints {chosen} to take it as it is."
            raise InvalidInputError(f"{name} makes no body as {chosen}, and one as {likelier}.", hint)
        return to_h36m(array, chosen, name)
    what = "which is no array of poses"
    if 2 <= array.ndim <= 4 and shape[-1] == 3:
        what = f"{shape[-2]} joints, where H36M-17 has 17"
    raise InvalidInputError(f"{name} has shape {shape}: {what}.", layout_hint(shape))


def _require_finite(poses: np.ndarray, name: str) -> None:
    finite = np.isfinite(poses).all(axis=(-1, -2)).ravel()
    if not finite.all():
        bad = np.flatnonzero(~finite)
        message = (
            f"{name} holds NaN or infinity in {len(bad):,} of {finite.size:,} frames, the first at index {bad[0]}."
        )
        raise InvalidInputError(message, "Drop those frames, or fill them in, before posectl sees them.")


def thigh_length(poses: np.ndarray) -> float:
    """Return the median length of both thighs of poses (..., 17, 3), in the poses' unit."""
    hips, knees = ([H36M17.joints.index(side + joint) for side in "LR"] for joint in ("Hip", "Knee"))
    return float(np.median(np.linalg.norm(poses[..., knees, :] - poses[..., hips, :], axis=-1)))


def guess_unit(poses: np.ndarray) -> Unit:
    """Guess the unit in which poses (..., 17, 3) are human; "m" too for what is no human in any unit."""
    thigh = thigh_length(poses)
    if _CENTIMETRES_FROM <= thigh < _MILLIMETRES_FROM:
        return "cm"
    return "mm" if _MILLIMETRES_FROM <= thigh < _MILLIMETRES_TO else "m"


def in_metres(poses: np.ndarray, unit: Unit | None, name: str) -> np.ndarray:
    """Return poses (..., 17, 3) in metres: converted from `unit` if that is given, else as they are.

    Raises InvalidInputError when no unit is given and the bones are plainly in millimetres or centimetres.
    """
    if unit is None and (guess := guess_unit(poses)) != "m":
        thigh, word = thigh_length(poses), {"cm": "centimetres", "mm": "millimetres"}[guess]
        message = f"{name} seems to be in {word}: its thighs are {thigh:.0f} long, and metres are expected."
        raise InvalidInputError(message, f"Add --unit {guess} to convert it, or --unit m to take it as it is.")
    return poses if unit in (None, "m") else poses * np.float32(METRES[unit])


def find_up(poses: np.ndarray) -> tuple[Axis, float]:
    """Return (axis, strength) of the vertical: the axis from pelvises to thoraxes of poses (..., 17, 3).

    The strength is that component of the mean unit vector: near 1 for people who stand, near 0 when nothing is upright.
    """
    trunk = (poses[..., 8, :] - poses[..., 0, :]).reshape(-1, 3).astype(np.float64)
    length = np.linalg.norm(trunk, axis=-1, keepdims=True)
    mean = (trunk / np.where(length > 0, length, 1)).mean(axis=0)
    axis = int(np.argmax(np.abs(mean)))
    return AXES[2 * axis + (mean[axis] < 0)], float(abs(mean[axis]))
