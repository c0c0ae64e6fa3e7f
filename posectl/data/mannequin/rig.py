"""The rig: a motion's track to the 17 joints, trunk and arms by forward kinematics, planted feet by inverse.

The pelvis never stands higher than both legs can reach, so a planted foot stays where it is planted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posectl.data.mannequin.body import Body

RIGHT, LEFT = 0, 1
_SIGN = np.array([1.0, -1.0])
# A limb is used up to this share of its length: a knee is never quite straight, and never pops.
REACH = 0.999
# Neither knees nor elbows fold further than this (AAOS: 135 and 150 degrees).
_COS_FOLDED = np.cos(np.deg2rad(150))
_SOFTNESS = 0.003


@dataclass
class Track:
    """The targets of a motion in each of T frames, in a world where heading 0 is +y. Angles in degrees.

    ankle (T, 2, 3): where the ankles should be; toe (T, 2): heading of the feet and knees, left of +y positive.
    free (T, 2): 0 for a leg that goes to its ankle, 1 for one that hangs on `hip` (T, 2, 2), flexion and abduction, and
        `knee` (T, 2), flexion; smooth in between.
    pelvis (T, 3): where the pelvis should be; its height gives way to the legs. turn (T, 3): its forward tilt, its list
        down to the right, and its yaw to the left.
    trunk (T, 3), head (T, 3): flexion, bend to the right, turn to the left, each relative to what it sits on.
    shoulder (T, 2, 3): flexion, abduction, external rotation; elbow (T, 2): flexion.
    hand (T, 2, 3): where the wrists should be, as far as grip (T, 2) from 0 to 1 says.
    """

    ankle: np.ndarray
    toe: np.ndarray
    free: np.ndarray
    hip: np.ndarray
    knee: np.ndarray
    pelvis: np.ndarray
    turn: np.ndarray
    trunk: np.ndarray
    head: np.ndarray
    shoulder: np.ndarray
    elbow: np.ndarray
    hand: np.ndarray
    grip: np.ndarray


def rotation(axis: int, degrees: np.ndarray) -> np.ndarray:
    """Return rotation matrices (..., 3, 3) about axis 0, 1 or 2 by (...) degrees, right-handed."""
    angle = np.deg2rad(degrees)
    matrix = np.zeros((*angle.shape, 3, 3))
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix[..., axis, axis] = 1
    matrix[..., i, i] = matrix[..., j, j] = np.cos(angle)
    matrix[..., j, i] = np.sin(angle)
    matrix[..., i, j] = -matrix[..., j, i]
    return matrix


def along(heading: np.ndarray) -> np.ndarray:
    """Return unit vectors (..., 3) on the floor towards `heading` degrees left of +y."""
    angle = np.deg2rad(heading)
    return np.stack([-np.sin(angle), np.cos(angle), np.zeros_like(angle)], axis=-1)


def _leaning(angles: np.ndarray) -> np.ndarray:
    """Return rotations (..., 3, 3) for (flexion, bend to the right, turn to the left)."""
    return rotation(2, angles[..., 2]) @ rotation(0, -angles[..., 0]) @ rotation(1, angles[..., 1])


def _bent(
    root: np.ndarray, end: np.ndarray, upper: float, lower: float, pole: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return (middle, end) of two bones from `root` towards `end`, bent to the side of `pole`; all (..., 3)."""
    reach = end - root
    distance = np.linalg.norm(reach, axis=-1, keepdims=True)
    along_reach = reach / distance
    folded = np.sqrt(upper**2 + lower**2 + 2 * upper * lower * _COS_FOLDED)
    distance = np.clip(distance, folded, REACH * (upper + lower))
    pole = pole - (pole * along_reach).sum(-1, keepdims=True) * along_reach
    pole /= np.linalg.norm(pole, axis=-1, keepdims=True)
    cosine = (upper**2 + distance**2 - lower**2) / (2 * upper * distance)
    middle = root + upper * (cosine * along_reach + np.sqrt(1 - cosine**2) * pole)
    return middle, root + distance * along_reach


def _times(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    return np.einsum("...ij,...j->...i", matrix, vector)


def joints(body: Body, track: Track) -> np.ndarray:
    """Return positions (T, 17, 3) of the joints in metres, H36M-17 order."""
    pelvis_frame = _leaning(track.turn)
    hips = _SIGN[:, None] * body.hip_half * pelvis_frame[:, None, :, 0]
    pelvis = _lowered(body, track, hips)
    hips = pelvis[:, None] + hips
    knees, ankles = _legs(body, track, hips, pelvis_frame)
    half = _leaning(track.trunk / 2)
    lumbar_frame = pelvis_frame @ half
    chest_frame = lumbar_frame @ half
    spine = pelvis + body.lumbar * lumbar_frame[..., 2]
    thorax = spine + body.thoracic * chest_frame[..., 2]
    head_frame = chest_frame @ _leaning(track.head)
    nose = thorax + _times(head_frame, np.array([0.0, body.nose_forward, body.nose_up]))
    top = nose + _times(head_frame, np.array([0.0, -body.nose_forward, body.head_up]))
    shoulders, elbows, wrists = _arms(body, track, thorax, chest_frame)
    columns = [pelvis]
    for side in (RIGHT, LEFT):
        columns += [hips[:, side], knees[:, side], ankles[:, side]]
    columns += [spine, thorax, nose, top]
    for side in (LEFT, RIGHT):
        columns += [shoulders[:, side], elbows[:, side], wrists[:, side]]
    return np.stack(columns, axis=1)


def _lowered(body: Body, track: Track, hips: np.ndarray) -> np.ndarray:
    """Return the pelvis (T, 3), lowered to the reach of planted legs by a smooth minimum."""
    span = track.ankle[..., :2] - track.pelvis[:, None, :2] - hips[..., :2]
    height = np.sqrt(np.maximum((REACH * body.leg) ** 2 - (span**2).sum(-1), 0.0))
    limit = track.ankle[..., 2] + height - hips[..., 2] + 2 * track.free
    heights = np.concatenate([track.pelvis[:, 2:], limit], axis=1)
    lowest = heights.min(axis=1, keepdims=True)
    softly = lowest[:, 0] - _SOFTNESS * np.log(np.exp((lowest - heights) / _SOFTNESS).sum(axis=1))
    return np.concatenate([track.pelvis[:, :2], softly[:, None]], axis=1)


def _legs(body: Body, track: Track, hips: np.ndarray, pelvis_frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (knees, ankles) (T, 2, 3). A knee bends about the axis across its foot, so always forward."""
    thigh_frame = pelvis_frame[:, None] @ rotation(0, track.hip[..., 0]) @ rotation(1, -_SIGN * track.hip[..., 1])
    shin_frame = thigh_frame @ rotation(0, -track.knee)
    hanging = hips - body.thigh * thigh_frame[..., 2] - body.shin * shin_frame[..., 2]
    target = track.ankle + track.free[..., None] * (hanging - track.ankle)
    across = np.cross(along(track.toe), [0.0, 0.0, 1.0])
    return _bent(hips, target, body.thigh, body.shin, np.cross(across, target - hips))


def _arms(
    body: Body, track: Track, thorax: np.ndarray, chest_frame: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (shoulders, elbows, wrists) (T, 2, 3)."""
    flexion, abduction, rotated = np.moveaxis(track.shoulder, -1, 0)
    arm_frame = (
        chest_frame[:, None] @ rotation(0, flexion) @ rotation(1, -_SIGN * abduction) @ rotation(2, -_SIGN * rotated)
    )
    raised = np.rad2deg(np.arccos(np.clip((arm_frame[..., 2] * chest_frame[:, None, :, 2]).sum(-1), -1, 1)))
    # Beyond 30 degrees the shoulder blade takes a part of the arm's elevation, and lifts the shoulder.
    lift = rotation(1, -_SIGN * 0.2 * np.maximum(raised - 30, 0))
    out = np.array([[body.shoulder_half, 0, -body.shoulder_drop], [-body.shoulder_half, 0, -body.shoulder_drop]])
    shoulders = thorax[:, None] + _times(chest_frame[:, None] @ lift, out)
    forearm_frame = arm_frame @ rotation(0, track.elbow)
    elbows = shoulders - body.upper_arm * arm_frame[..., 2]
    wrists = elbows - body.forearm * forearm_frame[..., 2]
    target = wrists + track.grip[..., None] * (track.hand - wrists)
    gripping_elbows, gripping = _bent(shoulders, target, body.upper_arm, body.forearm, -arm_frame[..., 1])
    return shoulders, gripping_elbows, gripping
