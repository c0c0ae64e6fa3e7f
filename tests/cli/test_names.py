"""Names on the command line: of one kind each, with the dataset in those that are made up; samples and clips."""

from __future__ import annotations

import numpy as np
import pytest

from posectl.store import Store

SHORT = ("--steps", "5", "--set", "mlp.widths=16")
EVALUATE = ("--metric", "anci", "--endpoints", "4", "--steps", "5")


def test_a_model_does_not_take_the_name_of_a_dataset(trained, tmp_path):
    done = trained("train", "poses", "--name", "poses", *SHORT)
    assert (done.code, done.out) == (7, "")
    assert "The name 'poses' belongs to poses:v1, a dataset, and is no name for a model." in done.err
    assert trained("sweep", "poses", "--lam", "0", "--name", "poses", *SHORT).code == 7
    assert trained("evaluate", "acai", "--name", "poses", *EVALUATE).code == 7
    assert Store(tmp_path / "artifacts").versions("poses") == [1]


@pytest.fixture
def mixed(trained, tmp_path):
    """A store of an earlier release: poses:v1 is the dataset, poses:v2 the model trained on it."""
    store = Store(tmp_path / "artifacts")
    assert trained("train", "poses", "--name", "other", *SHORT).code == 0
    with store.draft("model", "poses") as draft:
        other = store.get("other")
        for name in other.arrays():
            draft.put(name, other.read(name), other.arrays()[name].dims)
        record = {key: other.manifest[key] for key in ("config", "summary", "about", "key", "seed", "device")}
        draft.record(**record, parents=[("dataset", store.get("poses:v1"))])
        assert draft.publish().ref == "poses:v2"
    return trained


def test_in_a_store_of_mixed_names_every_command_finds_its_kind(mixed):
    def made_from(*args):
        done = mixed(*args, "--json")
        assert done.code == 0, done.err
        return done.json["parents"]

    assert made_from("train", "poses", *SHORT, "--seed", "3") == ["poses:v1"]
    assert made_from("sample", "poses", "-n", "3") == ["poses:v2"]
    assert made_from("interpolate", "poses#1", "poses#200", "--model", "poses", "--steps", "3") == ["poses:v2"]
    assert made_from("evaluate", "poses", "--against", "poses", *EVALUATE)[0] == "poses:v2"
    assert [c["ref"] for c in mixed("compare", "poses", "--json").json["columns"]] == ["poses-scores:v1"]
    assert mixed("plot", "poses", "--kind", "training", "-o", "training.png").code == 0
    assert mixed("render", "poses#3", "-o", "pose.png").code == 0
    assert mixed("prepare", "mannequin", "--name", "poses", "--subjects", "2", "--seconds", "0.3").out == "poses:v3\n"


def test_names_that_are_made_up_begin_with_the_dataset_and_are_found_without_it(trained):
    assert trained("train", "poses", *SHORT).out == "poses-plain:v1\n"
    assert trained("evaluate", "plain", *EVALUATE).out == "poses-plain-scores:v1\n"
    assert trained("sample", "plain:v1", "-n", "3").out == "poses-plain-samples:v1\n"
    assert trained("render", "plain-samples", "-o", "samples.png").code == 0
    assert "poses-plain:v1" in trained("store", "show", "plain").out
    trained("prepare", "mannequin", "--name", "people", "--subjects", "2", "--seconds", "0.3")
    assert trained("train", "people", *SHORT).out == "people-plain:v1\n"
    done = trained("evaluate", "plain", *EVALUATE)
    assert done.code == 2
    assert "'plain' may be any of people-plain, poses-plain." in done.err


def test_the_same_work_is_found_under_whatever_name(trained):
    """An earlier release called the model `acai` and the sweep `acai-sweep`."""
    sweep = ("sweep", "poses", "--reg", "acai", "--lam", "0.1", *SHORT)
    assert trained(*sweep, "--name", "acai-sweep").out == "acai-sweep:v1\n"
    assert trained(*sweep).out == "acai-sweep:v1\n"
    assert trained("train", "poses", "--reg", "acai", "--lam", "0.1", "--steps", "20", *SHORT[2:]).out == "acai:v1\n"


def test_a_number_picks_a_sample_wherever_it_stands_and_a_clip_is_called_clip(trained):
    prepared = trained("prepare", "mannequin", "--name", "people", "--subjects", "2", "--seconds", "0.5", "--json").json
    pose = trained("render", "people#3", "-o", "pose.png", "--json").json
    clip = trained("render", "people#clip3", "-o", "clip.gif", "--json").json
    poses_in_a_clip = prepared["frames"] // (2 * 13)
    assert (pose["frames"], clip["frames"]) == (1, poses_in_a_clip)
    gone = trained("render", "people#clip99", "-o", "none.gif")
    assert (gone.code, "has no clip 99" in gone.err) == (3, True)
    assert trained("render", f"people#{prepared['frames']}", "-o", "none.png").code == 3
    not_one = trained("interpolate", "people#clip1", "people#9")
    assert (not_one.code, "'people#clip1' is a whole clip" in not_one.err) == (4, True)
    assert "people#0" in not_one.err
    trained("prepare", "lines", "--size", "16", "--train-count", "8", "--test-count", "4")
    images = trained("render", "lines#clip0", "-o", "none.gif")
    assert (images.code, "lines:v1 has no clips." in images.err) == (3, True)
    whole = trained("train", "people#3")
    assert (whole.code, "a whole dataset is wanted" in whole.err) == (2, True)


def test_the_picture_of_a_sample_is_that_of_the_sample(trained, tmp_path):
    pose = Store(tmp_path / "artifacts").get("poses").read("samples")[7]
    np.save(tmp_path / "seven.npy", pose[None])
    assert trained("render", "poses#7", "-o", "a.png").code == trained("render", "seven.npy", "-o", "b.png").code == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
