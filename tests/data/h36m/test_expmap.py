"""The exponential-map txt against forward kinematics written another way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from data.joints import H36M32_TO_17
from scipy.spatial.transform import Rotation

from posectl.data.h36m.expmap import OFFSETS, PARENTS
from posectl.data.readers.h36m import read
from posectl.data.skeleton import H36M17


def joints_of(row: np.ndarray) -> np.ndarray:
    """Joints (32, 3) in mm of one row's 96 angles, joint by joint, with column vectors: R_child = R_parent exp(w)^T."""
    maps = row.reshape(32, 3)
    turned: list[Rotation] = []
    joints = np.zeros((32, 3))
    for joint, parent in enumerate(PARENTS):
        local = Rotation.from_rotvec(maps[joint]).inv()
        turned.append(local if parent < 0 else turned[parent] * local)
        if parent >= 0:
            joints[joint] = joints[parent] + turned[parent].apply(OFFSETS[joint])
    return joints


def z_up(joints: np.ndarray) -> np.ndarray:
    return joints @ Rotation.from_euler("x", 90, degrees=True).as_matrix().T


def write(folder: Path, rows: np.ndarray, name: str = "walking_1.txt") -> Path:
    (folder / "S1").mkdir(exist_ok=True)
    np.savetxt(folder / "S1" / name, rows, delimiter=",", fmt="%.9f")
    return folder


def test_the_fixture_is_its_forward_kinematics(formats: Path) -> None:
    rows = np.loadtxt(formats / "h3.6m_expmap/S1/walking_1.txt", delimiter=",")
    dataset = read([formats / "h3.6m_expmap"])
    expected = np.stack([z_up(joints_of(row[3:]))[list(H36M32_TO_17)] for row in rows]) / 1000
    assert np.abs(dataset.samples - (expected - expected[:, :1])).max() < 1e-6
    assert list(dataset.per_clip["name"]) == ["S1 Walking 1"]
    # Its root turns by a quarter radian a row, which no body does: it is an orientation.
    assert "as it is" in dataset.warnings[0]


def test_the_skeleton_has_its_published_bones(formats: Path) -> None:
    lengths = H36M17.bone_lengths(read([formats / "h3.6m_expmap"]).samples) * 1000
    by_name = dict(zip((H36M17.joints[child] for _, child in H36M17.bones), lengths.T, strict=True))
    published = {"RHip": 133, "RKnee": 443, "RFoot": 454, "Spine": 233, "Thorax": 257, "Neck/Nose": 121, "Head": 115,
                 "LShoulder": 151, "LElbow": 279, "LWrist": 252}  # fmt: skip
    for joint, length in published.items():
        assert np.abs(by_name[joint] - length).max() < 0.5, joint


def test_root_motion_adds_up(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    turns = Rotation.from_rotvec(rng.normal(scale=0.02, size=(40, 3)))
    steps = rng.normal(scale=10, size=(40, 3))
    angles = rng.normal(scale=0.3, size=(40, 93))
    rows = np.concatenate([steps, turns.as_rotvec(), angles], axis=1)
    dataset = read([write(tmp_path, rows)])
    assert dataset.warnings == []
    R, position = np.eye(3), np.zeros(3)
    for row in range(40):
        # data_utils.revert_coordinate_space: T = T_prev + R_prev^T t, R = exp(w) R_prev.
        position = position + R.T @ steps[row]
        R = turns[row].as_matrix() @ R
        absolute = np.concatenate([Rotation.from_matrix(R).as_rotvec(), angles[row]])
        expected = z_up(joints_of(absolute)) / 1000
        assert np.abs(dataset.per_sample["root"][row] - z_up(position) / 1000).max() < 1e-5
        assert np.abs(dataset.samples[row] - (expected - expected[0])[list(H36M32_TO_17)]).max() < 1e-5


def test_at_rest_the_body_stands_with_its_left_on_the_left(tmp_path: Path) -> None:
    dataset = read([write(tmp_path, np.zeros((3, 99)))])
    pose = dict(zip(H36M17.joints, dataset.samples[0], strict=True))
    assert pose["RFoot"] == pytest.approx([-0.132949, 0, -0.897101], abs=1e-6)
    assert pose["LHip"] == pytest.approx([0.132949, 0, 0], abs=1e-6)
    # The toes point to -y: with z up, left is then +x.
    assert z_up(OFFSETS[4]) == pytest.approx([0, -162.767078, 0])
