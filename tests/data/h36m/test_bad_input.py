"""Files that are not what they should be: one error, one sentence, and a hint."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posectl.data.readers.h36m import read
from posectl.errors import InvalidInputError, NotFoundError, PosectlError, UnavailableError, UsageError

CDF = "h36m_cdf/S1/MyPoseFeatures/D3_Positions/Walking.cdf"
TXT = "h3.6m_expmap/S1/walking_1.txt"
FILES = [
    "videopose3d_data_3d_fixture.npz",
    "mmpose_h36m_fixture.npz",
    "motionbert_h36m_fixture.pkl",
    "dict_h36m_keypoints_world_fixture.pkl",
    CDF,
    TXT,
]


def refused(path: Path, **options: Any) -> PosectlError:
    """The error that reading `path` ends in, checked for form."""
    with pytest.raises(PosectlError) as caught:
        read([path], **options)
    error = caught.value
    assert error.message.endswith("."), error.message
    assert error.hint
    assert "\n" not in error.message
    return error


def save(path: Path, content: Any) -> Path:
    np.savez_compressed(path, positions_3d=np.array(content, dtype=object))
    return path


def person(joints: int = 17, scale: float = 1.0) -> np.ndarray:
    """(4, joints, 3) of noise with thighs of 0.45 times `scale`."""
    poses = np.random.default_rng(0).normal(scale=0.2, size=(4, joints, 3))
    for hip, knee in ((1, 2), (4, 5)):
        poses[:, knee] = poses[:, hip] + [0, 0, -0.45]
    return (poses * scale).astype(np.float32)


def copy(formats: Path, file: str, folder: Path) -> Path:
    target = folder / file
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(formats / file, target)
    return target


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("file", FILES)
def test_a_truncated_file(formats: Path, tmp_path: Path, file: str, share: float) -> None:
    data = (formats / file).read_bytes()
    path = copy(formats, file, tmp_path)
    path.write_bytes(data[: int(share * len(data))])
    assert isinstance(refused(path), InvalidInputError)


def test_a_txt_cut_in_its_last_number(formats: Path, tmp_path: Path) -> None:
    path = copy(formats, TXT, tmp_path)
    path.write_bytes((formats / TXT).read_bytes()[:-3])
    assert "last number" in refused(path).message
    path.write_bytes((formats / TXT).read_bytes()[:-1])
    assert len(read([path]).samples) == 100


def test_a_cdf_cut_by_one_byte_is_named_so(formats: Path, tmp_path: Path) -> None:
    path = copy(formats, CDF, tmp_path)
    path.write_bytes((formats / CDF).read_bytes()[:-1])
    assert "should have 13493 bytes and has 13492" in refused(path).message


def test_absurd_counts_in_a_cdf_end_at_once(formats: Path, tmp_path: Path) -> None:
    # cdflib alone loops for minutes on some of these, and asks for all memory on others.
    data, path = (formats / CDF).read_bytes(), copy(formats, CDF, tmp_path)
    for place in [*range(8, 800, 4), *range(len(data) - 500, len(data) - 4, 4)]:
        path.write_bytes(data[:place] + b"\x7f\xff\xff\xff" + data[place + 4 :])
        with contextlib.suppress(InvalidInputError):
            assert len(read([path]).samples) == 60


def test_no_file_and_no_path(tmp_path: Path) -> None:
    assert isinstance(refused(tmp_path / "absent"), NotFoundError)
    with pytest.raises(UsageError):
        read([])


def test_an_empty_folder(tmp_path: Path) -> None:
    error = refused(tmp_path)
    assert isinstance(error, InvalidInputError)
    assert "no layout" in error.message


def test_a_file_of_16_joints(tmp_path: Path) -> None:
    path = save(tmp_path / "data.npz", {"S1": {"Walking": person(16)}})
    error = refused(path)
    assert "S1 Walking" in error.message
    assert "16 joints" in error.message


def test_feet_and_metres_mixed(tmp_path: Path) -> None:
    path = save(tmp_path / "data.npz", {"S1": {"Walking": person()}, "S5": {"Walking": person(scale=3.28084)}})
    error = refused(path)
    assert "S5 Walking" in error.message
    assert "feet" in error.message


def test_metres_and_millimetres_mixed(tmp_path: Path) -> None:
    path = save(tmp_path / "data.npz", {"S1": {"Walking": person()}, "S5": {"Walking": person(scale=1000)}})
    error = refused(path)
    assert "S1 Walking is in metres and S5 Walking in millimetres" in error.message


def test_not_finite_or_no_body(tmp_path: Path) -> None:
    for value, said in ((np.nan, "NaN"), (np.inf, "NaN"), (70.0, "metres apart"), (3e38, "metres apart")):
        poses = person()
        poses[2, 7] = value
        assert said in refused(save(tmp_path / "data.npz", {"S1": {"Walking": poses}})).message


@pytest.mark.parametrize(
    "content",
    [
        {"S1": {"Walking": "nothing"}},
        {"S1": [person()]},
        {"Train/S1": {"Walking": person()}},
        {"S1": {"Walking": person()}, "S5": {"Walking": None}},
        {"S1": {"Walking": np.zeros(())}},
        {"S1": {"Walking": np.zeros((0, 17, 3))}},
        {"S1": {"Walking": person().astype(int)}},
        {"S1": {}},
        [1, 2],
        {},
    ],
)
def test_a_dictionary_of_another_shape(tmp_path: Path, content: Any) -> None:
    refused(save(tmp_path / "data.npz", content))


@pytest.mark.parametrize(
    ("name", "content", "seen"),
    [
        ("a.h5", b"\x89HDF\r\n\x1a\n" + bytes(99), "HDF5"),
        ("a.mat", b"MATLAB 5.0 MAT-file" + bytes(99), "MATLAB"),
        ("a.txt", b"1,2,3\n4,5,6\n", "3 columns"),
        ("a.txt", b",".join([b"0"] * 117), "prepare mocap"),
        ("a.txt", b"HIERARCHY\nROOT Hips\n", "a BVH file"),
        ("a.json", b'{"S1": 1}', "no camera-parameter file"),
        ("a.bin", bytes(99), "binary data"),
    ],
)
def test_an_unknown_layout_says_what_was_seen(tmp_path: Path, name: str, content: bytes, seen: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert seen in refused(tmp_path / name).message


def test_an_npz_or_pickle_of_no_layout_says_what_was_seen(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", faces=np.zeros(3))
    assert "faces" in refused(tmp_path / "a.npz").message
    np.save(tmp_path / "a.npy", np.zeros((3, 17, 3)))
    assert "prepare arrays" in refused(tmp_path / "a.npy").message
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"weights": [1.0]}))
    assert "weights" in refused(tmp_path / "a.pkl").message


def test_two_layouts_in_a_folder(formats: Path) -> None:
    error = refused(formats)
    assert "6 layouts" in error.message


def test_the_same_take_twice(formats: Path, tmp_path: Path) -> None:
    for name in ("fps10.npz", "fps50.npz"):
        shutil.copyfile(formats / "mmpose_h36m_fixture.npz", tmp_path / name)
    assert "comes twice" in refused(tmp_path).message


def test_axes_that_need_a_camera_file(formats: Path) -> None:
    assert "--cameras" in refused(formats / FILES[1], frame="world").hint
    assert "--cameras" in refused(formats / FILES[0], frame="camera").hint
    cameras = formats / "camera-parameters_fixture.json"
    assert "no cameras for S6" in refused(formats / FILES[0], frame="camera", cameras=cameras).message


@pytest.mark.parametrize(
    "damage",
    [
        lambda c: c["extrinsics"]["S1"]["54138969"].update(R=[[1, 0, 0], [0, 1, 0], [0, 0, -1]]),
        lambda c: c["extrinsics"]["S1"]["54138969"].update(R=[[1, 0], [0, 1]]),
        lambda c: c["extrinsics"]["S1"]["54138969"].update(t=[[1], [float("nan")], [0]]),
        lambda c: c["extrinsics"]["S1"]["54138969"].pop("t"),
        lambda c: c["extrinsics"].update(S1=[1, 2]),
        lambda c: c["intrinsics"]["54138969"].update(calibration_matrix=[[0.0] * 3] * 3),
        lambda c: c.pop("extrinsics"),
    ],
)
def test_a_damaged_camera_file(formats: Path, tmp_path: Path, damage: Any) -> None:
    content = json.loads((formats / "camera-parameters_fixture.json").read_text())
    damage(content)
    (tmp_path / "cameras.json").write_text(json.dumps(content))
    error = refused(formats / FILES[1], frame="world", cameras=tmp_path / "cameras.json")
    assert isinstance(error, InvalidInputError)
    assert "cameras.json" in error.message


def test_a_cdf_whose_subject_no_folder_says(formats: Path, tmp_path: Path) -> None:
    shutil.copyfile(formats / CDF, tmp_path / "Walking.cdf")
    assert "no subject's folder" in refused(tmp_path / "Walking.cdf").message


def test_without_cdflib_the_extra_is_named(formats: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cdflib", None)
    error = refused(formats / "h36m_cdf")
    assert isinstance(error, UnavailableError)
    assert "pip install 'posectl[h36m]'" in error.hint


class Touch:
    """What a hostile pickle holds: unpickled, it makes the file `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("kind", ["npz", "npy", "pkl"])
def test_a_payload_runs_nothing(tmp_path: Path, kind: str, protocol: int) -> None:
    made, path = tmp_path / "made", tmp_path / f"data.{kind}"
    content = np.array({"S1": {"Walking": person()}, "S5": Touch(made)}, dtype=object)
    if kind == "pkl":
        path.write_bytes(pickle.dumps(content.item(), protocol))
    else:
        np.save(tmp_path / "positions_3d.npy", content)
        header = (tmp_path / "positions_3d.npy").read_bytes().partition(b"\x80\x04\x95")[0]
        payload = header + pickle.dumps(content, protocol)
        (tmp_path / "positions_3d.npy").write_bytes(payload)
        if kind == "npz":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("positions_3d.npy", payload)
        else:
            path.write_bytes(payload)
    (tmp_path / "positions_3d.npy").unlink(missing_ok=True)
    assert "system" in refused(path).message
    assert not made.exists()
    # Numpy and pickle do run it.
    if kind == "pkl":
        pickle.loads(path.read_bytes())
    else:
        np.asarray(
            np.load(path, allow_pickle=True)["positions_3d"] if kind == "npz" else np.load(path, allow_pickle=True)
        )
    assert made.exists()


def test_an_archive_that_expands_too_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSECTL_MAX_MEMORY", "16M")
    with zipfile.ZipFile(tmp_path / "data.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("positions_3d.npy", bytes(32 << 20))
    assert "would take" in refused(tmp_path / "data.npz").message


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_file_gives_poses_or_one_error(formats: Path, tmp_path: Path, data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(FILES))
    content = bytearray((formats / file).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.sampled_from([0, max(len(content) - 700, 0)]))
        place = data.draw(st.integers(start, min(start + 700, len(content) - 1)) | st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with contextlib.suppress(PosectlError):
        dataset = read([path])
        assert np.isfinite(dataset.samples).all()
        assert len(dataset.samples) == len(dataset.split) == dataset.per_clip["length"].sum()
