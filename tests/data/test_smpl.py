"""Rotations and other parameters of body models are told apart from positions, which they may look like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from data.joints import body, in_layout, rotations

from posectl.data.foreign import load_poses
from posectl.data.mocap.files import find_files
from posectl.data.poses import as_poses
from posectl.data.readers.arrays import read
from posectl.errors import InvalidInputError


def axis_angles(frames: int, joints: int, spread: float = 0.4) -> np.ndarray:
    return np.random.default_rng(1).normal(0, spread, (frames, joints, 3)).astype(np.float32)


@pytest.mark.parametrize("shape", [(40, 24, 3), (40, 72), (40, 23, 3), (40, 69), (40, 52, 3), (40, 156), (40, 165)])
@pytest.mark.parametrize("joints", [None, "smpl24"])
def test_axis_angles_are_named_with_what_to_do(shape: tuple[int, ...], joints: str | None) -> None:
    array = axis_angles(40, np.prod(shape[1:]) // 3).reshape(shape)
    for each in (array, 0 * array, array[:1]):
        with pytest.raises(InvalidInputError, match="rotations of SMPL's joints, axes times angles") as caught:
            as_poses(each, "poses.npy", joints=joints)
        assert "smplx" in caught.value.hint
        assert "--joints smpl2" in caught.value.hint


def test_a_crouch_alike_on_both_sides_is_rotations_still() -> None:
    pose = np.zeros((30, 24, 3), np.float32)
    pose[:, [1, 2], 0], pose[:, [4, 5], 0], pose[:, [7, 8], 0] = -1.2, 2.0, -0.7
    pose[:, [16, 17], 2], pose[:, [18, 19], 1] = [-1.2, 1.2], [-0.9, 0.9]
    with pytest.raises(InvalidInputError, match="rotations"):
        as_poses(pose, "crouch.npy", joints="smpl24")


@pytest.mark.parametrize("scale", [0.5, 1.0, 1000.0])
@pytest.mark.parametrize("name", ["smpl22", "smpl24"])
def test_positions_of_the_same_shape_are_read(name: str, scale: float) -> None:
    joints = scale * in_layout(body(50), name)
    noisy = joints + np.random.default_rng(0).normal(0, 0.02 * scale, joints.shape)
    assert as_poses(noisy, "joints.npy", joints=name).shape == (50, 17, 3)
    assert as_poses(joints[:1].reshape(1, -1), "joints.npy", joints=name).shape == (1, 17, 3)


def test_matrices_and_quaternions_are_named_too() -> None:
    matrices = rotations(axis_angles(10, 24).reshape(-1, 3)).reshape(10, 24, 3, 3)
    with pytest.raises(InvalidInputError, match="rotations of SMPL's joints, matrices"):
        as_poses(matrices, "a.npy")
    quaternions = np.random.default_rng(0).normal(size=(10, 22, 4))
    quaternions /= np.linalg.norm(quaternions, axis=-1, keepdims=True)
    with pytest.raises(InvalidInputError, match="rotations of SMPL's joints, quaternions"):
        as_poses(quaternions, "a.npy")


def test_features_are_named() -> None:
    with pytest.raises(InvalidInputError, match="HumanML3D's features"):
        as_poses(np.zeros((60, 263), np.float32), "new_joint_vecs.npy")


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"poses": 156, "betas": 16, "trans": 3, "dmpls": 8}, "AMASS"),
        ({"root_orient": 3, "pose_body": 63, "trans": 3, "poses": 165}, "AMASS"),
        ({"body_pose": 69, "global_orient": 3, "betas": 10}, "a body model such as SMPL"),
        ({"smpl_poses": 72, "smpl_trans": 3}, "a body model such as SMPL"),
    ],
)
def test_files_of_parameters_are_named_with_what_to_do(tmp_path: Path, keys: dict[str, int], says: str) -> None:
    arrays = {key: np.full((20, width), 0.1) for key, width in keys.items()}
    np.savez(tmp_path / "walk.npz", **arrays, gender="male", mocap_framerate=120.0)
    with pytest.raises(InvalidInputError, match=f"parameters of {says}.*no positions") as caught:
        read([tmp_path / "walk.npz"])
    assert "--joints smpl22" in caught.value.hint
    for enter in (load_poses, lambda path: find_files([path])):
        with pytest.raises(InvalidInputError, match=f"parameters of {says}"):
            enter(tmp_path / "walk.npz")


def test_a_file_with_parameters_and_joints_is_read_by_its_joints(tmp_path: Path) -> None:
    joints = in_layout(body(20), "smpl24")
    np.savez(tmp_path / "walk.npz", poses=axis_angles(20, 24).reshape(20, 72), betas=np.zeros(10), joints=joints)
    assert read([tmp_path / "walk.npz"], up="+z", joints="smpl24").samples.shape == (20, 17, 3)
