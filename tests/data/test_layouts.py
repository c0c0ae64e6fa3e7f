"""Every joint layout against bodies whose joints are known: by forward kinematics, and in real files."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import yaml
from data.joints import LAYOUTS as MAKERS
from data.joints import body, in_layout, truth

from posectl.data import layouts
from posectl.data.layouts import declared_layout, layout, layout_hint, to_h36m
from posectl.data.mocap.bvh import read_bvh
from posectl.data.mocap.kinematics import forward
from posectl.data.skeleton import H36M17
from posectl.data.units import LAYOUTS, LayoutName
from posectl.errors import InvalidInputError, UsageError

# The mean error in mm of each joint that is not exact, on 2,000 random postures of SMPL's mean body: Hip is SMPL's
# pelvis, which lies above the hips, and Neck/Nose the tip of the nose.
ERRORS: dict[str, dict[str, float]] = {
    "h36m17": {},
    "h36m32": {},
    "smpl22": {"Neck/Nose": 105, "Head": 60},
    "smpl24": {"Neck/Nose": 105, "Head": 60},
    "humanml3d": {"Neck/Nose": 105, "Head": 60},
    "coco17": {"Hip": 91, "Spine": 56, "Thorax": 26, "Head": 44},
    "halpe26": {"Spine": 33},
    "mediapipe33": {"Hip": 91, "Spine": 56, "Thorax": 26, "Head": 44},
    "mpi28": {"Neck/Nose": 105},
    "mpi17": {"Neck/Nose": 105},
    "ntu25": {"Thorax": 49, "Neck/Nose": 135, "Head": 35},
    "kinect": {"Spine": 33, "Neck/Nose": 129, "Head": 46},
}


@pytest.fixture(scope="module")
def places() -> dict[str, np.ndarray]:
    return body(2000)


@pytest.mark.parametrize("name", LAYOUTS)
def test_joints_are_where_the_body_has_them_and_what_is_not_is_told(places: dict[str, np.ndarray], name: str) -> None:
    error = 1000 * np.linalg.norm(to_h36m(in_layout(places, name), name) - truth(places), axis=-1).mean(axis=0)
    expected = [ERRORS[name].get(joint, 0) for joint in H36M17.joints]
    np.testing.assert_allclose(error, expected, atol=1)
    np.testing.assert_allclose(error[np.array(expected) == 0], 0, atol=1e-9)
    assert ERRORS[name].keys() <= layout(name).approximate.keys()
    notes = " ".join(layout(name).notes())
    assert all(joint in notes for joint in ERRORS[name])


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_moves_with_the_body_and_reads_flat_arrays(places: dict[str, np.ndarray], name: str) -> None:
    """Weights that sum to 1 leave a shift and a scale as they are; unused joints may be NaN."""
    joints = in_layout(places, name)[:10]
    assert not np.isnan(to_h36m(joints, name)).any()
    moved = to_h36m(1000 * joints + [1.0, 2.0, 3.0], name)
    np.testing.assert_allclose(moved, 1000 * to_h36m(joints, name) + [1.0, 2.0, 3.0], atol=1e-9)
    flat = to_h36m(joints.reshape(2, 5, -1), name)
    np.testing.assert_array_equal(flat, to_h36m(joints, name).reshape(2, 5, 17, 3))
    assert joints.shape[1] == len(layout(name).names) == len(MAKERS[name].split())


def test_the_names_in_the_file_are_those_that_the_command_line_offers() -> None:
    content = yaml.safe_load(Path(layouts.__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    assert tuple(content) == get_args(LayoutName) == tuple(MAKERS)


def test_selected_joints_are_the_files_bits(places: dict[str, np.ndarray]) -> None:
    joints = in_layout(places, "h36m32").astype(np.float32)
    expected = joints[:, (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)]
    assert to_h36m(joints, "h36m32").tobytes() == expected.tobytes()
    assert to_h36m(joints.astype(np.float16), "h36m32").dtype == np.float32


def test_longer_arrays_that_begin_with_the_body_are_read(places: dict[str, np.ndarray]) -> None:
    """SMPL+H has 52 joints, SMPL-X 55, and the smplx package gives 45 or 127 with landmarks: the body comes first."""
    joints = in_layout(places, "smpl22")[:3]
    for name, count in (("smpl22", 52), ("smpl22", 55), ("smpl22", 127), ("smpl24", 45)):
        longer = np.concatenate([joints, np.full((3, count - 22, 3), np.nan)], axis=1)
        np.testing.assert_array_equal(to_h36m(longer, name), to_h36m(joints, "smpl22"))


def test_the_mapping_reads_as_a_sum() -> None:
    assert layout("smpl22").mapping()["Head"] == "1.65 head - 0.65 spine3"
    assert layout("smpl22").mapping()["RFoot"] == "right_ankle"
    assert layout("halpe26").mapping()["Spine"] == "mean of hip and neck"


def test_a_layout_is_known_by_the_names_of_its_joints() -> None:
    assert declared_layout([name.upper().replace("_", " ") for name in MAKERS["smpl24"].split()]) == "smpl24"
    assert declared_layout(H36M17.joints) == "h36m17"
    assert declared_layout([f"joint{i}" for i in range(17)]) is None


def test_wrong_counts_and_names_are_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"\(5, 23, 3\).*24 or 45 joints"):
        to_h36m(np.zeros((5, 23, 3)), "smpl24")
    with pytest.raises(InvalidInputError, match="is not ntu25") as caught:
        to_h36m(np.zeros((5, 20, 3)), "ntu25")
    assert "--joints kinect" in caught.value.hint
    with pytest.raises(UsageError, match="'smpl'") as usage:
        to_h36m(np.zeros((5, 24, 3)), "smpl")
    assert "smpl2" in usage.value.hint


def test_smpl_joints_of_a_file_agree_with_the_same_walk_in_bvh(test_data: Path) -> None:
    """The walk is in both; the BVH's joints come by forward kinematics, and its head's top is 180 mm above the neck."""
    folder = test_data / "faults/missing-formats"
    poses = 1000 * to_h36m(np.load(folder / "new_joints.npy").astype(np.float64), "smpl22")
    recording = read_bvh(folder / "biped.bvh")
    at = dict(zip(recording.names, forward(recording, recording.local(np.arange(12)))[0].swapaxes(0, 1), strict=True))
    nodes = [
        "Bip01", "Bip01 R Thigh", "Bip01 R Calf", "Bip01 R Foot", "Bip01 L Thigh", "Bip01 L Calf", "Bip01 L Foot",
        "Bip01 Spine1", "Bip01 Neck", "Bip01 Head", "Bip01 HeadNub", "Bip01 L UpperArm", "Bip01 L Forearm",
        "Bip01 L Hand", "Bip01 R UpperArm", "Bip01 R Forearm", "Bip01 R Hand",
    ]  # fmt: skip
    expected = np.stack([10 * (at[node] - at["Bip01"]) for node in nodes], axis=1)
    error = np.linalg.norm(poses - poses[:, :1] - expected, axis=-1).max(axis=0)
    assert np.delete(error, 10).max() < 0.1
    assert error[10] < 20


def test_smpl_joints_of_cmu_bodies_are_the_golden_poses(test_data: Path) -> None:
    """In CMU's ASF/AMC every joint of SMPL's trunk and limbs has a bone's end; the top of the head has one too."""
    with np.load(test_data / "raw/golden_fk.npz") as file, np.load(test_data / "raw/golden17.npz") as golden:
        (key,) = [key for key in file if key.endswith("01_01.amc")]
        names, nodes = [str(name).removesuffix("(end)") for name in file[f"{key}|names"]], file[key]
        (take,) = [golden[key] for key in golden if key.endswith("01_01.amc")]
    ends = (
        "root lhipjoint rhipjoint lowerback lfemur rfemur upperback ltibia rtibia thorax lfoot rfoot lowerneck "
        "lclavicle rclavicle upperneck lclavicle rclavicle lhumerus rhumerus lwrist rwrist"
    ).split()
    joints = np.stack([nodes[:, names.index(end)] for end in ends], axis=1) * (0.0254 / 0.45)
    z_up = np.stack([joints[..., 0], -joints[..., 2], joints[..., 1]], axis=-1)
    error = 1000 * np.linalg.norm(to_h36m(z_up, "smpl22") - take[: len(z_up)], axis=-1).max(axis=0)
    assert np.delete(error, 10).max() < 0.1
    assert error[10] < 60


def test_32_and_17_joints_of_one_take_agree_in_two_formats(test_data: Path) -> None:
    """S1's walk is in VideoPose3D's npz as 32 joints, in MMPose's as 17 seen by cameras: distances do not care."""
    folder = test_data / "formats"
    packed = np.load(folder / "videopose3d_data_3d_fixture.npz", allow_pickle=True)["positions_3d"].item()
    walk = next(takes for name, takes in packed["S1"].items() if name.startswith("Walking"))
    with np.load(folder / "mmpose_h36m_fixture.npz") as file:
        chosen = [i for i, name in enumerate(file["imgname"]) if "S1_Walking" in name and "54138969" in name]
        frames = [int(str(file["imgname"][i])[-10:-4]) - 1 for i in chosen]
        seen = file["S"][chosen, :, :3]
    poses = to_h36m(walk.reshape(len(walk), 96), "h36m32")[frames]
    assert len(frames) > 5
    apart = [np.linalg.norm(each[:, :, None] - each[:, None], axis=-1) for each in (poses, seen)]
    np.testing.assert_allclose(*apart, atol=1e-4)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((9, 17, 2), "lift the keypoints to three dimensions"),
        ((9, 3, 17), "np.moveaxis(array, 1, -1)"),
        ((17, 3, 9), "np.moveaxis(array, 1, -1)"),
        ((2, 3, 60, 25, 2), "np.moveaxis(array, 1, -1)"),
        ((4, 9, 2, 17, 3), "array.reshape(-1, 17, 3)"),
        ((9, 33, 4), "array[..., :3]"),
        ((9, 33, 3), "--joints mediapipe33"),
    ],
)
def test_a_hint_says_where_axes_belong(shape: tuple[int, ...], words: str) -> None:
    assert words in layout_hint(shape)
