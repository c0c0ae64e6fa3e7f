"""Images that a model draws, by the metrics of poses: from the prior or a fitted density, from files; and lines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from stages.turntables import publish_pictures

from posectl.core.latent.densities import fitted_gaussian
from posectl.core.latent.paths import between
from posectl.core.latent.priors import NORMAL, sample_codes
from posectl.core.random import generator
from posectl.errors import InvalidInputError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.artifacts.model import load_model
from posectl.stages.comparison.scores import heading
from posectl.stages.evaluate import evaluate
from posectl.stages.evaluation.subjects import open_subject
from posectl.stages.options import EvaluateOptions, PlotOptions, SampleOptions, TrainOptions
from posectl.stages.plot import plot
from posectl.stages.prepare import prepare
from posectl.stages.run import Run
from posectl.stages.sample import sample
from posectl.stages.train import train

FEW = EvaluateOptions(random_pairs=6, random_steps=5, samples=12, recall_samples=14, recall_targets=20, k=2)
DRAWN = ("draw_distance", "precision_distance", "recall_distance", "prdc")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = Run(store=tmp_path_factory.mktemp("store") / "artifacts")
    publish_pictures(run)
    prepare(run, "lines", options={"train_count": 40, "test_count": 30, "size": 16})
    for name, data in (("ae", "lines"), ("of-pictures", "pictures")):
        train(replace(run, name=name), data, TrainOptions(steps=3, net="mlp", set=("mlp.widths=16",), latent=4))
    return run


def decoded(run, codes, model="ae"):
    return load_model(run, run.artifacts.get(model)).decode(codes)


def euclidean(a, b):
    return np.linalg.norm(a.flatten(1).double().numpy()[:, None] - b.flatten(1).double().numpy(), axis=-1)


def test_draws_of_the_prior_are_measured_against_the_ten_thousand_lines(run):
    inputs = open_subject(run, "ae", None, FEW).inputs
    draws = decoded(run, sample_codes(NORMAL, 12, 4, generator(run.seed, "evaluate/samples")))
    assert torch.equal(inputs.get("samples"), draws)
    lines = inputs.get("reference")
    assert len(lines) == 10_000
    scores = evaluate(run, "ae", None, replace(FEW, metrics=DRAWN)).figures["scores"]
    a, b = (each.flatten(1).double() for each in (draws, lines))
    cosine = 1 - (a / a.norm(dim=1, keepdim=True)) @ (b / b.norm(dim=1, keepdim=True)).T
    assert scores["draw_distance"]["mean"] == pytest.approx(cosine.amin(1).mean().item(), rel=1e-6)
    assert scores["draw_distance"]["distance"] == "cosine"
    assert scores["precision_distance"]["mean"] == pytest.approx(euclidean(draws, lines).min(1).mean(), rel=1e-6)
    targets, crowd = inputs.get("recall_targets"), inputs.get("recall_samples")
    assert (len(targets), len(crowd)) == (20, 14)
    assert scores["recall_distance"]["mean"] == pytest.approx(euclidean(targets, crowd).min(1).mean(), rel=1e-6)
    assert scores["recall_distance"]["among"] == 14


def test_true_lines_drawn_are_at_no_distance_and_as_precise_as_can_be(run):
    lines = open_subject(run, "ae", None, FEW).inputs.get("reference").numpy()[::40]
    options = replace(FEW, metrics=DRAWN, shape="samples", recall_targets=10_000)
    score = evaluate(run, lines, "lines", options).figures["scores"]
    assert score["draw_distance"]["maximum"] == pytest.approx(0, abs=1e-6)
    assert score["precision_distance"]["maximum"] == pytest.approx(0, abs=1e-6)
    assert score["prdc"]["precision"]["mean"] == 1
    assert score["prdc"]["recall"]["mean"] > 0.99


def test_beside_real_images_stand_those_of_the_test_alone(run):
    scores = evaluate(run, "of-pictures", None, replace(FEW, metrics=DRAWN[1:], k=1)).figures["scores"]
    data = StoredDataset(run.artifacts.get("pictures"))
    draws = open_subject(run, "of-pictures", None, FEW).inputs.get("samples")
    for name, real in (("mean", data.samples), ("test", data.test)):
        found = scores["precision_distance"][name]
        found = found if name == "mean" else found["mean"]
        assert found == pytest.approx(euclidean(draws, torch.from_numpy(real)).min(1).mean(), rel=1e-6)
    assert {"mean", "test"} <= scores["recall_distance"].keys()


def test_a_gaussian_is_fitted_to_the_codes_of_training_samples(run):
    data, model = StoredDataset(run.artifacts.get("lines")), load_model(run, run.artifacts.get("ae"))
    density = fitted_gaussian(NORMAL, model.encode(torch.from_numpy(data.train)))
    evaluation = open_subject(run, "ae", None, replace(FEW, draws="gaussian"))
    drawn = sample_codes(density, 12, 4, generator(run.seed, "evaluate/samples"))
    assert torch.equal(evaluation.inputs.get("samples"), model.decode(drawn))
    assert evaluation.protocol["draws"] == "gaussian"
    made = sample(run, "ae", SampleOptions(count=9, draws="gaussian")).artifact
    drawn = sample_codes(density, 9, 4, generator(run.seed, "sample"))
    np.testing.assert_array_equal(made.read("codes"), drawn.numpy())
    np.testing.assert_array_equal(made.read("samples"), model.decode(drawn).numpy())


def test_the_heading_tells_fitted_draws_from_those_of_the_prior(run):
    named = [
        heading(run, evaluate(run, "ae", None, replace(FEW, metrics=DRAWN, draws=draws)).artifact)
        for draws in ("prior", "gaussian")
    ]
    assert named == ["plain, d=4", "plain, d=4, gaussian samples"]


def test_a_samples_artifact_is_scored_as_it_is(run):
    made = sample(run, "ae", SampleOptions(count=30)).artifact
    images = torch.from_numpy(made.read("samples"))
    score = evaluate(run, made.ref, None, replace(FEW, metrics=DRAWN)).figures["scores"]
    lines = open_subject(run, "ae", None, FEW).inputs.get("reference")
    assert score["precision_distance"]["mean"] == pytest.approx(euclidean(images, lines).min(1).mean(), rel=1e-6)
    assert score["precision_distance"]["count"] == 30


@pytest.mark.parametrize("shape", [(6, 1, 16, 16), (6, 16, 16), (2, 3, 1, 16, 16)])
def test_a_file_is_taken_for_samples_if_it_is_said_to_be(run, tmp_path, shape):
    np.save(tmp_path / "theirs.npy", np.full(shape, -0.5, np.float32))
    score = evaluate(run, str(tmp_path / "theirs.npy"), "lines", replace(FEW, metrics=DRAWN, shape="samples"))
    assert score.figures["scores"]["draw_distance"]["count"] == 6


def test_two_channels_are_no_image(run, tmp_path):
    np.save(tmp_path / "theirs.npy", np.zeros((6, 2, 16, 16), np.float32))
    with pytest.raises(InvalidInputError, match="1 or 3 channels"):
        evaluate(run, str(tmp_path / "theirs.npy"), "lines", replace(FEW, shape="samples"))


def test_convexity_is_of_the_codes_between_random_test_images_among_training_codes(run):
    inputs = open_subject(run, "ae", None, replace(FEW, recall_targets=10_000)).inputs
    model = load_model(run, run.artifacts.get("ae"))
    ends = inputs.get("random_ends").images
    paths = between(model.encode(ends[:, 0]), model.encode(ends[:, 1]), 5, "lerp")
    assert torch.equal(inputs.get("path_codes"), paths)
    torch.testing.assert_close(model.decode(paths.flatten(0, 1)).view(6, 5, 1, 16, 16), inputs.get("random_paths"))
    train = StoredDataset(run.artifacts.get("lines")).train
    real = inputs.get("real_samples")
    assert {each.tobytes() for each in real.numpy()} == {each.tobytes() for each in train}
    assert torch.equal(inputs.get("real_codes"), model.encode(real))
    result = evaluate(run, "ae", None, replace(FEW, metrics=("convexity", "distances")))
    assert result.artifact.read("convexity/mean").shape == (5,)
    convexity = result.figures["scores"]["convexity"]
    assert (convexity["k"], convexity["among"]) == (2, 20)


def test_convexity_is_drawn_over_alpha(run, tmp_path):
    made = evaluate(run, "ae", None, replace(FEW, metrics=("convexity",))).artifact
    line = plot(run, [made.ref], tmp_path / "c.png", PlotOptions(kind="convexity"))["figure"].axes[0].lines[0]
    np.testing.assert_allclose(line.get_xdata(), np.arange(5) / 4)
    np.testing.assert_array_equal(line.get_ydata(), made.read("convexity/mean"))
    assert line.get_ydata()[1:-1].mean() == pytest.approx(made.summary["scores"]["convexity"]["mean"])
    without = evaluate(run, "ae", None, replace(FEW, metrics=("prdc",))).artifact
    with pytest.raises(InvalidInputError, match="hold convexity"):
        plot(run, [without.ref], tmp_path / "d.png", PlotOptions(kind="convexity"))
