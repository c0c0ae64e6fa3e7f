"""Shapes between and beyond others: the truth that is drawn, and the scores of mixes of points."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from posectl.core.metrics.cloud_distances import chamfer
from posectl.data.clouds import shapes
from posectl.errors import UsageError
from posectl.stages.artifacts.dataset import StoredDataset
from posectl.stages.evaluate import evaluate
from posectl.stages.evaluation import morphs as module
from posectl.stages.evaluation.morphs import STEPS, crossfade, matched, morphs_of, path_weights
from posectl.stages.options import EvaluateOptions, TrainOptions
from posectl.stages.prepare import prepare
from posectl.stages.run import Run
from posectl.stages.train import train

CPU = torch.device("cpu")
FEW = EvaluateOptions(intervals=6, clouds=8)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = Run(store=tmp_path_factory.mktemp("morphs"), threads=1, tell=lambda message: None)
    prepare(run, "shapes", options={"points": 256, "count": 20})
    return run


@pytest.fixture(scope="module")
def dataset(run):
    return StoredDataset(run.artifacts.get("shapes", "dataset"))


def rows_of(dataset, clouds):
    """The rows of the dataset that hold these very clouds."""
    return [int(np.flatnonzero((dataset.samples == cloud.numpy()).all((1, 2)))[0]) for cloud in clouds]


def at(dataset, row):
    return np.array([dataset.known(name)[row] for name in dataset.about.factors])


def test_the_truth_is_the_shape_at_the_factors_between(dataset, monkeypatch):
    asked = []

    def draw(name, factors, points, rng):
        asked.append((name, list(factors.values())))
        return np.zeros((points, 3))

    monkeypatch.setattr(module.shapes, "draw", draw)
    found = morphs_of(dataset, 5, 0, CPU)
    labels, names = dataset.known("label"), dataset.about.class_names
    for b, ends in enumerate(found.ends):
        first, last = rows_of(dataset, ends)
        assert first != last
        assert labels[first] == labels[last]
        assert (dataset.split[[first, last]] == 1).all()
        for t in range(STEPS):
            name, values = asked[b * STEPS + t]
            assert name == names[labels[first]]
            np.testing.assert_allclose(
                values, at(dataset, first) + t / (STEPS - 1) * (at(dataset, last) - at(dataset, first))
            )
    for (name, values), terms in zip(asked[5 * STEPS :], found.terms, strict=True):
        a, b, c = rows_of(dataset, terms)
        assert len({a, b, c}) == 3
        np.testing.assert_allclose(values, at(dataset, a) - at(dataset, b) + at(dataset, c))
        low, high = np.array(shapes.RANGES[name]).T
        assert ((values >= low) & (values <= high)).all()


def test_at_the_ends_the_truth_is_another_draw_of_the_same_shape(dataset):
    found = morphs_of(dataset, 6, 0, CPU)
    same = chamfer(found.between[:, [0, -1]], found.ends)
    others = chamfer(found.between[:, [-1, 0]], found.ends)
    assert same.max() < 3e-3  # 256 points on a surface of area one are some 0.03 from their nearest
    assert (same < others).all()
    assert torch.equal(found.between, morphs_of(dataset, 6, 0, CPU).between)


def test_mixes_by_hand():
    a = torch.tensor([[0.0, 0, 0], [1, 0, 0]])
    b = torch.tensor([[1.0, 0, 2], [0, 0, 2]])  # the same points, two up, in the other order
    terms, half = torch.stack([a, b])[None], torch.tensor([[0.5, 0.5]])
    assert crossfade(terms, half)[0, 0].tolist() == [[0.5, 0, 1], [0.5, 0, 1]]
    assert matched(terms, half)[0, 0].tolist() == [[0, 0, 1], [1, 0, 1]]
    assert path_weights()[[0, 2, -1]].tolist() == [[1, 0], [0.75, 0.25], [0, 1]]


def test_mixes_of_points_are_baselines(run):
    scores = {
        name: evaluate(run, f"baseline:{name}", "shapes", FEW).figures["scores"] for name in ("crossfade", "matched")
    }
    assert scores["crossfade"].keys() == {"alpha_chamfer", "algebra_chamfer"}
    for metric in ("alpha_chamfer", "algebra_chamfer"):
        assert scores["matched"][metric]["mean"] < scores["crossfade"][metric]["mean"]
    assert scores["crossfade"]["alpha_chamfer"]["count"] == 6 * (STEPS - 2)


def test_training_clouds_are_the_baseline_of_sets(run):
    figures = evaluate(run, "baseline:train", "shapes", FEW).figures
    scores = figures["scores"]
    assert scores.keys() == {"jsd", "matching_coverage", "minimum_matching_distance", "one_nearest_neighbour"}
    assert scores["one_nearest_neighbour"]["chamfer"]["count"] == 16
    assert figures["protocol"]["reference_clouds"] == 8


def test_a_model_is_scored_beside_them(run):
    model = train(run, "shapes", TrainOptions(steps=2, batch=4, latent=4, set=("cloud.width=0.1",)))
    scores = evaluate(run, model.ref, options=FEW).figures["scores"]
    wanted = {"alpha_chamfer", "algebra_chamfer", "jsd", "reconstruction_chamfer", "reconstruction_emd"}
    assert wanted <= scores.keys()
    # Distances of clouds element by element say nothing.
    assert not {"mean_distance", "precision_distance", "recall_distance", "prdc"} & scores.keys()


def test_unknown_baselines_are_refused(run):
    with pytest.raises(UsageError, match="no baseline 'blank' of clouds"):
        evaluate(run, "baseline:blank", "shapes", FEW)
