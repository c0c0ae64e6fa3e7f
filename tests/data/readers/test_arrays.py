"""The `arrays` source, on what real files hold and on broken ones."""

from __future__ import annotations

import io
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from data.joints import H36M32_TO_17, body, in_layout, truth

from posectl.data.checks import check
from posectl.data.dataset import TEST, TRAIN, VALIDATION
from posectl.data.poses import find_up
from posectl.data.readers.arrays import read
from posectl.data.readers.mannequin import read as mannequin
from posectl.data.safe.npy import load_array
from posectl.errors import InvalidInputError, NotFoundError, PosectlError, UsageError


@pytest.fixture(scope="module")
def poses() -> np.ndarray:
    """200 frames of a person who walks, runs, climbs, ..., pelvis at the origin, z up."""
    return mannequin([], subjects=2, seconds=4).samples[::15][:200]


def save(path: Path, array: np.ndarray, **options: bool) -> Path:
    np.save(path, array, **options)
    return path


# --- what real files hold ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cmu17_tiny", "cmu17"])
def test_the_pose_files_come_out_as_they_are_with_their_clips(test_data: Path, name: str) -> None:
    files = [test_data / "poses" / f"{name}_{part}.npz" for part in ("train", "test")]
    dataset = read(files)
    raw = [np.load(file) for file in files]
    np.testing.assert_allclose(dataset.samples, np.concatenate([r["positions"] for r in raw]), atol=1e-6)
    np.testing.assert_allclose(dataset.per_sample["root"], np.concatenate([r["root"] for r in raw]), atol=1e-6)
    np.testing.assert_array_equal(dataset.per_sample["frame"], np.concatenate([r["frame"] for r in raw]))
    for column in ("name", "subject", "action", "source", "fps", "length"):
        told = np.concatenate([r[f"clip_{column}"] for r in raw])
        np.testing.assert_array_equal(dataset.per_clip[column], told)
    rows = np.concatenate([raw[0]["clip_index"], raw[1]["clip_index"] + len(raw[0]["clip_start"])])
    np.testing.assert_array_equal(dataset.per_sample["clip"], rows)
    frames = [len(r["positions"]) for r in raw]
    np.testing.assert_array_equal(dataset.split, np.repeat([TRAIN, TEST], frames))
    assert dataset.about["up"] == "+z"
    assert dataset.about["coordinates"] == "world"
    assert dataset.warnings == []


def test_a_named_test_file_is_the_test_split(test_data: Path) -> None:
    folder = test_data / "poses"
    train, test = folder / "cmu17_tiny_train.npz", folder / "cmu17_tiny_test.npz"
    beside = read([train], test=(str(test),))
    among = read([test, train], test=("cmu17_tiny_test.npz",))
    assert (beside.split == TEST).sum() == (among.split == TEST).sum() == 448
    np.testing.assert_array_equal(beside.samples[beside.split == TEST], among.samples[among.split == TEST])


def test_subjects_are_dealt_whole_when_nothing_says_the_split(test_data: Path) -> None:
    dataset = read([test_data / "poses" / "cmu17_tiny_train.npz"])
    subject = dataset.per_clip["subject"][dataset.per_sample["clip"]]
    assert not set(subject[dataset.split == TRAIN]) & set(subject[dataset.split == TEST])
    assert 0.1 < (dataset.split == TEST).mean() <= 0.2
    assert "subjects" in dataset.about["split"]


# --- shapes, units, axes ----------------------------------------------------------------------------------------------


def test_flat_and_32_joint_poses_are_the_same_poses(tmp_path: Path, poses: np.ndarray) -> None:
    full = np.full((len(poses), 32, 3), 9.0, np.float32)
    full[:, H36M32_TO_17] = poses
    for array in (poses, poses.reshape(-1, 51).astype(np.float64), full, np.asfortranarray(poses)):
        dataset = read([save(tmp_path / "a.npy", array)])
        np.testing.assert_array_equal(dataset.samples, poses)
        assert dataset.samples.dtype == np.float32
        assert "root" not in dataset.per_sample


def test_the_pelvis_moves_into_root(tmp_path: Path, poses: np.ndarray) -> None:
    walk = np.linspace([0, 0, 0.9], [3, 1, 1.0], len(poses)).astype(np.float32)
    dataset = read([save(tmp_path / "a.npy", poses + walk[:, None])])
    np.testing.assert_allclose(dataset.samples, poses, atol=1e-6)
    np.testing.assert_allclose(dataset.per_sample["root"], walk, atol=1e-6)


@pytest.mark.parametrize(("unit", "word", "factor"), [("mm", "millimetres", 1000), ("cm", "centimetres", 100)])
def test_other_units_are_refused_until_named(
    tmp_path: Path, poses: np.ndarray, unit: str, word: str, factor: float
) -> None:
    file = save(tmp_path / "a.npy", poses * factor)
    with pytest.raises(InvalidInputError, match=word) as caught:
        read([file])
    assert f"--unit {unit}" in caught.value.hint
    np.testing.assert_allclose(read([file], unit=unit).samples, poses, atol=1e-6)  # type: ignore[arg-type]


def test_a_file_that_says_its_unit_is_converted(tmp_path: Path, poses: np.ndarray) -> None:
    root = np.full((len(poses), 3), 500.0)
    np.savez(tmp_path / "a.npz", positions=poses * 1000, root=root, units=np.array("mm"))
    dataset = read([tmp_path / "a.npz"])
    np.testing.assert_allclose(dataset.samples, poses, atol=1e-6)
    np.testing.assert_allclose(dataset.per_sample["root"], 0.5)


@pytest.mark.parametrize(
    ("turn", "up"),
    [
        (lambda p: p, "+z"),
        (lambda p: np.stack([p[..., 0], p[..., 2], -p[..., 1]], -1), "+y"),
        (lambda p: np.stack([p[..., 0], -p[..., 2], p[..., 1]], -1), "-y"),
        (lambda p: np.stack([p[..., 2], p[..., 0], p[..., 1]], -1), "+x"),
    ],
)
def test_up_is_found_from_the_trunks(tmp_path: Path, poses: np.ndarray, turn: object, up: str) -> None:
    turned = turn(poses)  # type: ignore[operator]
    axis, strength = find_up(turned)
    assert axis == up
    assert strength > 0.8
    about = read([save(tmp_path / "a.npy", turned)]).about
    assert about["up"] == up
    assert about["coordinates"] == ("camera" if up == "-y" else "world")


def test_up_is_what_the_file_says_but_for_what_the_user_says(tmp_path: Path, poses: np.ndarray) -> None:
    np.savez(tmp_path / "a.npz", positions=poses, up_axis=np.array("y"))
    assert read([tmp_path / "a.npz"]).about["up"] == "+y"
    assert read([tmp_path / "a.npz"], up="-x").about["up"] == "-x"


def test_a_guess_at_up_is_owned_up_to(tmp_path: Path, poses: np.ndarray) -> None:
    turns = np.random.default_rng(0).choice([-1, 1], size=(200, 1, 1)).astype(np.float32)
    assert "guess" in read([save(tmp_path / "a.npy", poses * turns)]).warnings[0]


def test_files_that_disagree_on_up_are_refused(tmp_path: Path, poses: np.ndarray) -> None:
    files = [save(tmp_path / "a.npy", poses), save(tmp_path / "b.npy", poses[..., [2, 0, 1]])]
    with pytest.raises(InvalidInputError, match="do not agree"):
        read(files)


# --- joint layouts ----------------------------------------------------------------------------------------------------


def test_other_joints_are_read_by_their_layout_which_is_told(test_data: Path) -> None:
    """HumanML3D's file: 22 joints of SMPL, metres, y up, of a body with thighs of 420 mm."""
    file = test_data / "faults/missing-formats/new_joints.npy"
    dataset, joints = read([file], joints="humanml3d"), np.load(file)
    order = [0, 2, 5, 8, 1, 4, 7, 6, 12, 15, 16, 18, 20, 17, 19, 21]
    expected = joints[:, order] - joints[:, :1]
    np.testing.assert_allclose(np.delete(dataset.samples, 10, axis=1), expected, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(dataset.samples[:, 2] - dataset.samples[:, 1], axis=-1), 0.42, atol=1e-4)
    assert dataset.about["up"] == "+y"
    assert dataset.about["layouts"]["humanml3d"]["Thorax"] == "neck"
    assert "approximate joints of humanml3d: Neck/Nose (the head joint" in dataset.warnings[0]
    told = dict(check(dataset, "frames").rows)["from humanml3d"]
    assert told.startswith("Hip pelvis; RHip right_hip; ")


def test_other_joints_are_refused_until_named(test_data: Path) -> None:
    with pytest.raises(InvalidInputError, match="22 joints") as caught:
        read([test_data / "faults/missing-formats/new_joints.npy"])
    assert "smpl22, humanml3d" in caught.value.hint
    assert "--joints smpl22" in caught.value.hint


@pytest.mark.parametrize("layout", ["coco17", "kinect", "mediapipe33", "mpi28", "ntu25"])
def test_flat_files_of_a_layout_are_read(tmp_path: Path, layout: str) -> None:
    joints = np.nan_to_num(in_layout(body(50), layout))
    flat = read([save(tmp_path / "a.npy", joints.reshape(50, -1))], joints=layout, up="+z")
    np.testing.assert_array_equal(
        flat.samples, read([save(tmp_path / "b.npy", joints)], joints=layout, up="+z").samples
    )
    known = [1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16]
    limbs = flat.samples[:, known] + flat.per_sample["root"][:, None]
    np.testing.assert_allclose(limbs, truth(body(50))[:, known], atol=1e-5)


@pytest.mark.parametrize("name", ["coco17", "mpi17"])
@pytest.mark.parametrize("frames", [1, 60])
def test_17_joints_that_make_a_body_in_another_layout_alone_are_refused_until_named(
    tmp_path: Path, name: str, frames: int
) -> None:
    joints = in_layout(body(60), name)
    noisy = joints + np.random.default_rng(0).normal(0, 0.01, joints.shape)
    file = save(tmp_path / "a.npy", noisy[np.arange(60) % frames])
    with pytest.raises(InvalidInputError, match=f"no body as h36m17, and one as {name}") as caught:
        read([file])
    assert f"--joints {name}, or --joints h36m17" in caught.value.hint
    assert len(read([file], joints=name, up="+z").samples) == 60
    assert len(read([file], joints="h36m17", up="+z").samples) == 60


def test_17_joints_that_make_a_body_or_none_at_all_are_human36ms(tmp_path: Path) -> None:
    noisy = truth(body(60)) + np.random.default_rng(0).normal(0, 0.02, (60, 17, 3))
    assert len(read([save(tmp_path / "a.npy", noisy)], up="+z").samples) == 60
    noise = np.random.default_rng(0).normal(0, 0.3, (60, 17, 3))
    assert len(read([save(tmp_path / "a.npy", noise)], up="+z").samples) == 60


def test_96_columns_are_the_32_joints(tmp_path: Path, poses: np.ndarray) -> None:
    full = np.full((len(poses), 32, 3), 9.0, np.float32)
    full[:, H36M32_TO_17] = poses
    np.testing.assert_array_equal(read([save(tmp_path / "a.npy", full.reshape(-1, 96))]).samples, poses)


def test_a_file_that_names_its_joints_is_read_by_their_layout(tmp_path: Path) -> None:
    names = np.array(
        "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow left_wrist "
        "right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle".split()
    )
    np.savez(tmp_path / "a.npz", positions=in_layout(body(20), "coco17"), joint_names=names, up_axis="z")
    dataset = read([tmp_path / "a.npz"])
    assert list(dataset.about["layouts"]) == ["coco17"]
    np.testing.assert_allclose(dataset.samples[:, 16] + dataset.per_sample["root"], body(20)["right_wrist"], atol=1e-5)


def test_the_usual_unit_of_a_layout_is_taken_where_the_bones_agree(tmp_path: Path) -> None:
    joints = np.nan_to_num(in_layout(body(20), "mpi28"))
    in_mm, in_m = (
        read([save(tmp_path / "a.npy", scale * joints)], joints="mpi28", up="+z").samples for scale in (1000, 1)
    )
    np.testing.assert_allclose(in_mm, in_m, atol=1e-5)
    with pytest.raises(InvalidInputError, match="centimetres"):
        read([save(tmp_path / "a.npy", 100 * joints)], joints="mpi28", up="+z")


def test_the_usual_vertical_of_a_layout_is_the_guess_where_nobody_stands(tmp_path: Path) -> None:
    places = body(200)
    joints = np.nan_to_num(in_layout(places, "mediapipe33"))
    turns = np.random.default_rng(0).choice([-1, 1], size=(200, 1, 1))
    dataset = read([save(tmp_path / "a.npy", joints * turns)], joints="mediapipe33")
    assert dataset.about["up"] == "-y"
    assert any("guess" in warning for warning in dataset.warnings)
    assert read([save(tmp_path / "a.npy", joints)], joints="mediapipe33").about["up"] == "+z"


# --- clips and splits -------------------------------------------------------------------------------------------------


def test_loose_frames_give_their_last_fifth(tmp_path: Path, poses: np.ndarray) -> None:
    dataset = read([save(tmp_path / "a.npy", poses)])
    np.testing.assert_array_equal(dataset.split, np.repeat([TRAIN, TEST], [160, 40]))
    assert "last fifth" in dataset.about["split"]
    np.testing.assert_array_equal(dataset.per_clip["length"], [160, 40])
    np.testing.assert_array_equal(dataset.per_clip["start"], [0, 160])


def test_labels_cut_clips_and_whole_clips_are_dealt(tmp_path: Path, poses: np.ndarray) -> None:
    action = np.repeat(["walk", "run", "sit", "wave", "bow"], 40)
    np.savez(tmp_path / "a.npz", poses=poses, actions=action, frames=np.tile(np.arange(40), 5), subject="S1", fps=50.0)
    dataset = read([tmp_path / "a.npz"])
    assert dataset.per_clip["action"].tolist() == ["walk", "run", "sit", "wave", "bow"]
    assert set(dataset.per_clip["subject"]) == {"S1"}
    np.testing.assert_array_equal(dataset.per_clip["fps"], 50)
    per_clip = dataset.split.reshape(5, 40)
    assert (per_clip == per_clip[:, :1]).all()
    assert per_clip[:, 0].sum() == 1
    again = read([tmp_path / "a.npz"])
    np.testing.assert_array_equal(again.split, dataset.split)


def test_a_frame_number_that_falls_begins_a_clip(tmp_path: Path, poses: np.ndarray) -> None:
    frame = np.r_[np.arange(10, 50), np.arange(40), np.arange(120)]
    np.savez(tmp_path / "a.npz", poses=poses, frame=frame)
    assert read([tmp_path / "a.npz"]).per_clip["length"].tolist() == [40, 40, 120]


def test_shuffled_clips_are_put_together_again(tmp_path: Path, poses: np.ndarray) -> None:
    order = np.random.default_rng(0).permutation(200)
    clip, frame = np.repeat([7, 3, 5, 4], 50), np.tile(np.arange(50), 4)
    np.savez(tmp_path / "a.npz", poses=poses[order], clip=clip[order], frame=frame[order])
    dataset = read([tmp_path / "a.npz"])
    restored = {name: dataset.samples[i * 50 : (i + 1) * 50] for i, name in enumerate(dataset.per_clip["name"])}
    np.testing.assert_array_equal(restored["7"], poses[:50])
    np.testing.assert_array_equal(restored["3"], poses[50:100])
    assert "in order" in dataset.warnings[0]


@pytest.mark.parametrize(
    ("train", "test"), [(0, 1), (0.0, 1.0), (False, True), ("Train", "Test"), (b"training", b"val"), ("0", "1")]
)
def test_a_split_is_marked_by_numbers_truths_and_words(
    tmp_path: Path, poses: np.ndarray, train: object, test: object
) -> None:
    np.savez(tmp_path / "a.npz", poses=poses, split=np.array([train] * 150 + [test] * 50))
    assert read([tmp_path / "a.npz"]).split.tolist() == [TRAIN] * 150 + [TEST] * 50


@pytest.mark.parametrize("marks", [(0, 2, 1), ("train", "val", "test")])
def test_val_beside_test_is_for_validation(tmp_path: Path, poses: np.ndarray, marks: tuple[object, ...]) -> None:
    np.savez(tmp_path / "a.npz", poses=poses, split=np.repeat(marks, [150, 20, 30]))
    counted = [TRAIN] * 150 + [VALIDATION] * 20 + [TEST] * 30
    assert read([tmp_path / "a.npz"]).split.tolist() == counted
    rows = {"S1_train": slice(150), "S5_val": slice(150, 170), "S9_test": slice(170, 200)}
    dataset = read([save(tmp_path / f"{name}.npy", poses[part]) for name, part in rows.items()])
    assert dataset.split.tolist() == counted
    assert dataset.about["split"] == "by file: S9_test.npy to test"
    train_and_val = read([tmp_path / "S1_train.npy", tmp_path / "S5_val.npy"])
    assert train_and_val.split.tolist() == [TRAIN] * 150 + [TEST] * 20


def test_a_mark_of_no_split_is_quoted_as_the_file_has_it(tmp_path: Path, poses: np.ndarray) -> None:
    np.savez(tmp_path / "a.npz", poses=poses, split=np.full(200, 0.5))
    with pytest.raises(InvalidInputError, match=r"holds '0\.5'\."):
        read([tmp_path / "a.npz"])


def test_one_array_of_a_file_of_several_is_read_with_the_labels_that_are_its_own(
    tmp_path: Path, poses: np.ndarray
) -> None:
    subjects = np.repeat(["a", "b"], 100)
    np.savez(tmp_path / "a.npz", gt=poses, gen=poses[:60] + 1, subject=subjects, fps=25.0)
    with pytest.raises(InvalidInputError, match="none is called 'positions'") as caught:
        read([tmp_path / "a.npz"])
    assert caught.value.hint == f"Name the one that you mean: {tmp_path / 'a.npz'}:gt."
    gt, gen = (read([tmp_path / f"a.npz:{key}"]) for key in ("gt", "gen"))
    np.testing.assert_array_equal(gt.samples, poses - poses[:, :1])
    np.testing.assert_array_equal(gen.samples, poses[:60] + 1 - (poses[:60, :1] + 1))
    assert set(gt.per_clip["subject"]) == {"a", "b"}
    assert set(gen.per_clip["subject"]) == {""}
    assert gen.per_clip["fps"].tolist() == [25, 25]
    both = read([tmp_path / "a.npz:gt"], test=[str(tmp_path / "a.npz:gen")])
    assert (both.split == TEST).tolist() == [False] * 200 + [True] * 60


def test_a_split_by_clips_goes_before_what_files_say(tmp_path: Path, poses: np.ndarray) -> None:
    clip, subject = np.arange(200) // 20, np.where(np.arange(200) < 100, "a", "b")
    for name in ("train", "test"):
        np.savez(tmp_path / f"{name}.npz", positions=poses, clip=clip, subject=subject, split=np.arange(200) % 2)
    files = [tmp_path / "train.npz", tmp_path / "test.npz"]
    dataset = read(files, split="clips")
    assert dataset.about["split"].startswith("whole clips to test")
    assert all(len(set(dataset.split[dataset.per_sample["clip"] == each])) == 1 for each in range(20))
    assert set(dataset.per_clip["subject"][dataset.per_sample["clip"][dataset.split == TEST]]) == {"a", "b"}
    with pytest.raises(UsageError, match="--test and --split"):
        read(files[:1], test=(str(files[1]),), split="clips")


def test_a_split_array_counts(tmp_path: Path, poses: np.ndarray) -> None:
    marks = np.where(np.arange(200) % 100 < 90, "train", "test")
    np.savez(tmp_path / "a.npz", poses=poses, split=marks)
    dataset = read([tmp_path / "a.npz"])
    np.testing.assert_array_equal(dataset.split, marks == "test")
    assert dataset.per_clip["length"].tolist() == [90, 10, 90, 10]


def test_other_joint_names_are_warned_of(tmp_path: Path, poses: np.ndarray) -> None:
    np.savez(tmp_path / "a.npz", poses=poses, joint_names=np.array([f"coco{i}" for i in range(17)]))
    assert "coco0" in read([tmp_path / "a.npz"]).warnings[0]


# --- bad input --------------------------------------------------------------------------------------------------------


def broken(kind: str, folder: Path, poses: np.ndarray) -> Path:
    """A file that is broken in one way."""
    file = folder / "bad.npy"
    if kind == "missing":
        return file
    if kind == "folder":
        return folder
    arrays = {
        "rank": poses[0, 0],
        "paths": poses.reshape(4, 50, 17, 3),
        "joints": poses[:, :16],
        "columns": poses[..., :2],
        "integers": poses.astype(np.int32),
        "complex": poses + 0j,
        "strings": poses[:2].astype(str),
        "none": poses[:0],
        "single": poses[:1],
        "nan": np.where(np.arange(200)[:, None, None] == 17, np.nan, poses),
        "overflow": poses.astype(np.float64) * 1e300,
        "fields": np.zeros(3, [("x", "f4")]),
    }
    if kind in arrays:
        return save(file, arrays[kind])
    save(file, poses)
    whole = file.read_bytes()
    contents = {
        "truncated": whole[:-10],
        "headless": whole[:40],
        "empty": b"",
        "text": b"1.0 2.0 3.0\n",
        "pickle": pickle.dumps(poses),
        "huge": whole.replace(b"(200, 17, 3)", b"(99999999999, 17, 3)".ljust(12)),
        "negative": whole.replace(b"(200, 17, 3)", b"(-20, 17, 3)"),
        "expression": whole.replace(b"(200, 17, 3)", b"print('hello')"[:12]),
        "version": whole[:6] + b"\x09" + whole[7:],
    }
    file.write_bytes(contents[kind])
    return file


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("missing", "no file"), ("folder", "folder"), ("rank", r"\(3,\)"), ("paths", r"\(4, 50, 17, 3\)"),
        ("joints", "16 joints"), ("columns", r"\(200, 17, 2\)"), ("integers", "int32"), ("complex", "complex"),
        ("strings", "<U"), ("none", "no poses"), ("single", "One pose"), ("nan", "1 of 200 frames.* index 17"),
        ("overflow", "infinity"), ("fields", "fields"), ("truncated", "cut short"), ("headless", "header"),
        ("empty", "is empty"), ("text", "neither"), ("pickle", "pickled"), ("huge", "cut short"),
        ("negative", "header"), ("expression", "header"), ("version", "header"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_in_a_sentence_with_a_hint(
    tmp_path: Path, poses: np.ndarray, kind: str, says: str
) -> None:
    error = NotFoundError if kind == "missing" else InvalidInputError
    with pytest.raises(error, match=says) as caught:
        read([broken(kind, tmp_path, poses)])
    assert caught.value.hint


def test_a_header_that_claims_the_world_allocates_nothing(tmp_path: Path) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (10**9, 17, 3)})
    (tmp_path / "a.npy").write_bytes(header.getvalue())
    tracemalloc.start()
    with pytest.raises(InvalidInputError, match="204,000,000,000"):
        load_array(tmp_path / "a.npy")
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


class Bomb:
    """Unpickled, it leaves a mark."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_nothing_is_ever_unpickled(tmp_path: Path, suffix: str) -> None:
    array, file = np.array([Bomb(tmp_path / "mark")], dtype=object), tmp_path / f"a.{suffix}"
    if suffix == "npy":
        np.save(file, array, allow_pickle=True)
    else:
        np.savez(file, positions=array)
    with pytest.raises(InvalidInputError, match="pickled"):
        read([file])
    assert not (tmp_path / "mark").exists()


def test_a_zip_bomb_is_refused_before_it_goes_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSECTL_MAX_MEMORY", "64M")
    np.savez_compressed(tmp_path / "a.npz", positions=np.zeros((400_000, 17, 3), np.float32))
    tracemalloc.start()
    with pytest.raises(InvalidInputError, match="would take"):
        read([tmp_path / "a.npz"])
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_every_truncation_and_flip_of_an_npz_is_an_expected_error(tmp_path: Path, poses: np.ndarray) -> None:
    np.savez_compressed(tmp_path / "a.npz", positions=poses[:8], subject=np.arange(8))
    whole, file = (tmp_path / "a.npz").read_bytes(), tmp_path / "b.npz"
    rng = np.random.default_rng(0)
    for at in rng.integers(len(whole), size=300):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << rng.integers(8)
        for content in (whole[:at], bytes(flipped)):
            file.write_bytes(content)
            try:
                samples = read([file]).samples
            except PosectlError:
                continue
            np.testing.assert_array_equal(samples, poses[:8])


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"subject": np.arange(5)}, "'subject'.*shape.*200 frames"),
        ({"frame": np.linspace(0, 1, 200)}, "not integers"),
        ({"root": np.zeros((100, 3))}, "'root'"),
        ({"root": np.full((200, 3), np.nan)}, "finite"),
        ({"split": np.full(200, "maybe")}, "maybe"),
        ({"split": np.zeros(200, int)}, "every frame is for training"),
        ({"units": np.array("cubit")}, "cubit"),
        ({"clip_start": np.array([0, 90]), "clip_length": np.array([100, 100])}, "clip table"),
        ({"clip_index": np.repeat([0, 1], 100), "clip_name": np.array(["a"])}, "row 1"),
        ({"clip_name": np.array(["a"])}, "no rows"),
    ],
)  # fmt: skip
def test_side_arrays_that_do_not_fit_are_refused(
    tmp_path: Path, poses: np.ndarray, arrays: dict[str, np.ndarray], says: str
) -> None:
    np.savez(tmp_path / "a.npz", positions=poses, **arrays)
    with pytest.raises(InvalidInputError, match=says) as caught:
        read([tmp_path / "a.npz"])
    assert caught.value.hint


def test_an_npz_without_poses_lists_what_it_has(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", this=np.zeros(3), that=np.zeros(3))
    with pytest.raises(InvalidInputError, match="this, that"):
        read([tmp_path / "a.npz"])


@pytest.mark.parametrize("options", [{"unit": "cubit"}, {"up": "z"}, {"fps": 0.0}, {"fps": float("nan")}])
def test_odd_options_are_usage_errors(tmp_path: Path, poses: np.ndarray, options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        read([save(tmp_path / "a.npy", poses)], **options)  # type: ignore[arg-type]


def test_no_file_and_only_test_files_are_usage_errors(tmp_path: Path, poses: np.ndarray) -> None:
    file = save(tmp_path / "a.npy", poses)
    with pytest.raises(UsageError, match="none was named"):
        read([])
    with pytest.raises(UsageError, match="none is left"):
        read([file], test=("a.npy",))


@pytest.mark.parametrize("fps", [0.0, -30.0, float("nan"), float("inf")])
@pytest.mark.parametrize("key", ["fps", "clip_fps"])
def test_a_rate_in_the_file_that_is_none_is_refused(tmp_path, poses, key, fps):
    table = {"clip_start": [0], "clip_length": [len(poses)], "clip_fps": [fps]} if key == "clip_fps" else {"fps": fps}
    np.savez(tmp_path / "a.npz", poses=poses, **table)
    with pytest.raises(InvalidInputError, match="gives a frame rate of"):
        read([tmp_path / "a.npz"])
