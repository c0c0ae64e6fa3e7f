"""Images through evaluate: perfect paths, false ones, files, models, and what each allows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from stages.turntables import publish_pictures, publish_turntable

from posectl.core.metrics import classifier_accuracy as probe
from posectl.data.synthetic import pole
from posectl.errors import InvalidInputError, UsageError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.model import load_model
from posectl.stages.compare import compare
from posectl.stages.evaluate import evaluate
from posectl.stages.options import EvaluateOptions, TrainOptions
from posectl.stages.prepare import prepare
from posectl.stages.run import Run
from posectl.stages.train import train

FEW = EvaluateOptions(random_pairs=6, random_steps=5, intervals=5, kmeans_restarts=3)
FACTORS = ("alpha_mse", "interval_mse", "alpha_retrieval", "factor_distance", "factor_monotonicity", "overshoot",
           "admissibility")  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = Run(store=tmp_path_factory.mktemp("store") / "artifacts")
    prepare(run, "pole", options={"size": 16, "grey": True})
    publish_turntable(run)
    publish_turntable(run, "one", objects=1)
    publish_pictures(run)
    return run


@pytest.fixture(scope="module")
def model(run):
    return train(replace(run, name="ae"), "one", TrainOptions(steps=3, net="mlp", set=("mlp.widths=16",), latent=4)).ref


def scores(run, subject, against=None, *metrics, **options):
    return evaluate(run, subject, against, replace(FEW, metrics=metrics, **options)).figures["scores"]


def test_a_perfect_pole_path_has_no_error_and_is_retrieved_exactly(run):
    result = evaluate(run, "baseline:perfect", "pole", replace(FEW, metrics=FACTORS))
    figures = result.figures["scores"]
    for name in ("alpha_mse", "interval_mse"):
        assert (figures[name]["mean"], figures[name]["maximum"]) == (0, 0), name
    assert figures["alpha_retrieval"]["maximum"] == pytest.approx(0, abs=1e-12)
    assert figures["admissibility"]["admissible"]["mean"] == 1
    read = result.artifact.read
    assert read("alpha_mse/mean").tolist() == [0] * 17
    # As published: errors on intervals of 80 degrees, alpha retrieved on those of 70, an image every 5.
    np.testing.assert_allclose(read("alpha_retrieval/alpha"), np.arange(15) / 14, atol=1e-12)
    np.testing.assert_allclose(read("alpha_retrieval/median"), read("alpha_retrieval/alpha"), atol=1e-12)
    np.testing.assert_allclose(read("alpha_retrieval/lower"), read("alpha_retrieval/upper"), atol=1e-12)
    asked = evaluate(run, "baseline:perfect", "pole", replace(FEW, metrics=("alpha_retrieval",), interval=30.0))
    assert len(asked.artifact.read("alpha_retrieval/alpha")) == 7
    protocols = [each.figures["protocol"] for each in (result, asked)]
    assert [(p["interval"], p["retrieval_interval"]) for p in protocols] == [(80, 70), (30, 30)]
    assert read("interval_mse/degrees").tolist() == list(range(15, 85, 5))


def test_extrapolations_are_held_against_the_true_images_beyond_the_ends(run):
    perfect = evaluate(run, "baseline:perfect", "pole", replace(FEW, metrics=("extrapolation_mse",)))
    assert perfect.figures["scores"]["extrapolation_mse"]["maximum"] == 0
    # 20 degrees before and behind 80, every 5: four images outside at either end.
    np.testing.assert_allclose(perfect.artifact.read("extrapolation_mse/alpha"), np.arange(-4, 21) / 16, atol=1e-7)
    faded = evaluate(run, "baseline:crossfade", "one", replace(FEW, metrics=("extrapolation_mse",), intervals=72))
    images = run.artifacts.get("one").read("samples").astype(np.float64)
    errors = []
    for first in range(72):
        for step in (-4, -3, -2, -1, 17, 18, 19, 20):
            alpha = step / 16
            made = (1 - alpha) * images[first] + alpha * images[(first + 16) % 72]
            errors.append(((made - images[(first + step) % 72]) ** 2).mean())
    assert faded.figures["scores"]["extrapolation_mse"]["mean"] == pytest.approx(np.mean(errors), rel=1e-5)


def test_the_wrong_way_round_is_seen_by_overshoot_and_by_the_factors(run):
    figures = scores(run, "baseline:wrong-way", "pole", *FACTORS)
    assert figures["overshoot"]["minimum"] > 1
    assert figures["alpha_mse"]["mean"] > 1e-3
    assert figures["admissibility"]["admissible"]["mean"] == 0
    # 280 degrees back in 16 steps of 17.5, found on a grid of 5: steps of 15 or 20, where 5 were even.
    assert figures["admissibility"]["smoothness"]["maximum"] == pytest.approx(4)


def test_the_error_of_a_cross_fade_equals_a_brute_force(run):
    result = evaluate(run, "baseline:crossfade", "one", replace(FEW, metrics=("alpha_mse",), intervals=72))
    images = run.artifacts.get("one").read("samples").astype(np.float64)
    alpha = np.linspace(0, 1, 17).astype(np.float32).astype(np.float64)
    curve = []
    for i, a in enumerate(alpha):
        fade = np.float32(1 - a) * images + np.float32(a) * np.roll(images, -16, 0)
        curve.append(((fade - np.roll(images, -i, 0)) ** 2).mean())
    np.testing.assert_allclose(result.artifact.read("alpha_mse/mean"), curve, rtol=1e-5, atol=1e-12)


def test_paths_of_any_system_are_held_against_a_dataset(run, tmp_path):
    degrees = 40 + np.linspace(0, 1, 11)[None] * np.array([[50.0], [-50.0]])
    flat = torch.from_numpy(degrees.ravel())
    right = pole.draw(flat, torch.full_like(flat, 60.0), size=16, colour=False).unflatten(0, (2, 11)).numpy()
    np.save(tmp_path / "right.npy", right[:, :, 0])
    fade = right[:, :1] + np.linspace(0, 1, 11)[None, :, None, None, None] * (right[:, -1:] - right[:, :1])
    np.save(tmp_path / "fade.npy", fade.astype(np.float32))
    figures = scores(run, str(tmp_path / "right.npy"), "pole")
    assert "interval_mse" not in figures
    assert figures["alpha_mse"]["mean"] == pytest.approx(0, abs=1e-12)
    assert figures["alpha_retrieval"]["mean"] == pytest.approx(0, abs=1e-12)
    assert figures["overshoot"]["mean"] == pytest.approx(1)
    faded = scores(run, str(tmp_path / "fade.npy"), "pole", "alpha_mse", "path_length_ratio")
    assert faded["alpha_mse"]["mean"] > 1e-3
    assert faded["path_length_ratio"]["mean"] == pytest.approx(1, abs=1e-5)


def test_a_file_of_a_turntable_has_truth_only_where_the_turntable_stopped(run, tmp_path):
    images = run.artifacts.get("turntable").read("samples")
    np.save(tmp_path / "some.npy", images[[80, 81, 83]][None])  # 40, 45 and 55 degrees; half-way is 47.5
    score = scores(run, str(tmp_path / "some.npy"), "turntable", "alpha_mse")["alpha_mse"]
    assert (score["count"], score["undefined"]) == (0, 1)
    np.save(tmp_path / "even.npy", images[[80, 81, 82]][None])
    assert scores(run, str(tmp_path / "even.npy"), "turntable", "alpha_mse")["alpha_mse"]["mean"] == 0


def test_a_model_gives_ground_for_every_metric_of_its_images(run, model):
    figures = scores(run, model)
    assert {*FACTORS, "reconstruction_mse", "mean_distance", "path_length_ratio", "smoothness"} <= set(figures)
    assert "classifier_accuracy" not in figures
    test = run.artifacts.get("one").read("split") == 1
    assert figures["reconstruction_mse"]["count"] == test.sum()
    assert figures["mean_distance"]["count"] == 6 * 5


def test_codes_of_labelled_images_are_told_apart(run):
    options = TrainOptions(steps=2, net="mlp", set=("mlp.widths=8",), latent=4)
    ref = train(replace(run, name="labelled"), "pictures", options).ref
    figures = scores(run, ref, None, "clustering_accuracy", "mean_distance")
    assert figures["clustering_accuracy"]["count"] == 10
    with pytest.raises(InvalidInputError, match="factors are known") as told:
        scores(run, ref, None, "alpha_mse")
    assert "prepare lines" in told.value.hint


def test_a_path_between_objects_is_in_no_space_of_factors(run):
    assert "overshoot" not in scores(run, "baseline:crossfade", "turntable", random_pairs=3)
    with pytest.raises(InvalidInputError, match="factors are known"):
        scores(run, "baseline:crossfade", "turntable", "factor_distance")


def test_two_objects_at_once_are_told_by_their_nearest_images(run):
    asked = replace(FEW, metrics=("object_switch",), random_pairs=40)
    result = evaluate(run, "baseline:switch", "turntable", asked)
    figures = result.figures["scores"]["object_switch"]
    # An abrupt switch keeps the object of two views of one, changes it once, and has the views of its ends alone.
    assert figures["kept"]["mean"] == 1
    assert (figures["switches"]["minimum"], figures["switches"]["maximum"]) == (1, 1)
    assert figures["kept"]["count"] + figures["switches"]["count"] == 40
    assert result.artifact.read("object_switch/last").tolist() == [0, 0, 1, 1, 1]
    perfect = scores(run, "baseline:perfect", "turntable", "object_switch", random_pairs=40)["object_switch"]
    assert perfect["kept"]["mean"] == 1
    # The views are stored every 5 degrees, so the true ones are at most 2.5 off the even turn.
    assert perfect["turn"]["maximum"] <= 2.5 < figures["turn"]["maximum"]


@pytest.mark.parametrize(
    ("subject", "against", "options", "kind", "word"),
    [
        ("baseline:crossfade", None, {}, UsageError, "--against"),
        ("baseline:fade", "one", {}, UsageError, "crossfade"),
        ("baseline:perfect", "pictures", {}, InvalidInputError, "prepare"),
        ("baseline:crossfade", "pictures", {"metrics": ("overshoot",)}, InvalidInputError, "factors"),
        ("baseline:crossfade", "one", {"metrics": ("reconstruction_mse",)}, InvalidInputError, "a model"),
        ("baseline:crossfade", "one", {"compat": "naayem"}, UsageError, "acai"),
        ("baseline:crossfade", "one", {"interval": 5.0}, UsageError, "10 to 175"),
        ("baseline:crossfade", "one", {"retrieval": "l3", "metrics": ("overshoot",)}, UsageError, "l2"),
        ("baseline:crossfade", "ae", {}, InvalidInputError, "dataset"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told(run, model, subject, against, options, kind, word):
    with pytest.raises(kind) as told:
        evaluate(run, subject, against, replace(FEW, **options))
    assert word in f"{told.value.message} {told.value.hint}"


def test_every_comparison_of_images_includes_the_cross_fade(run, model):
    figures = evaluate(run, model, None, replace(FEW, metrics=("alpha_mse", "reconstruction_mse"))).figures["scores"]
    table = compare(run, [model])
    assert [column.label for column in table.columns] == ["crossfade", "plain, d=4"]
    assert table.columns[1].scores["alpha_mse"] == figures["alpha_mse"]
    alone = scores(run, "baseline:crossfade", "one", "alpha_mse")["alpha_mse"]
    assert table.columns[0].scores == {"alpha_mse": alone}
    assert table.warnings == []
    assert compare(run, [model]).columns[0].ref == table.columns[0].ref  # found again, not made again


def test_a_real_turntable_is_its_own_truth(test_data, run):
    prepare(replace(run, name="coil"), "images", [test_data / "coil" / "coil100"], {"size": 16, "objects": ["5", "14"]})
    figures = scores(run, "baseline:perfect", "coil", "alpha_mse", "interval_mse", "alpha_retrieval", intervals=200)
    assert [figures[name]["maximum"] for name in figures] == [0, 0, pytest.approx(0, abs=1e-12)]
    assert figures["alpha_mse"]["count"] == 144 * 15
    faded = scores(run, "baseline:crossfade", "coil", "interval_mse", intervals=200)["interval_mse"]
    assert faded["minimum"] > 0


def test_as_published_a_vae_is_scored_from_draws_and_probed_before_its_means(run, monkeypatch):
    monkeypatch.setattr(probe, "PUBLISHED", probe.Fit(1e-2, 200))
    options = TrainOptions(reg=("vae",), steps=30, net="mlp", set=("mlp.widths=8",), latent=4)
    ref = train(replace(run, name="vae"), "pictures", options).ref
    metrics = ("mean_distance", "reconstruction_mse", "clustering_accuracy", "classifier_accuracy")
    means = scores(run, ref, None, *metrics)
    drawn = scores(run, ref, None, *metrics, sample_posterior=True)
    published = evaluate(run, ref, None, replace(FEW, metrics=metrics, compat="acai"))
    assert published.artifact.config["sample_posterior"]["value"] is True
    figures = published.figures["scores"]
    for name in metrics[:2]:
        assert figures[name]["mean"] == drawn[name]["mean"] != means[name]["mean"]
    # The layer reads what the means are made of: the first half of the encoder, whatever is drawn.
    data, model = StoredDataset(run.artifacts.get("pictures")), load_model(run, run.artifacts.get("vae"))
    labels, split = torch.from_numpy(data.known("label")).long(), torch.from_numpy(data.split)
    with torch.no_grad():
        read = [model.encoder[0](torch.from_numpy(some)[None])[0] for some in (data.train, data.test)]
    alone = probe.classifier_accuracy(read[0], labels[split == 0], read[1], labels[split == 1], 3, 0, compat="acai")
    assert figures["classifier_accuracy"] == alone


def test_the_test_images_alone_stand_beside_the_reference_unless_it_is_drawn(run):
    score = scores(run, "baseline:crossfade", "turntable", "mean_distance")["mean_distance"]
    assert score["test"]["mean"] > score["mean"]  # a part of the gallery is nowhere nearer
    prepare(run, "lines", options={"train_count": 8, "test_count": 8, "size": 16})
    assert "test" not in scores(run, "baseline:crossfade", "lines", "mean_distance")["mean_distance"]
