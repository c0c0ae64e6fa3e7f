"""Every layout's fixture against the poses that it was made from, and one take in six layouts against each other."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import cdflib
import numpy as np
import pytest
from cdflib import cdfwrite

from posectl.data.dataset import Dataset
from posectl.data.h36m.cameras import load_cameras
from posectl.data.readers.h36m import read
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError, NotFoundError

Golden = Callable[[str, str], tuple[np.ndarray, np.ndarray]]

FILES = {
    "videopose3d": "videopose3d_data_3d_fixture.npz",
    "cdf": "h36m_cdf",
    "mmpose": "mmpose_h36m_fixture.npz",
    "motionbert": "motionbert_h36m_fixture.pkl",
    "epfl": "dict_h36m_keypoints_world_fixture.pkl",
}
EVERY = {"videopose3d": 1, "cdf": 1, "mmpose": 5, "motionbert": 1, "epfl": 2}  # frames at 50 Hz
CLIPS = {"videopose3d": 14, "cdf": 4, "mmpose": 4, "motionbert": 6, "epfl": 6}
MILLIMETRE = 1e-3


def write_mono(formats: Path, folder: Path) -> Path:
    """D3_Positions_mono of S1 Walking, made of the CDF fixture and the camera parameters; the folder for `read`."""
    pose = cdflib.CDF(formats / "h36m_cdf/S1/MyPoseFeatures/D3_Positions/Walking.cdf")["Pose"]
    cameras = json.loads((formats / "camera-parameters_fixture.json").read_text())["extrinsics"]["S1"]
    mono = folder / "S1/MyPoseFeatures/D3_Positions_mono"
    mono.mkdir(parents=True)
    for name, camera in cameras.items():
        R, t = np.array(camera["R"]), np.array(camera["t"])
        seen = (R @ pose.reshape(-1, 3).T.astype(float) + t).T.reshape(pose.shape)
        file = cdfwrite.CDF(mono / f"Walking.{name}.cdf", cdf_spec={"Majority": "row_major"}, delete=True)
        spec = {
            "Variable": "Pose", "Data_Type": 44, "Num_Elements": 1, "Rec_Vary": True, "Dim_Sizes": list(pose.shape[1:]),
            "Compress": 6,
        }  # fmt: skip
        file.write_var(spec, var_data=seen.astype(np.float32))
        file.close()
    return folder


@pytest.fixture(scope="module")
def in_world(formats: Path) -> dict[str, Dataset]:
    """Each layout's fixture, read in world axes."""
    cameras = formats / "camera-parameters_fixture.json"
    return {layout: read([formats / file], frame="world", cameras=cameras) for layout, file in FILES.items()}


def largest_error(dataset: Dataset, golden: Golden) -> float:
    """The largest distance in metres of a joint from where it is known to be."""
    expected = np.empty_like(dataset.samples)
    for clip, start in enumerate(dataset.per_clip["start"]):
        rows = slice(start, start + dataset.per_clip["length"][clip])
        positions, _ = golden(dataset.per_clip["subject"][clip], dataset.per_clip["action"][clip])
        expected[rows] = positions[dataset.per_sample["frame"][rows]]
    return float(np.linalg.norm(dataset.samples - expected, axis=-1).max())


@pytest.mark.parametrize("layout", FILES)
def test_the_fixture_reads_to_its_golden_poses(in_world: dict[str, Dataset], golden: Golden, layout: str) -> None:
    dataset = in_world[layout]
    assert largest_error(dataset, golden) < MILLIMETRE
    assert np.abs(dataset.samples[:, 0]).max() == 0
    assert list(dataset.per_sample["frame"][:3]) == [0, EVERY[layout], 2 * EVERY[layout]]
    assert len(dataset.per_clip["name"]) == CLIPS[layout]
    assert set(dataset.per_clip["fps"]) == {50 / EVERY[layout]}
    assert dataset.about["layout"] == layout
    assert (dataset.about["up"], dataset.about["coordinates"], dataset.about["unit"]) == ("+z", "world", "m")
    assert dataset.warnings == []


@pytest.mark.parametrize("layout", ["videopose3d", "cdf"])
def test_the_root_is_where_the_pelvis_was(in_world: dict[str, Dataset], golden: Golden, layout: str) -> None:
    dataset = in_world[layout]
    for clip, start in enumerate(dataset.per_clip["start"]):
        _, root = golden(dataset.per_clip["subject"][clip], dataset.per_clip["action"][clip])
        length = dataset.per_clip["length"][clip]
        assert np.abs(dataset.per_sample["root"][start : start + length] - root[:length]).max() < MILLIMETRE


def test_one_take_in_six_layouts_is_the_same(in_world: dict[str, Dataset], formats: Path, tmp_path: Path) -> None:
    cameras = formats / "camera-parameters_fixture.json"
    mono = read([write_mono(formats, tmp_path)], frame="world", cameras=cameras)
    assert mono.about["layout"] == "cdf-mono"
    poses = {}
    for layout, dataset in {**in_world, "cdf-mono": mono}.items():
        (clip,) = np.flatnonzero((dataset.per_clip["subject"] == "S1") & (dataset.per_clip["action"] == "Walking"))
        rows = dataset.per_sample["clip"] == clip
        poses[layout] = dict(zip(dataset.per_sample["frame"][rows], dataset.samples[rows], strict=True))
    assert len(poses) == 6
    for layout, frames in poses.items():
        assert len(frames) == {"mmpose": 12, "epfl": 30}.get(layout, 60)
        for frame, pose in frames.items():
            assert np.linalg.norm(pose - poses["cdf"][frame], axis=-1).max() < MILLIMETRE, (layout, frame)


def test_mono_files_need_no_camera_file(formats: Path, tmp_path: Path, golden: Golden) -> None:
    dataset = read([write_mono(formats, tmp_path)])
    assert (dataset.about["coordinates"], dataset.about["up"]) == ("camera", "-y")
    assert list(dataset.per_clip["camera"]) == ["54138969", "55011271", "58860488", "60457274"]
    thorax, pelvis = dataset.samples[:, 8], dataset.per_sample["root"]
    assert (thorax[:, 1] < 0).all()
    assert (pelvis[:, 2] > 1).all()


@pytest.mark.parametrize("layout", ["videopose3d", "cdf", "epfl"])
def test_camera_axes_are_the_camera_files(formats: Path, golden: Golden, layout: str) -> None:
    path = formats / "camera-parameters_fixture.json"
    extrinsics = json.loads(path.read_text())["extrinsics"]
    dataset = read([formats / FILES[layout]], frame="camera", cameras=path, subjects=["S1", "S9"])
    assert (dataset.about["coordinates"], dataset.about["up"]) == ("camera", "-y")
    assert len(dataset.per_clip["name"]) == 4 * 4
    for clip, start in enumerate(dataset.per_clip["start"]):
        table = {key: str(column[clip]) for key, column in dataset.per_clip.items()}
        R = np.array(extrinsics[table["subject"]][table["camera"]]["R"])
        positions, _ = golden(table["subject"], table["action"])
        rows = slice(start, start + dataset.per_clip["length"][clip])
        expected = positions[dataset.per_sample["frame"][rows]] @ R.T
        assert np.linalg.norm(dataset.samples[rows] - expected, axis=-1).max() < MILLIMETRE


def test_the_place_before_the_camera_is_kept(formats: Path) -> None:
    path = formats / "camera-parameters_fixture.json"
    camera = json.loads(path.read_text())["extrinsics"]["S1"]["55011271"]
    world = read([formats / FILES["videopose3d"]], subjects=["S1"], actions=["Walking"])
    seen = read([formats / FILES["videopose3d"]], subjects=["S1"], actions=["Walking"], frame="camera", cameras=path)
    rows = seen.per_sample["clip"] == list(seen.per_clip["camera"]).index("55011271")
    expected = world.per_sample["root"] @ np.array(camera["R"]).T + np.array(camera["t"]).T / 1000
    assert np.abs(seen.per_sample["root"][rows] - expected).max() < 1e-5


def test_motionbert_without_a_camera_file_is_weak_perspective(formats: Path) -> None:
    file, path = formats / FILES["motionbert"], formats / "camera-parameters_fixture.json"
    weak, exact = read([file]), read([file], cameras=path)
    seen = exact.samples + exact.per_sample["root"][:, None]
    # Every joint is drawn as if it were as far away as the pelvis.
    drawn = seen[..., :2] * seen[:, :1, 2:] / seen[..., 2:]
    assert np.abs(weak.samples[..., :2] - (drawn - drawn[:, :1])).max() < MILLIMETRE
    assert np.abs(weak.samples[..., 2] - exact.samples[..., 2]).max() < MILLIMETRE
    assert "root" not in weak.per_sample
    assert "weak-perspective" in weak.warnings[0]


def test_motionbert_without_a_scale_gets_human_bones(formats: Path, tmp_path: Path) -> None:
    content = pickle.loads((formats / FILES["motionbert"]).read_bytes())
    for column in ("2.5d_factor", "joints_2.5d_image"):
        del content["train"][column]
    (tmp_path / "h36m_sh_conf_cam_source_final.pkl").write_bytes(pickle.dumps(content))
    cameras = formats / "camera-parameters_fixture.json"
    scaled = read([tmp_path], subjects=["S1"], cameras=cameras)
    exact = read([formats / FILES["motionbert"]], subjects=["S1"], cameras=cameras)
    # 16 bones of 4150 mm in all, where perspective lengthens or shortens some.
    assert H36M17.bone_lengths(scaled.samples).sum(axis=-1) == pytest.approx(4.15, rel=0.02)
    ratio = (scaled.samples * exact.samples).sum((1, 2)) / (exact.samples**2).sum((1, 2))
    assert np.abs(scaled.samples - ratio[:, None, None] * exact.samples).max() < 0.06
    assert "2.5d_factor" in scaled.warnings[0]


def test_a_whole_tree_is_read_in_the_axes_asked_for(formats: Path, tmp_path: Path) -> None:
    shutil.copytree(formats / "h36m_cdf", tmp_path / "h36m")
    write_mono(formats, tmp_path / "h36m")
    assert read([tmp_path / "h36m"]).about["layout"] == "cdf"
    assert read([tmp_path / "h36m"], frame="camera").about["layout"] == "cdf-mono"
    # h36m-fetch's name for the folder.
    folder = tmp_path / "h36m/S9/MyPoseFeatures/D3_Positions"
    folder.rename(folder.with_name("Poses_D3_Positions"))
    assert set(read([tmp_path / "h36m"]).per_clip["subject"]) == {"S1", "S9"}


def test_a_cdf_packed_as_a_whole_is_read(formats: Path, tmp_path: Path, golden: Golden) -> None:
    pose = cdflib.CDF(formats / "h36m_cdf/S1/MyPoseFeatures/D3_Positions/Walking.cdf")["Pose"]
    folder = tmp_path / "S1/MyPoseFeatures/D3_Positions"
    folder.mkdir(parents=True)
    file = cdfwrite.CDF(folder / "Walking.cdf", cdf_spec={"Majority": "row_major", "Compressed": 6})
    spec = {"Variable": "Pose", "Data_Type": 44, "Num_Elements": 1, "Rec_Vary": True, "Dim_Sizes": list(pose.shape[1:])}
    file.write_var(spec, var_data=pose)
    file.close()
    assert largest_error(read([tmp_path]), golden) < MILLIMETRE


def test_a_camera_file_in_the_folder_is_found(formats: Path, tmp_path: Path) -> None:
    for file in (FILES["epfl"], "camera-parameters_fixture.json"):
        shutil.copyfile(formats / file, tmp_path / file)
    assert read([tmp_path], frame="camera").about["coordinates"] == "camera"


def test_epfl_in_camera_axes_has_the_frames_that_each_camera_saw(formats: Path) -> None:
    files = [formats / FILES["epfl"], formats / "dict_h36m_desc_fixture.pkl"]
    dataset = read(files, frame="camera", cameras=formats / "camera-parameters_fixture.json")
    assert len(dataset.samples) == 4 * 171


@pytest.mark.parametrize("layout", FILES)
def test_a_camera_file_beside_the_poses_is_found_in_every_layout(formats: Path, tmp_path: Path, layout: str) -> None:
    copy = shutil.copytree if (formats / FILES[layout]).is_dir() else shutil.copyfile
    copy(formats / FILES[layout], tmp_path / FILES[layout])
    shutil.copyfile(formats / "camera-parameters_fixture.json", tmp_path / "cameras.json")
    for frame in ("camera", "world"):
        dataset = read([tmp_path], frame=frame, subjects=["S1"])
        assert dataset.about["coordinates"] == frame


def mmpose_cameras(formats: Path, path: Path, *, to_world: bool) -> Path:
    """MMPose's cameras.pkl of the fixture's cameras, in either convention."""
    content = json.loads((formats / "camera-parameters_fixture.json").read_text())
    cameras = {}
    for subject, named in content["extrinsics"].items():
        for name, camera in named.items():
            R, t = np.array(camera["R"]), np.array(camera["t"]).reshape(3, 1) / 1000
            K = np.array(content["intrinsics"][name]["calibration_matrix"])
            cameras[subject, name] = {
                "R": R.T if to_world else R, "T": -R.T @ t if to_world else t,
                "f": K[[0, 1], [0, 1]].reshape(2, 1), "c": K[:2, 2:], "w": 1000, "h": 1002, "name": "camera1",
            }  # fmt: skip
    path.write_bytes(pickle.dumps(cameras))
    return path


@pytest.mark.parametrize("to_world", [True, False])
def test_mmposes_cameras_lead_to_the_world(formats: Path, tmp_path: Path, golden: Golden, to_world: bool) -> None:
    cameras = mmpose_cameras(formats, tmp_path / "cameras.pkl", to_world=to_world)
    for layout in ("mmpose", "motionbert"):
        dataset = read([formats / FILES[layout]], frame="world", cameras=cameras)
        assert dataset.about["up"] == "+z"
        assert largest_error(dataset, golden) < MILLIMETRE
    shutil.copyfile(formats / FILES["mmpose"], tmp_path / FILES["mmpose"])
    assert largest_error(read([tmp_path], frame="world"), golden) < MILLIMETRE


def test_the_real_camera_of_s1_in_mmposes_file_is_the_one_of_the_json(tmp_path: Path) -> None:
    # The position of S1's camera 54138969 is VideoPose3D's, its rotation and the translation karfly's, in millimetres.
    R = [[-0.9153617321513369, 0.40180836633680234, 0.02574754463350265],
         [0.051548117060134555, 0.1803735689384521, -0.9822464900705729],
         [-0.399319034032262, -0.8977836111057917, -0.185819527201491]]  # fmt: skip
    position, translation = [1841.1070556640625, 4955.28466796875, 1563.4453125], [-346.0508, 546.9808, 5474.4811]
    camera = {"R": np.transpose(R), "T": np.array(position).reshape(3, 1) / 1000}
    (tmp_path / "cameras.pkl").write_bytes(pickle.dumps({("S1", "54138969"): camera}))
    read = load_cameras(tmp_path / "cameras.pkl").get("S1", "54138969")
    np.testing.assert_allclose(read.R, R)
    np.testing.assert_allclose(1000 * read.t, translation, atol=0.1)
    assert read.K is None


def test_a_dictionary_under_any_name_in_an_npz_is_named_after_a_colon(
    formats: Path, tmp_path: Path, golden: Golden
) -> None:
    dictionary = np.load(formats / FILES["videopose3d"], allow_pickle=True)["positions_3d"]
    np.savez(tmp_path / "mine.npz", other=np.zeros(3), mine=dictionary)
    assert largest_error(read([tmp_path / "mine.npz:mine"]), golden) < MILLIMETRE
    with pytest.raises(InvalidInputError, match="an \\.npz of 'other, mine'") as caught:
        read([tmp_path / "mine.npz"])
    assert f"{tmp_path / 'mine.npz'}:KEY" in caught.value.hint
    with pytest.raises(NotFoundError, match="holds no array 'mien'"):
        read([tmp_path / "mine.npz:mien"])
