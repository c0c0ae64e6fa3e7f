"""Bare arrays of poses: their checks, and their unit and vertical, found from the bones."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from posectl.data.layouts import layout_hint, likelier_layout, to_h36m, unnamed_layout
from posectl.data.skeleton import H36M17
from posectl.data.smpl import refuse_rotations
from posectl.data.units import AXES, WORDS, Axis, Unit
from posectl.errors import InvalidInputError

# A person's thigh, of a child or a giant, in the units that it tells; the last two are an adult's alone, so as not to
# be taken for each other, nor for centimetres or metres.
_THIGHS: dict[Unit, tuple[float, float]] = {
    "m": (0.2, 0.7), "cm": (20, 70), "mm": (200, 700), "in": (12, 20), "ft": (1.2, 1.7),
}  # fmt: skip
# The lengths of hip and shin in thighs that tell a body from other points, and how far thighs may differ: 0.25 to 0.35,
# 0.9 to 1.1, and hardly, of people.
_HIP, _SHIN, _SIDES = 0.6, (0.6, 1.5), 0.25
# Of two-dimensional keypoints the third coordinate is a score in [0, 1], a visibility of 0 to 2, or nothing; the others
# count pixels.
_LARGEST_SCORE, _PIXELS = 2.0, 10.0


def as_poses(
    array: np.ndarray, name: str, *, joints: str | None = None, keep_double: bool = False, finite: bool = True
) -> np.ndarray:
    """Return finite poses (..., 17, 3) float32 of (..., J, 3) or (..., 3 J) in the joint layout `joints`.

    joints: see posectl.data.layouts; None: h36m17, or h36m32 of 32 joints. At most two leading axes. `keep_double`
    leaves float64 arrays as they are. Messages call the array `name`. Raises InvalidInputError for any other shape, a
    dtype that is no real float, no poses, rotations, and, if `finite`, NaN or infinity; UsageError for no layout's
    name.
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
    if finite:
        require_finite(poses, name)
    return poses


def _as_h36m(array: np.ndarray, name: str, joints: str | None) -> np.ndarray:
    """Return the 17 joints (..., 17, 3) of an array in the layout `joints`, with at most two leading axes."""
    shape = array.shape
    chosen = joints or unnamed_layout(shape)
    if chosen is not None and array.ndim <= 3 + (shape[-1:] == (3,)):
        if joints is None and chosen == H36M17.name and (likelier := likelier_layout(array)) is not None:
            _refuse_keypoints(array.reshape(-1, 17, 3), name)
            hint = f"Say which it is: --joints {likelier}, or --joints {chosen} to take it as it is."
            raise InvalidInputError(f"{name} makes no body as {chosen}, and one as {likelier}.", hint)
        return to_h36m(array, chosen, name)
    what = "which is no array of poses"
    if 2 <= array.ndim <= 4 and shape[-1] == 3:
        what = f"{shape[-2]} joints, where H36M-17 has 17"
    raise InvalidInputError(f"{name} has shape {shape}: {what}.", layout_hint(shape))


def finite_frames(poses: np.ndarray) -> np.ndarray:
    """Tell which of poses (N, J, 3) are of finite numbers alone."""
    with np.errstate(invalid="ignore"):
        return np.isfinite(poses.reshape(len(poses), -1) @ np.zeros(poses[:1].size, poses.dtype))


def require_finite(
    poses: np.ndarray, name: str, hint: str = "Drop those frames, or fill them in, before posectl sees them."
) -> None:
    """Raise InvalidInputError for NaN or infinity in poses (..., J, 3), with the number of frames and the first."""
    finite = finite_frames(poses.reshape(-1, *poses.shape[-2:]))
    if not finite.all():
        bad = np.flatnonzero(~finite)
        message = (
            f"{name} holds NaN or infinity in {len(bad):,} of {finite.size:,} frames, the first at index {bad[0]}."
        )
        raise InvalidInputError(message, hint)


def showing(poses: np.ndarray, name: str) -> np.ndarray:
    """Return what shows unit and vertical of poses (N, 17, 3) with unknown joints, NaN: those whose pelvis, legs and
    thorax are known; where there are none, a point.

    Raises InvalidInputError for infinity, and for a pose of which no joint is known.
    """
    if np.isinf(poses).any():
        bad = int(np.isinf(poses).any(axis=(1, 2)).argmax())
        raise InvalidInputError(f"{name} holds infinity in pose {bad}.", "A joint that is not known is NaN.")
    known = np.isfinite(poses).all(axis=-1)
    if not known.any(axis=-1).all():
        raise InvalidInputError(
            f"{name} has no joint that is known in pose {int((~known.any(axis=-1)).argmax())}.", "Leave that pose out."
        )
    whole = poses[known[:, [*range(7), 8]].all(axis=-1)]
    return np.nan_to_num(whole) if len(whole) else np.zeros((1, *poses.shape[1:]), poses.dtype)


def thigh_length(poses: np.ndarray) -> float:
    """Return the median length of both thighs of poses (..., 17, 3), in the poses' unit."""
    return float(np.median(_lengths(poses, "Hip", "Knee")))


def _lengths(poses: np.ndarray, start: str, end: str) -> np.ndarray:
    """Return the lengths (..., 2) from the left and right joint `start` to `end`; "" is the pelvis."""
    a, b = ([H36M17.joints.index(side + joint if joint else "Hip") for side in "LR"] for joint in (start, end))
    return np.linalg.norm(poses[..., b, :] - poses[..., a, :], axis=-1)


def guess_unit(poses: np.ndarray) -> Unit:
    """Guess the unit in which poses (..., 17, 3) are human; "m" too for what is no human in any unit, or no body."""
    return shown_unit(poses) or "m"


def shown_unit(poses: np.ndarray) -> Unit | None:
    """Return the unit in which poses (..., 17, 3) are human; None for what is no human in any unit, or no body."""
    legs = (_lengths(poses, start, end).reshape(-1, 2) for start, end in pairwise(("", "Hip", "Knee", "Foot")))
    hips, thighs, shins = (np.median(lengths, axis=0) for lengths in legs)
    thigh = float(thighs.mean())
    alike = np.ptp(thighs) < _SIDES * thigh
    if not (alike and hips.max() < _HIP * thigh and _SHIN[0] * thigh < shins.min() <= shins.max() < _SHIN[1] * thigh):
        return None
    return next((unit for unit, (low, high) in _THIGHS.items() if low <= thigh <= high), None)


def settle_unit(poses: np.ndarray, unit: Unit | None, name: str) -> Unit:
    """Return the unit of poses (..., 17, 3): the one that is given, else metres.

    Raises InvalidInputError for two-dimensional keypoints, and when no unit is given and the bones are plainly a
    person's in another.
    """
    _refuse_keypoints(poses, name)
    if unit is None and (guess := guess_unit(poses)) != "m":
        message = (
            f"{name} seems to be in {WORDS[guess]}: its thighs are {thigh_length(poses):.3g} long, and metres are "
            "expected."
        )
        raise InvalidInputError(message, f"Add --unit {guess} to convert it, or --unit m to take it as it is.")
    return unit or "m"


def _refuse_keypoints(poses: np.ndarray, name: str) -> None:
    """Raise InvalidInputError for keypoints in an image: x and y in pixels, beside a score or nothing."""
    thick = np.abs(poses[..., 2]).max()
    wide = np.median(np.ptp(poses[..., :2], axis=-2).max(axis=-1))
    if thick <= _LARGEST_SCORE and wide >= _PIXELS:
        score = " with a score" if thick > 0 else ""
        raise InvalidInputError(
            f"{name} holds two-dimensional keypoints{score}: they spread by {wide:.0f} in their first two coordinates, "
            f"and the third is within {poses[..., 2].min():.3g} and {poses[..., 2].max():.3g}.",
            "Poses are joints in space: lift the keypoints to three dimensions first.",
        )


def find_up(poses: np.ndarray) -> tuple[Axis, float]:
    """Return (axis, strength) of the vertical: the axis from pelvises to thoraxes of poses (..., 17, 3).

    The strength is that component of the mean unit vector: near 1 for people who stand, near 0 when nothing is upright.
    """
    trunk = (poses[..., 8, :] - poses[..., 0, :]).reshape(-1, 3).astype(np.float64)
    length = np.linalg.norm(trunk, axis=-1, keepdims=True)
    mean = (trunk / np.where(length > 0, length, 1)).mean(axis=0)
    axis = int(np.argmax(np.abs(mean)))
    return AXES[2 * axis + (mean[axis] < 0)], float(abs(mean[axis]))
