"""Parameters of body models, which are no positions: SMPL's rotations, AMASS files, features made of them."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from posectl.data.layouts import makes_body, to_h36m
from posectl.errors import InvalidInputError

# Names of arrays that only files of parameters have: AMASS, SMPL-X, AIST++.
_PARAMETERS = {
    "betas", "dmpls", "mocap_framerate", "mocap_frame_rate", "root_orient", "pose_body", "body_pose", "global_orient",
    "smpl_poses",
}  # fmt: skip
_POSITIONS = {"positions", "joints", "joints_3d", "positions_3d", "keypoints_3d"}
# Numbers a frame that are something else than joints.
_FEATURES = {
    263: "HumanML3D's features of motion (new_joint_vecs)",
    251: "KIT-ML's features of motion (new_joint_vecs)",
    82: "parameters of SMPL, 72 of pose and 10 of shape",
    85: "parameters of SMPL, a camera, 72 of pose and 10 of shape",
}
# Joints that rotations are of: the body's of SMPL+H and X, SMPL's without and with its root, SMPL+H's, SMPL-X's.
_ROTATED = (22, 23, 24, 52, 55)
_FULL_TURN, _SLACK, _ENOUGH = 2 * np.pi, 1e-2, 256


def refuse_rotations(array: np.ndarray, name: str) -> None:
    """Raise InvalidInputError for an array of rotations of SMPL's joints, or of features made of them.

    Rotations and positions may both be (N, 24, 3): they are told apart by the body that positions make.
    """
    shape = array.shape
    what = _FEATURES.get(shape[-1]) if 2 <= array.ndim <= 3 else None
    if what is not None:
        raise InvalidInputError(f"{name} has shape {shape}: {what}, not positions of joints.", body_model_hint(22))
    if array.ndim == 2 and shape[-1] in [3 * count for count in _ROTATED]:
        array = array.reshape(len(array), -1, 3)
    for axes, form, is_rotation in _FORMS:
        if array.ndim > axes and array.shape[-1] == form[0] and array.shape[-1 - axes] in _ROTATED:
            rows = array.reshape(-1, *array.shape[-1 - axes :])[:: 1 + len(array) // _ENOUGH].astype(np.float64)
            if is_rotation(rows):
                count = array.shape[-1 - axes]
                message = (
                    f"{name} has shape {shape} and looks like rotations of SMPL's joints, {form[1]}, not positions."
                )
                raise InvalidInputError(message, body_model_hint(24 if count in (23, 24) else 22))


def refuse_parameters(names: Collection[str], file: str) -> None:
    """Raise InvalidInputError for an .npz whose arrays of these names are a body model's parameters, not positions."""
    if not _PARAMETERS.isdisjoint(names) and _POSITIONS.isdisjoint(names):
        kind = "AMASS" if {"trans", "poses"} <= set(names) else "a body model such as SMPL"
        message = (
            f"{file} holds parameters of {kind} ({', '.join(names)}): rotations and shape, no positions of joints."
        )
        raise InvalidInputError(message, body_model_hint(22))


def body_model_hint(count: int) -> str:
    """Return what to do with rotations: how to come by the `count` joints that a layout has."""
    return (
        f"Run the body model on them, as the smplx package does, save the first {count} joints of each frame as "
        f"(N, {count}, 3), and read those with `posectl prepare arrays FILE --joints smpl{count}`."
    )


def _axis_angles(rows: np.ndarray) -> bool:
    """Tell whether (N, J, 3) are axes times angles: no more than a full turn, and no body in their place."""
    if np.linalg.norm(rows, axis=-1).max(initial=0) > _FULL_TURN + _SLACK:
        return False
    with_root = np.concatenate([rows[:, :1], rows], axis=1) if rows.shape[1] == 23 else rows
    return not makes_body(to_h36m(with_root[:, :22], "smpl22"))


def _matrices(rows: np.ndarray) -> bool:
    return bool((np.abs(rows.swapaxes(-1, -2) @ rows - np.eye(3)) <= _SLACK).all())


def _quaternions(rows: np.ndarray) -> bool:
    return bool((np.abs(np.linalg.norm(rows, axis=-1) - 1) <= _SLACK).all())


# (axes of one rotation, (its last axis, its name), the test).
_FORMS: tuple[tuple[int, tuple[int, str], Callable[[np.ndarray], bool]], ...] = (
    (1, (3, "axes times angles"), _axis_angles),
    (1, (4, "quaternions"), _quaternions),
    (2, (3, "matrices"), _matrices),
)
