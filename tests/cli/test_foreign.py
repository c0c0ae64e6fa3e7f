"""Poses of any other system, wherever they enter: the same sentences, and the same options to put them right."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from data.joints import body, in_layout
from PIL import Image

import posectl as library
from posectl.data.axes import turned
from posectl.data.skeleton import H36M17

UP = "Up should be +z, but thoraxes lie along +y from their pelvises."
SIDES = "Left and right are swapped, or the bodies mirrored: knees bend backwards."
MM = "seems to be in millimetres"
WRIST = H36M17.joints.index("LWrist")


@pytest.fixture
def files(trained, tmp_path, people):
    """A store with the dataset `poses` and a model, and poses as others write them, all and two of them."""
    away = people.copy()
    away[7:11, WRIST] += 50
    kinds = {
        "good": people, "yup": turned(people, "+z", "+y"), "mm": 1000 * people, "away": away,
        "mirrored": people * np.array([-1, 1, 1], np.float32), "off": people + np.array([0, 0, 0.9], np.float32),
    }  # fmt: skip
    for name, poses in kinds.items():
        np.save(tmp_path / f"{name}.npy", poses)
        np.save(tmp_path / f"{name}1.npy", poses[3])
        np.save(tmp_path / f"{name}2.npy", poses[200])
    np.savez(tmp_path / "told.npz", positions=1000 * kinds["yup"], units="mm", up_axis="y", more=np.zeros(3))
    return trained


def warnings(done) -> list[str]:
    assert done.code == 0, done.err
    return [line.removeprefix("warning: ") for line in done.err.splitlines() if line.startswith("warning: ")]


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (("evaluate", "{}.npy", "--against", "poses"), "{}.npy"),
        (("evaluate", "good.npy", "--against", "{}.npy"), "{}.npy"),
        (("evaluate", "acai", "--against", "{}.npy", "--recall-samples", "50", "--samples", "50"), "{}.npy"),
        (("interpolate", "{}1.npy", "{}2.npy", "--steps", "3"), "{}1.npy"),
        (("render", "{}.npy", "-o", "a.png", "--size", "96", "--force"), "{}.npy"),
        (("encode", "{}.npy", "--force"), "{}.npy"),
    ],
    ids=["subject", "reference of a file", "reference of a model", "ends", "picture", "codes"],
)
def test_the_same_is_said_wherever_a_file_enters(files, command, name):
    def run(kind: str, *more: str):
        return files(*(word.format(kind) for word in command), *more, "-q")

    assert warnings(run("good")) == []
    told = warnings(run("mirrored"))
    assert f"{name.format('mirrored')}: {SIDES}" in told
    refused = run("mm")
    assert refused.code == 4
    assert f"{name.format('mm')} {MM}" in refused.err
    assert "--unit mm" in refused.err
    assert warnings(run("mm", "--unit", "mm")) == []
    told = warnings(run("yup"))
    if command[0] == "render":
        assert told == []  # it is turned upright
    elif "good.npy" in command:
        assert told == ["good.npy: Up should be +y, but thoraxes lie along +z from their pelvises. --up +z turns them."]
        assert warnings(run("yup", "--up", "+z")) == []
    else:
        assert f"{name.format('yup')}: {UP} --up +y turns them." in told
        assert warnings(run("yup", "--up", "+y")) == []
    told = warnings(run("off"))
    if command[0] == "evaluate":
        assert told == ["The pelvis of off.npy is up to 0.9 m off the origin; the poses are scored as they are."]
    else:
        assert told == []  # ends and pictures are about the pelvis
    if "1.npy" not in command[1]:
        (told,) = warnings(run("away"))
        assert told.startswith("away.npy: Frames with bones longer than any body's: 4, the first at index 7 (left fore")


def test_poses_that_are_put_right_score_as_the_right_ones(files):
    def scores(*args: str):
        done = files("evaluate", *args, "--json", "-q")
        assert done.code == 0, done.err
        return json.loads(done.out)["scores"]

    right = scores("good.npy", "--against", "poses")
    assert right["precision_distance"]["mean"] == 0
    for args in (("yup.npy", "--up", "+y"), ("mm.npy", "--unit", "mm"), ("told.npz",)):
        for name, score in scores(*args, "--against", "poses").items():
            for key in ("mean", "precision"):
                value = score.get(key)
                expected = right[name].get(key)
                if isinstance(value, float):
                    assert value == pytest.approx(expected, abs=1e-6), (args, name)
    assert scores("yup.npy", "--against", "poses")["precision_distance"]["mean"] > 0.2


def test_an_option_is_of_the_subject_where_the_reference_shows_otherwise(files):
    for args in (("mm.npy", "--unit", "mm"), ("yup.npy", "--up", "+y")):
        done = files("evaluate", *args, "--against", "good.npy", "--json")
        assert warnings(done) == []
        assert json.loads(done.out)["scores"]["precision_distance"]["mean"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("layout", ["smpl22", "coco17", "h36m17"])
@pytest.mark.parametrize("flat", [False, True])
def test_a_layout_is_of_the_subject_where_the_reference_is_a_body_without_it(posectl, tmp_path, layout, flat):
    bodies = body(60, spread=0.2)
    theirs = in_layout(bodies, layout)
    np.save(tmp_path / "theirs.npy", theirs.reshape(len(theirs), -1) if flat else theirs)
    np.save(tmp_path / "real.npy", in_layout(bodies, "h36m17"))
    done = posectl("evaluate", "theirs.npy", "--joints", layout, "--against", "real.npy", "--json")
    assert done.code == 0, done.err
    # What is apart are the joints of the head and the spine that are approximate, by centimetres each.
    assert done.json["scores"]["precision_distance"]["mean"] < 0.025
    drawn = posectl("render", "theirs.npy", "--joints", layout, "-o", "a.png")
    assert drawn.code == 0, drawn.err


def test_a_dataset_that_stands_otherwise_than_the_model_is_told(files):
    assert files("prepare", "arrays", "yup.npy", "--name", "lying", "-q").code == 0
    (told,) = warnings(
        files("evaluate", "acai", "--against", "lying", "--recall-samples", "50", "--samples", "50", "-q")
    )
    assert told == "In lying:v1 +y is up, and in acai:v1 +z: distances between them say nothing."


def test_a_picture_of_a_file_is_that_of_the_dataset_prepared_from_it(files, tmp_path):
    pictures = {}
    for name, *more in (("good",), ("yup",), ("told",), ("mm", "--unit", "mm")):
        suffix = "npz" if name == "told" else "npy"
        assert files("render", f"{name}.{suffix}", "-o", f"{name}.png", "--size", "96", "--label", "a", *more).code == 0
        pictures[name] = np.asarray(Image.open(tmp_path / f"{name}.png")).astype(int)
        assert np.abs(pictures[name] - pictures["good"]).mean() < 0.5, name
    done = files("render", "yup.npy", "-o", "lying.png", "--size", "96", "--label", "a", "--up", "+z")
    assert UP in warnings(done)[0]
    lying = np.asarray(Image.open(tmp_path / "lying.png")).astype(int)
    assert lying.shape != pictures["good"].shape or np.abs(lying - pictures["good"]).mean() > 2


def test_a_lone_path_is_said_to_be_taken_for_samples_and_may_be_one(files, tmp_path):
    t = np.linspace(0, 1, 50)[:, None, None]
    people = np.load(tmp_path / "good.npy").astype(np.float64)
    np.save(tmp_path / "path.npy", (1 - t) * people[3] + t * people[200])
    done = files("evaluate", "path.npy", "--against", "poses", "--json")
    assert "path.npy is taken for 50 single poses; --as paths takes it for one path." in done.err
    assert "anci" not in done.json["scores"]
    done = files("evaluate", "path.npy", "--as", "paths", "--json")
    assert "is taken for" not in done.err
    assert done.json["protocol"]["paths"] == 1
    assert done.json["scores"]["anci"]["mean"] == pytest.approx(1, abs=1e-9)
    np.save(tmp_path / "paths.npy", np.stack([np.load(tmp_path / "path.npy")] * 2))
    done = files("evaluate", "paths.npy", "--as", "samples", "--against", "poses", "--json")
    assert done.json["protocol"]["samples"] == 100


def test_a_lone_path_is_drawn_in_motion_where_it_is_taken_for_one(files, tmp_path):
    done = files("render", "good.npy", "-o", "a.gif", "--size", "96", "--json")
    assert "good.npy is taken for 300 single poses; --as paths takes it for one path." in done.err
    done = files("render", "good.npy", "-o", "b.gif", "--size", "96", "--as", "paths", "--json")
    assert done.json["frames"] == 300


def test_frames_that_no_body_can_be_in_are_left_out_and_recorded(files, tmp_path):
    told = warnings(files("prepare", "arrays", "away.npy", "--name", "away", "-q"))
    assert "Frames with bones longer than any body's: 4, the first at index 7 (left forearm " in told[0]
    assert told[1] == "--drop-bad leaves out 4 of 300 frames (4 with bones longer than any body's)."
    done = files("prepare", "arrays", "away.npy", "--name", "kept", "--drop-bad", "--json")
    assert warnings(done) == []
    assert done.json["frames"] == 296
    assert ["dropped", "4 of 300 frames (4 with bones longer than any body's)"] in done.json["rows"]
    manifest = json.loads((Path(done.json["path"]) / "manifest.json").read_text())
    assert manifest["about"]["dropped"] == {"frames": 300, "long": [[7, 10]]}
    assert manifest["config"]["options"]["value"] == {"drop_bad": True}


@pytest.mark.parametrize("source", ["arrays", "h36m", "mocap", "mannequin"])
def test_every_source_of_poses_can_leave_bad_frames_out(posectl, source):
    assert "--drop-bad" in posectl("prepare", source, "--help").out


def test_images_have_no_vertical(posectl, tmp_path):
    np.save(tmp_path / "images.npy", np.random.default_rng(0).uniform(-1, 1, (2, 5, 8, 8)))
    done = posectl("evaluate", "images.npy", "--up", "+y")
    assert done.code == 2
    assert "--unit, --up and --joints are of poses, and images.npy holds images." in done.err
    np.save(tmp_path / "colour.npy", np.random.default_rng(0).uniform(-1, 1, (5, 3, 8, 8)))
    done = posectl("evaluate", "colour.npy", "--json")
    assert "colour.npy is taken for 5 paths of 3 grey images; --as paths takes it for one path." in done.err
    assert posectl("evaluate", "colour.npy", "--as", "paths", "--json").json["protocol"]["pairs"] == 1


def test_arrays_in_python_are_checked_as_files_are(files, tmp_path, people):
    said = []
    lab = library.open(tmp_path / "artifacts")
    lab.run.warn = said.append
    model = lab["acai"]
    good = model.encode(people)
    assert said == []
    np.testing.assert_allclose(model.encode(turned(people, "+z", "+y")), model.encode(turned(people, "+z", "+y")))
    assert f"x: {UP} --up +y turns them." in said
    said.clear()
    np.testing.assert_allclose(model.encode(turned(people, "+z", "+y"), up="+y"), good, atol=1e-5)
    np.testing.assert_allclose(model.encode(1000 * people, unit="mm"), good, atol=1e-5)
    assert said == []
    model.encode(people * np.array([-1, 1, 1], np.float32))
    assert f"x: {SIDES}" in said
    with pytest.raises(library.PosectlError, match=MM):
        model.encode(1000 * people)


def test_a_path_in_another_layout_is_plotted_by_its_name(files, tmp_path, people):
    np.save(tmp_path / "path22.npy", in_layout(body(30, spread=0.2), "smpl22"))
    refused = files("plot", "path22.npy", "-o", "p.png")
    assert refused.code == 4
    assert "--joints smpl22" in refused.err
    assert files("plot", "path22.npy", "--joints", "smpl22", "-o", "p.png").code == 0
