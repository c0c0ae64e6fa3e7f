"""Motions of every kind of subject, and what is said of them."""

from __future__ import annotations

import numpy as np
import pytest
from data.motion.walks import J, walk

from posectl.data.mocap.clip import MotionFile, Options, read_clip
from posectl.errors import ConflictError, InvalidInputError, UsageError
from posectl.stages.export import export
from posectl.stages.options import ExportOptions
from posectl.stages.run import Run

_SAMPLES = {"kind": "poses", "unit": "m", "skeleton": "h36m17", "up": "+z"}


@pytest.fixture
def said():
    return []


@pytest.fixture
def run(tmp_path, said):
    return Run(store=tmp_path / "artifacts", tell=said.append, warn=said.append)


def publish(run, kind, name, about, **arrays):
    with run.artifacts.draft(kind, name) as draft:
        for key, array in arrays.items():
            draft.put(key.replace("__", "/"), array, tuple(f"{key}_{i}" for i in range(array.ndim)))
        draft.record(about=about)
        return draft.publish()


def dataset(run, up="+z", **more):
    """Two clips of 20 and 40 frames at 30 and 60 a second, about the pelvis, whose place is known."""
    poses = walk()
    return publish(
        run,
        "dataset",
        "walks",
        {**_SAMPLES, "up": up},
        samples=(poses - poses[:, :1]).astype(np.float32),
        split=np.zeros(60, np.uint8),
        clips__start=np.array([0, 20]),
        clips__length=np.array([20, 40]),
        clips__name=np.array(["first", "second"]),
        clips__fps=np.array([30, 60], np.float32),
        **more,
    )


def paths(run, count=2):
    array = np.stack([walk(frames=12) - walk(frames=12)[:, :1]] * count).astype(np.float32)
    return publish(run, "paths", "between", {"samples": _SAMPLES}, paths=array)


def read(path):
    clip = read_clip(MotionFile(path), Options())
    return clip.poses + clip.root[:, None], clip.fps


def on_floor(poses):
    return poses - (0, 0, poses[..., 2].min())


def test_a_clip_goes_where_it_was_recorded_at_its_rate_on_the_floor(run, tmp_path):
    dataset(run, root=walk()[:, 0].astype(np.float32))
    figures = export(run, "walks#clip1", tmp_path / "out.bvh")
    poses, fps = read(tmp_path / "out.bvh")
    np.testing.assert_allclose(poses, on_floor(walk()[20:]), atol=2e-5)
    assert (fps, figures["frames"], figures["fps"]) == (60, 40, 60)
    assert max(worst for _, worst in figures["residual_mm"].values()) < 0.01


def test_poses_of_a_camera_are_set_upright(run, tmp_path):
    camera = walk()[..., [0, 2, 1]] * (1, -1, 1)
    publish(run, "samples", "seen", {"samples": {**_SAMPLES, "up": "-y"}}, samples=camera.astype(np.float32))
    export(run, "seen", tmp_path / "out.bvh")
    np.testing.assert_allclose(read(tmp_path / "out.bvh")[0], on_floor(walk()), atol=2e-5)


def test_a_path_says_no_rate_and_is_given_one_in_so_many_words(run, said, tmp_path):
    paths(run)
    export(run, "between#1", tmp_path / "out.bvh")
    assert "between#1 says no rate: 25 poses a second are taken; --fps takes others." in said
    assert read(tmp_path / "out.bvh")[1] == 25


def test_a_rate_that_is_said_is_taken(run, said, tmp_path):
    paths(run)
    export(run, "between#1", tmp_path / "out.bvh", options=ExportOptions(fps=48.0))
    assert not any("no rate" in line for line in said)
    assert read(tmp_path / "out.bvh")[1] == 48


def test_a_file_of_one_skeleton_takes_one_motion(run, tmp_path):
    paths(run)
    dataset(run)
    for subject, pick in (("between", "between#0"), ("walks", "walks#clip0")):
        with pytest.raises(UsageError, match=f"{subject} holds 2 motions, and bvh one") as raised:
            export(run, subject, tmp_path / "out.bvh")
        assert pick in raised.value.hint
        assert not (tmp_path / "out.bvh").exists()


def test_arrays_hold_all_motions(run, tmp_path):
    dataset(run)
    export(run, "walks", tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as arrays:
        assert arrays["clip_name"].tolist() == ["first", "second"]
        assert arrays["clip_fps"].tolist() == [30, 60]
        np.testing.assert_allclose(arrays["positions"], walk() - walk()[:, :1], atol=1e-6)


def test_an_array_is_frames_of_one_motion(run, tmp_path):
    export(run, walk(), tmp_path / "out.bvh", options=ExportOptions(fps=30.0))
    np.testing.assert_allclose(read(tmp_path / "out.bvh")[0], on_floor(walk()), atol=2e-5)


def test_a_file_that_says_its_rate_and_its_root_is_believed(run, said, tmp_path):
    poses = walk()
    np.savez(tmp_path / "in.npz", positions=1000 * (poses - poses[:, :1]), root=1000 * poses[:, 0], fps=50, units="mm")
    export(run, str(tmp_path / "in.npz"), tmp_path / "out.bvh")
    found, fps = read(tmp_path / "out.bvh")
    np.testing.assert_allclose(found, on_floor(poses), atol=2e-5)
    assert fps == 50
    assert not any("no rate" in line for line in said)


def test_what_was_exported_as_arrays_is_exported_alike(run, tmp_path):
    dataset(run, root=walk()[:, 0].astype(np.float32))
    export(run, "walks#clip0", tmp_path / "in.npz")
    for subject, name in (("walks#clip0", "a.glb"), (str(tmp_path / "in.npz"), "b.glb")):
        export(run, subject, tmp_path / name)
    assert (tmp_path / "a.glb").read_bytes() == (tmp_path / "b.glb").read_bytes()


def test_joints_off_the_skeleton_are_told_by_joint(run, said, tmp_path):
    """A left forearm that is 20 mm longer in one frame of 20 leaves the wrist there alone, by 20 mm."""
    poses = walk(frames=20)
    forearm = poses[7, J["LWrist"]] - poses[7, J["LElbow"]]
    poses[7, J["LWrist"]] += 0.02 * forearm / np.linalg.norm(forearm)
    figures = export(run, poses, tmp_path / "out.glb")
    assert figures["residual_mm"]["LWrist"] == [1.0, 20.0]
    assert figures["residual_mm"]["RWrist"] == [0.0, 0.0]
    assert "  left arm   LShoulder 0.0 (0.0), LElbow 0.0 (0.0), LWrist 1.0 (20.0)" in said


@pytest.mark.parametrize("to", ["bvh", "glb", "c3d", "npz", "csv", "smpl22", "humanml3d"])
def test_one_pose_is_one_frame(run, tmp_path, to):
    dataset(run)
    suffix = {"smpl22": "npz", "humanml3d": "npy"}.get(to, to)
    export(run, "walks#3", tmp_path / f"out.{suffix}", to)
    assert (tmp_path / f"out.{suffix}").stat().st_size > 0


def test_images_do_not_move(run, tmp_path):
    publish(run, "samples", "digits", {"samples": {"kind": "images"}}, samples=np.zeros((2, 1, 32, 32), np.float32))
    with pytest.raises(InvalidInputError, match="digits holds images, and only poses move"):
        export(run, "digits", tmp_path / "out.bvh")


@pytest.mark.parametrize("more", [{}, {"fps": 30}])
def test_poses_with_nan_are_refused(run, tmp_path, more):
    poses = walk()
    poses[5, 3] = np.nan
    np.savez(tmp_path / "in.npz", positions=poses, **more)
    with pytest.raises(InvalidInputError, match=r"NaN or infinity in 1 of 60 frames, the first at index 5") as raised:
        export(run, str(tmp_path / "in.npz"), tmp_path / "out.bvh")
    assert "Drop those frames, or fill them in" in raised.value.hint
    assert not (tmp_path / "out.bvh").exists()


def test_a_body_in_one_point_is_refused(run, tmp_path):
    publish(run, "samples", "points", {"samples": _SAMPLES}, samples=np.zeros((2, 17, 3), np.float32))
    with pytest.raises(InvalidInputError, match="points has all joints in one point"):
        export(run, "points", tmp_path / "out.bvh")


def test_bones_without_length_are_warned_of(run, said, tmp_path):
    poses = walk(frames=4)
    poses[:, J["Neck/Nose"]] = poses[:, J["Thorax"]]
    export(run, poses, tmp_path / "out.bvh")
    assert "array: bones without a length point nowhere; they end at Neck/Nose." in said


def test_a_file_that_is_there_is_kept(run, tmp_path):
    (tmp_path / "out.bvh").write_text("mine")
    with pytest.raises(ConflictError):
        export(run, walk(), tmp_path / "out.bvh")
    assert (tmp_path / "out.bvh").read_text() == "mine"


@pytest.mark.parametrize("fps", [0.0, -1.0, np.nan, np.inf])
def test_a_rate_that_is_none_is_refused(run, tmp_path, fps):
    with pytest.raises(UsageError, match="poses a second makes no sense"):
        export(run, walk(), tmp_path / "out.bvh", options=ExportOptions(fps=fps))


def test_a_pelvis_whose_way_is_not_known_is_told(run, said, tmp_path):
    known = "Where the pelvis goes is not known, and it stays in place."
    dataset(run, root=walk()[:, 0].astype(np.float32))
    export(run, "walks#clip0", tmp_path / "a.bvh")
    assert known not in said
    paths(run)
    export(run, "between#0", tmp_path / "b.bvh")
    assert known in said
