"""The mocap source: every file of the collection to its golden poses, takes that exist twice, splits and options."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from data.mocap.person import STANDING, person_bvh, still

from posectl.data.dataset import TEST, TRAIN
from posectl.data.readers.mocap import read, show_joints
from posectl.data.skeleton import H36M17
from posectl.errors import InvalidInputError, NotFoundError, UsageError


@pytest.fixture(scope="module")
def golden(test_data):
    with np.load(test_data / "raw/golden17.npz") as file:
        return {key.replace("|", "/"): file[key] for key in file if "|" in key}


@pytest.fixture(scope="module")
def native(test_data):
    """Everything under raw/, read at once."""
    return read([test_data / "raw"])


# The golden poses and the pose files leave frame 0 of these out, which is no T pose but motion.
FROM_FRAME_1 = ("02_01.bvh", "131_01.bvh")


def world(dataset):
    return dataset.samples.astype(np.float64) + dataset.per_sample["root"][:, None]


def clip_of(dataset, name):
    """World poses (T, 17, 3) of the clip whose source ends in `name`."""
    (row,) = [i for i, source in enumerate(dataset.per_clip["source"]) if source.endswith(name)]
    return world(dataset)[dataset.per_sample["clip"] == row]


def directions(poses):
    """Unit vectors along the bones (T, 16, 3)."""
    parents, children = np.array(H36M17.bones).T
    bones = poses[:, children] - poses[:, parents]
    return bones / np.linalg.norm(bones, axis=-1, keepdims=True)


def test_every_file_reads_to_its_golden_poses(native, golden):
    assert len(golden) == len(native.per_clip["name"]) == 13
    for name, expected in golden.items():
        start = int(name.endswith(FROM_FRAME_1))
        error = np.abs(clip_of(native, name)[start : start + len(expected)] - expected).max()
        assert error < 1e-4, (name, error)


def test_whole_takes_at_30_fps_are_those_of_the_pose_files(test_data, native):
    """The pose files were made of the same takes; they are rounded to 1/8192 m, half of which is 0.061 mm."""
    ours = read([test_data / "raw"], fps=30)
    compared = 0
    for file in ("cmu17_train", "cmu17_test", "bandai17_train"):
        with np.load(test_data / f"poses/{file}.npz") as theirs:
            for row, source in enumerate(theirs["clip_source"]):
                take = slice(theirs["clip_start"][row], theirs["clip_start"][row] + theirs["clip_length"][row])
                name = "/" + source.split("/")[-1].split("+")[-1].replace("cmu_12_01_walk", "12_01")
                if not any(clip.endswith(name) for clip in ours.per_clip["source"]):
                    continue
                expected = theirs["positions"][take] + theirs["root"][take][:, None]
                found = clip_of(native, name)[1::4] if name.endswith(FROM_FRAME_1) else clip_of(ours, name)
                np.testing.assert_allclose(found, expected, atol=2e-4)
                compared += 1
    assert compared == 10


def test_bvh_and_amc_of_one_take_agree(native):
    """To nothing in the pelvis and legs, and to 4 mm above, where the BVH's lost bones are put back."""
    bvh, amc = clip_of(native, "cmu/01_01.bvh"), clip_of(native, "cmu/01_01.amc")
    error = np.linalg.norm(bvh - amc, axis=-1)
    assert error[:, :7].max() < 1e-4
    assert error.max() < 6e-3
    assert error.mean() < 2.5e-3


@pytest.mark.parametrize(
    ("copy", "original"), [("walking_19__is_12_01.txt", "12_01.bvh"), ("soccer_1__is_11_01.txt", "11_01.amc")]
)
def test_exponential_maps_point_the_limbs_as_their_originals_do(native, copy, original):
    """Limbs, and not the trunk and shoulders, which the template draws at other angles."""
    limbs = [H36M17.bones.index((H36M17.parents[joint], joint)) for joint in (2, 3, 5, 6, 12, 13, 15, 16)]
    ours, theirs = directions(clip_of(native, copy))[:, limbs], directions(clip_of(native, original))[:, limbs]
    angles = np.degrees(np.arccos(np.clip(np.sum(ours * theirs, axis=-1), -1, 1)))
    assert angles.max() < 0.5


def test_bodies_stand_on_their_feet_with_left_on_their_left(native):
    """Knees bend forwards, which is up times the way from the left to the right hip, and walkers walk there."""
    poses = world(native)
    up = poses[:, 8] - poses[:, 0]
    assert (up[:, 2] / np.linalg.norm(up, axis=-1)).mean() > 0.9
    forward = np.cross([0, 0, 1], poses[:, 1] - poses[:, 4])
    middle = (poses[:, [1, 4]] + poses[:, [3, 6]]) / 2
    bend = np.einsum("tki,ti->tk", poses[:, [2, 5]] - middle, forward)
    assert bend.sum(axis=0).min() > 0
    walks = clip_of(native, "12_01.bvh")
    ahead = np.cross([0, 0, 1], walks[:, 1] - walks[:, 4]).mean(axis=0)
    assert ahead @ (walks[-1, 0] - walks[0, 0]) > 0


def test_the_left_hand_waves_when_the_name_says_left(native):
    poses = clip_of(native, "wave-left-hand_active_001.bvh")
    left, right = (poses[:, wrist, 2] - poses[:, 8, 2] for wrist in (13, 16))
    assert left.max() > 0.2
    assert right.max() < 0


def test_a_dataset_says_what_a_user_checks(native):
    assert native.samples.dtype == native.per_sample["root"].dtype == np.float32
    assert not native.samples[:, 0].any()
    about = json.loads(json.dumps(native.about))
    assert (about["kind"], about["unit"], about["up"], about["coordinates"]) == ("poses", "m", "+z", "world")
    assert about["joints"] == list(H36M17.joints)
    assert about["found"] == {
        "skeleton": {"bandai": 5, "cmu-3dsmax": 1, "cmu-asf": 2, "cmu-bvh": 5},
        "unit": {"cm": 5, "cmu": 8},
        "up": {"+y": 13},
        "fps": {"120": 8, "30": 5},
    }
    skeletons = dict(zip(native.per_clip["name"], native.per_clip["file_skeleton"], strict=True))
    assert (skeletons["131_01"], skeletons["11_01"]) == ("cmu-3dsmax", "cmu-asf")
    assert set(native.per_clip["file_unit"][native.per_clip["file_skeleton"] == "bandai"]) == {"cm"}
    assert "mocap.cs.cmu.edu" in about["citation"]
    assert "arXiv:2306.08861" in about["citation"]
    assert any("several skeletons" in warning for warning in native.warnings)
    assert any("01_01" in warning for warning in native.warnings)


def test_clips_are_contiguous_and_numbered_as_in_their_files(native):
    clips = native.per_clip
    np.testing.assert_array_equal(np.cumsum(clips["length"])[:-1], clips["start"][1:])
    frames = {
        name: native.per_sample["frame"][start] for name, start in zip(clips["name"], clips["start"], strict=True)
    }
    # The T pose is frame 0 of most of CMU's BVH and exponential maps; these copies of 02_01 and 131_01 have none.
    first = {"01_01.bvh": 1, "12_01": 1, "02_01": 0, "131_01": 0, "soccer_1__is_11_01": 1, "01_01.amc": 0, "11_01": 0}
    assert {name: frames[name] for name in first} == first
    assert frames["dataset-1_bow_normal_001"] == 0
    subjects = dict(zip(clips["name"], clips["subject"], strict=True))
    assert subjects["131_01"] == "CMU131"
    assert subjects["dataset-2_wave-left-hand_active_001"] == "BN2-active"


def test_the_split_keeps_subjects_apart_and_is_the_same_again(native, test_data):
    clip_split = native.split[native.per_clip["start"]]
    for subject in set(native.per_clip["subject"]) - {""}:
        assert len(set(clip_split[native.per_clip["subject"] == subject])) == 1
    share = (native.split == TEST).mean()
    assert 0 < share <= 0.25
    np.testing.assert_array_equal(read([test_data / "raw"]).split, native.split)
    assert native.about["split"].startswith("whole subjects")


@pytest.fixture
def people(tmp_path):
    for name, frames in {"01_01": 3, "01_02": 4, "02_01": 5, "dance": 6}.items():
        (tmp_path / f"{name}.bvh").write_text(person_bvh(still(frames)))
    return tmp_path


@pytest.mark.parametrize(
    ("test", "frames"),
    [(["02_01"], 5), (["02_01.bvh"], 5), (["CMU01"], 7), (["{}/dance.bvh"], 6), (["dance", "01_02"], 10)],
)
def test_the_test_split_is_named_by_clip_file_or_subject(people, test, frames):
    dataset = read([people], test=[name.format(people) for name in test])
    assert (dataset.split == TEST).sum() == frames
    assert dataset.about["split"].startswith("as named: ")


def test_a_test_file_beside_the_others_is_read_too(people, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "x.bvh"
    other.write_text(person_bvh(still(7)))
    dataset = read([people], test=[other])
    assert (dataset.split == TEST).sum() == 7
    assert (dataset.split == TRAIN).sum() == 18
    assert (read([people], test=[other.parent]).split == TEST).sum() == 7


def test_a_split_by_clips_deals_out_the_clips_of_known_subjects(people):
    (people / "01_03.bvh").write_text(person_bvh(still(3)))
    dataset = read([people], split="clips")
    assert dataset.about["split"].startswith("whole clips to test")
    assert read([people], split="subjects").about["split"].startswith("whole subjects to test")
    with pytest.raises(UsageError, match="--test and --split"):
        read([people], test=["CMU01"], split="clips")


def test_one_clip_is_split_in_time(people):
    dataset = read([people / "02_01.bvh"])
    np.testing.assert_array_equal(dataset.split, [TRAIN] * 4 + [TEST])
    assert "last fifth" in dataset.about["split"]
    assert {len(column) for column in dataset.per_clip.values()} == {2}


def test_a_map_of_ones_own_reads_any_skeleton(tmp_path):
    file, draft = tmp_path / "a.bvh", tmp_path / "map.yaml"
    file.write_text(person_bvh(still()).replace("JOINT Neck", "JOINT Hals"))
    file.write_text(file.read_text().replace("JOINT LeftArm", "JOINT Oberarm"))
    with pytest.raises(InvalidInputError, match="Oberarm"):
        read([file])
    text = show_joints([file])
    assert text.count("  LShoulder: '?'") == 1
    draft.write_text(
        text.replace("  LShoulder: '?'", "  LShoulder: Oberarm").replace("# Thorax: just", "Thorax: Hals #")
    )
    dataset = read([file], map=draft)
    np.testing.assert_allclose(dataset.samples[0], STANDING, atol=1e-6)
    assert dataset.about["found"]["skeleton"] == {"map": 1}


def test_a_broken_file_among_many_is_named_and_skipped_only_on_request(people):
    (people / "03_01.bvh").write_text(person_bvh(still()).replace("MOTION", ""))
    (people / "04_01.amc").write_text("1\nroot 0 0 0 0 0 0\n")
    with pytest.raises(InvalidInputError, match=r"03_01\.bvh has no MOTION section") as error:
        read([people])
    assert "--skip-broken" in error.value.hint
    dataset = read([people], skip_broken=True)
    assert list(dataset.per_clip["name"]) == ["01_01", "01_02", "02_01", "dance"]
    assert [warning.split("/")[-1].split(" ")[0] for warning in dataset.warnings] == ["03_01.bvh", "04_01.amc"]
    assert all(warning.startswith("Skipped: ") for warning in dataset.warnings)


def test_nothing_but_broken_files_is_an_error_though_they_may_be_skipped(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.bvh").write_text("HIERARCHY\n")
    with pytest.raises(InvalidInputError, match=r"a\.bvh has no MOTION"):
        read([tmp_path], skip_broken=True)
    with pytest.raises(InvalidInputError) as error:
        read([tmp_path / "a.bvh"])
    assert "--skip-broken" not in error.value.hint


def test_files_in_feet_and_in_metres_each_come_out_in_metres_with_a_warning(tmp_path):
    (tmp_path / "a.bvh").write_text(person_bvh(still()))
    (tmp_path / "b.bvh").write_text(person_bvh(still(), scale=1 / 0.3048))
    dataset = read([tmp_path])
    np.testing.assert_allclose(dataset.samples, np.broadcast_to(STANDING, (8, 17, 3)), atol=1e-5)
    assert dataset.about["found"]["unit"] == {"ft": 1, "m": 1}
    assert dataset.warnings == ["The mixamo files are in several units (1 ft, 1 m); each was read in its own."]


def test_an_asf_given_with_an_amc_is_its_skeleton(tmp_path, test_data):
    amc, asf = tmp_path / "take.amc", tmp_path / "elsewhere.skeleton.asf"
    amc.write_text("\n".join((test_data / "raw/cmu/01_01.amc").read_text().split("\n")[: 4 + 30 * 3]))
    shutil.copy(test_data / "raw/cmu/12.asf", tmp_path / "a.asf")
    shutil.copy(test_data / "raw/cmu/12.asf", tmp_path / "b.asf")
    shutil.copy(test_data / "raw/cmu/01.asf", asf)
    with pytest.raises(NotFoundError, match="has no skeleton"):
        read([amc])
    assert len(read([asf, amc]).samples) == 3


def test_a_file_of_a_t_pose_alone_is_refused(tmp_path, test_data):
    head, _, motion = (test_data / "raw/cmu/01_01.bvh").read_text().partition("Frames: 2752")
    for frames in (0, 1):
        rows = "\n".join(motion.split("\n")[2 : 2 + frames])
        (tmp_path / "a.bvh").write_text(f"{head}Frames: {frames}\nFrame Time: .0083333\n{rows}\n")
        with pytest.raises(InvalidInputError, match="artificial T pose" if frames else "holds no frames"):
            read([tmp_path / "a.bvh"])


def test_places_that_float32_cannot_tell_apart_are_refused(tmp_path):
    (tmp_path / "a.bvh").write_text(person_bvh([[1e6, 0.95, 0, 0, 0, 0]]))
    with pytest.raises(InvalidInputError, match="reaches farther than 10000 m"):
        read([tmp_path / "a.bvh"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"fps": 0}, "--fps 0"),
        ({"fps": float("nan")}, "--fps nan"),
        ({"fps": 1e9}, "--fps"),
        ({"fps": "fast"}, "--fps fast"),
        ({"up": "y"}, "no axis 'y'"),
        ({"unit": "yard"}, "no unit 'yard'"),
        ({"jobs": 0}, "--jobs 0"),
        ({"test": ["nobody"]}, "No clip is 'nobody'"),
        ({"test": ["CMU01", "02_01", "dance"]}, "none is left to train on"),
    ],
)
def test_options_that_make_no_sense_are_refused(people, options, said):
    with pytest.raises(UsageError, match=said) as error:
        read([people], **options)
    assert error.value.hint


def test_native_is_the_files_own_rate(people):
    np.testing.assert_array_equal(read([people], fps="native").per_clip["fps"], [30, 30, 30, 30])


def test_a_path_may_be_a_string(people):
    assert len(read([str(people)]).samples) == len(read(str(people)).samples) == 18
