"""Attribute vectors and sums of codes: what they are fitted on, what moves along them are, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from stages.turntables import publish_turntable

from posectl.core.kinds import KINDS
from posectl.core.latent.paths import slerp
from posectl.core.latent.priors import onto_sphere
from posectl.data.dataset import TEST, TRAIN, Dataset
from posectl.errors import InvalidInputError, UsageError
from posectl.stages.apply_attribute import apply_attribute
from posectl.stages.arithmetic import arithmetic, parse
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.labels import known_labels, read_label
from posectl.stages.artifacts.model import load_model
from posectl.stages.evaluate import evaluate
from posectl.stages.fit_attribute import fit_attribute
from posectl.stages.options import ApplyOptions, AttributeOptions, EvaluateOptions, TrainOptions
from posectl.stages.prepare import prepare, write
from posectl.stages.run import Run
from posectl.stages.train import train

SMALL = TrainOptions(steps=20, net="mlp", set=("mlp.widths=16",), latent=4)


def publish_clips(run: Run, name: str, words: dict[str, list[str]], poses: np.ndarray, fps: float = 10.0) -> None:
    """Clips of 4 poses each, the last of them in test, with these columns."""
    count = len(poses) // 4
    columns = {
        "start": 4 * np.arange(count), "length": np.full(count, 4), "fps": np.full(count, fps, np.float32),
        **{key: np.array(column) for key, column in words.items()},
    }  # fmt: skip
    split = np.where(np.arange(len(poses)) % 4 == 3, TEST, TRAIN).astype(np.uint8)
    clip = np.repeat(np.arange(count, dtype=np.int32), 4)
    with run.artifacts.draft("dataset", name) as draft:
        write(draft, Dataset(poses, split, {"clip": clip}, columns), KINDS.get("poses"))
        draft.record(about={"kind": "poses", "up": "+y"})
        draft.publish()


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Run:
    """A store with mannequins, a turntable, a few labelled clips, and a small model of each."""
    told: list[str] = []
    run = Run(store=tmp_path_factory.mktemp("store") / "artifacts", threads=1, tell=told.append)
    prepare(replace(run, name="people"), "mannequin", options={"subjects": 3, "seconds": 0.5})
    train(replace(run, name="round"), "people", SMALL)
    train(replace(run, name="flat"), "people", replace(SMALL, prior="normal"))
    publish_turntable(run, "table", objects=2)
    train(replace(run, name="hands"), "table", SMALL)
    poses = StoredDataset(run.artifacts.get("people")).samples[:16]
    names = ["dataset-1_bow_angry_001", "dataset-1_run_angry_001", "dataset-1_run_sad_001", "take"]
    words = {"name": names, "action": ["bow", "run", "run", "run"], "subject": [""] * 4, "mood": ["a"] * 4}
    publish_clips(run, "clips", words, poses)
    train(replace(run, name="ofclips"), "clips", SMALL)
    return run


def codes_of(run: Run, model: str, dataset: str) -> np.ndarray:
    autoencoder = load_model(run, run.artifacts.get(model))
    return autoencoder.encode(torch.from_numpy(StoredDataset(run.artifacts.get(dataset)).samples)).double().numpy()


def fit(run: Run, model: str, *labels: str, by: str = "least-squares"):
    return fit_attribute(run, model, AttributeOptions(labels=labels, by=by)).artifact


def test_the_mean_of_the_training_samples_with_a_class_less_that_of_those_without(made):
    held = fit(made, "flat", "action", by="means")
    data = StoredDataset(made.artifacts.get("people"))
    walks = data.known("clips/action")[data.known("clip")] == "walk"
    codes, train_rows = codes_of(made, "flat", "people"), data.split == TRAIN
    expected = codes[walks & train_rows].mean(0) - codes[~walks & train_rows].mean(0)
    place = [each["name"] for each in held.about["attributes"]].index("action=walk")
    np.testing.assert_allclose(held.read("directions")[place], expected, atol=1e-6)
    assert [parent.ref for parent in held.parents] == ["flat:v1", "people:v1"]


def test_a_number_counts_by_its_standard_deviation(made):
    held = fit(made, "flat", "phase", by="means")
    data = StoredDataset(made.artifacts.get("people"))
    rows = data.split == TRAIN
    phase = data.known("phase")[rows].astype(float)
    slope = np.polyfit(phase, codes_of(made, "flat", "people")[rows], 1)[0]
    np.testing.assert_allclose(held.read("directions")[0], slope * phase.std(), atol=1e-6)


def test_a_factor_that_goes_round_is_its_cosine_and_its_sine(made):
    held = fit(made, "hands", "azimuth", "object")
    assert [each["name"] for each in held.about["attributes"]] == ["azimuth.cos", "azimuth.sin", "object=0", "object=1"]
    data = StoredDataset(made.artifacts.get("table"))
    rows = data.split == TRAIN
    turn = np.deg2rad(data.known("azimuth")[rows])
    design = np.column_stack([np.ones(rows.sum()), np.cos(turn), np.sin(turn), data.known("object")[rows]])
    fitted = np.linalg.lstsq(design, codes_of(made, "hands", "table")[rows], rcond=None)[0]
    np.testing.assert_allclose(held.read("directions")[0], fitted[1] * np.cos(turn).std(), atol=1e-6)
    np.testing.assert_allclose(held.read("directions")[3], fitted[3], atol=1e-6)


def test_the_same_fit_is_found_again_and_another_method_is_another(made):
    first, again = (fit_attribute(made, "flat", AttributeOptions(("action",))) for _ in range(2))
    assert again.reused
    assert again.ref == first.ref
    assert fit(made, "flat", "action", by="means").ref != first.ref


def test_style_is_told_by_the_names_of_clips(made):
    data = StoredDataset(made.artifacts.get("clips"))
    label = read_label(data, "style")
    assert label.values[::4].tolist() == ["angry", "angry", "sad", ""]
    told: list[str] = []
    held = fit(replace(made, tell=told.append), "ofclips", "style")
    assert [each["name"] for each in held.about["attributes"]] == ["style=angry", "style=sad"]
    assert told == ["3 of 12 training samples, whose labels are unknown, are left out."]


def test_speed_is_the_distance_over_the_time_and_height_is_along_the_vertical(tmp_path):
    run = Run(store=tmp_path / "artifacts")
    poses = np.random.default_rng(0).normal(size=(8, 17, 3)).astype(np.float32)
    poses[:4] = poses[0] + np.arange(4, dtype=np.float32)[:, None, None] * np.float32([0.3, 0, 0.4])
    publish_clips(run, "moving", {"name": ["a", "b"], "action": ["", ""], "subject": ["", ""]}, poses, fps=20)
    data = StoredDataset(run.artifacts.get("moving"))
    np.testing.assert_allclose(read_label(data, "speed").values[:4], 0.5 * 20, rtol=1e-5)
    np.testing.assert_allclose(read_label(data, "height:Head").values, poses[:, 10, 1], atol=1e-6)
    assert "height:Hip" not in known_labels(data)  # which is 0


def test_a_move_on_the_sphere_is_brought_back_onto_it(made):
    held = fit(made, "round", "action")
    walk = [each["name"] for each in held.about["attributes"]].index("action=walk")
    moved = apply_attribute(made, held.ref, ["people#3", "people#40"], ApplyOptions("walk", (3.0,))).artifact
    codes = torch.from_numpy(codes_of(made, "round", "people")[[3, 40]]).float()
    expected = onto_sphere(codes + 3 * torch.from_numpy(held.read("directions")[walk]))
    np.testing.assert_allclose(moved.read("codes"), expected, atol=1e-6)
    decoded = load_model(made, made.artifacts.get("round")).decode(expected)
    np.testing.assert_allclose(moved.read("samples"), decoded, atol=1e-5)


def test_a_path_of_amounts_on_the_sphere_is_the_arc_from_the_first_to_the_last(made):
    held = fit(made, "round", "action")
    walk = [each["name"] for each in held.about["attributes"]].index("action=walk")
    result = apply_attribute(made, held.ref, ["people#3"], ApplyOptions("action=walk", (-2.0, 4.0), 5))
    code = torch.from_numpy(codes_of(made, "round", "people")[[3]]).float()
    first, last = (onto_sphere(code + x * torch.from_numpy(held.read("directions")[walk])) for x in (-2, 4))
    arc = slerp(first, last, torch.linspace(0, 1, 5)[:, None])
    decoded = load_model(made, made.artifacts.get("round")).decode(arc)
    np.testing.assert_allclose(result.artifact.read("paths")[0], decoded, atol=1e-5)
    scores = evaluate(made, result.ref, None, EvaluateOptions(metrics=("path_length_ratio",))).figures["scores"]
    assert scores["path_length_ratio"]["count"] == 1


def test_a_path_of_amounts_elsewhere_is_straight_and_even(made):
    held = fit(made, "flat", "phase")
    path = apply_attribute(made, held.ref, ["people#3"], ApplyOptions(None, (-1.0, 1.0), 3)).artifact
    code = torch.from_numpy(codes_of(made, "flat", "people")[[3]]).float()
    direction = torch.from_numpy(held.read("directions"))
    decoded = load_model(made, made.artifacts.get("flat")).decode(torch.cat([code - direction, code, code + direction]))
    np.testing.assert_allclose(path.read("paths")[0], decoded, atol=1e-5)


def test_samples_are_added_and_subtracted_by_their_codes(made):
    total = arithmetic(made, "people#3 - people#9 + people#12", "round").artifact
    codes = torch.from_numpy(codes_of(made, "round", "people")).float()
    expected = onto_sphere(codes[[3]] - codes[[9]] + codes[[12]])
    np.testing.assert_allclose(total.read("codes"), expected, atol=1e-6)
    np.testing.assert_array_equal(total.read("terms"), StoredDataset(made.artifacts.get("people")).samples[[3, 9, 12]])


def test_the_signs_are_part_of_the_work(made):
    plus, minus = (arithmetic(made, f"people#3 {sign} people#9", "flat") for sign in "+-")
    assert plus.ref != minus.ref
    assert arithmetic(made, "people#3 + people#9", "flat").ref == plus.ref


def test_operators_stand_between_blanks():
    assert parse("a-b#3 - c#1  +\td") == ([1.0, -1.0, 1.0], ["a-b#3", "c#1", "d"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no + or -"),
        ("poses#3", "holds no + or -"),
        ("poses#3-poses#4", "holds no + or -"),
        ("poses#3 -", "ends with '-'"),
        ("- poses#3", "at the beginning"),
        ("poses#3 + - poses#4", "'-' stands after '+'"),
        ("poses#3 poses#4 + poses#5", "'poses#4' stands after 'poses#3'"),
        ("poses#3 * poses#4", "'*' stands after 'poses#3'"),
    ],
)
def test_what_does_not_parse_is_refused(text, words):
    with pytest.raises(UsageError) as told:
        parse(text)
    assert words in told.value.message
    assert "posectl arithmetic" in told.value.hint


def test_samples_of_two_datasets_are_not_added(made):
    with pytest.raises(InvalidInputError, match="several datasets: clips:v1, people:v1"):
        arithmetic(made, "people#3 - clips#1", "flat")


def test_codes_that_cancel_out_have_no_place_on_the_sphere(made):
    with pytest.raises(InvalidInputError, match="cancel out"):
        arithmetic(made, "people#3 - people#3", "round")
    assert not arithmetic(made, "people#3 - people#3", "flat").artifact.read("codes").any()


@pytest.mark.parametrize(
    ("labels", "error", "words"),
    [
        ((), UsageError, "No label was named"),
        (("gait",), UsageError, "Nothing called 'gait'"),
        (("mood",), InvalidInputError, "mood is a in all 12 training samples of clips:v1"),
        (("subject",), InvalidInputError, "subject is unknown of every training sample"),
    ],
)
def test_labels_that_tell_nothing_are_refused(made, labels, error, words):
    with pytest.raises(error, match=words):
        fit(made, "ofclips", *labels)


def test_an_unknown_attribute_is_refused_and_one_of_several_must_be_named(made):
    held = fit(made, "flat", "action")
    with pytest.raises(UsageError, match="no attribute 'wlak'") as told:
        apply_attribute(made, held.ref, ["people#3"], ApplyOptions("wlak"))
    assert "'walk'" in told.value.hint
    with pytest.raises(UsageError, match="none was named"):
        apply_attribute(made, held.ref, ["people#3"])


@pytest.mark.parametrize("amount", [(), (1.0, 2.0, 3.0), (1.0, 1.0), (float("nan"),)])
def test_an_amount_is_one_number_or_two(made, amount):
    with pytest.raises(UsageError, match=r"amount|nowhere"):
        apply_attribute(made, fit(made, "flat", "phase").ref, ["people#3"], ApplyOptions(amount=amount))


def test_labels_that_train_and_test_do_not_share_cannot_be_scored(made):
    with pytest.raises(InvalidInputError, match="people:v1 does not show two classes of subject in both") as told:
        evaluate(made, fit(made, "flat", "subject").ref)
    assert "--split clips" in told.value.hint


def test_moves_along_an_attribute_are_scored_on_test_samples(made, monkeypatch):
    monkeypatch.setenv("POSECTL_QUICK", "1")
    held = fit(made, "hands", "object", "azimuth")
    result = evaluate(made, held.ref)
    scores = result.figures["scores"]["entanglement"]
    assert scores["attributes"] == ["object=0", "object=1", "azimuth.cos", "azimuth.sin"]
    assert result.artifact.read("entanglement/matrix").shape == (4, 4)
    assert set(scores["accuracy"]["by_label"]) == {"object", "azimuth"}
    assert {(parent.role, parent.ref) for parent in result.artifact.parents} == {
        ("attribute", held.ref), ("reference", "table:v1"),
    }  # fmt: skip
