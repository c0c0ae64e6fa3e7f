"""A kind of sample registered from outside goes the whole way, with no file of posectl changed."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import posectl
from posectl.core.kinds import KINDS
from posectl.core.metrics import INPUTS, METRICS
from posectl.core.objectives import OBJECTIVES
from posectl.data.readers import READERS
from posectl.stages.drawing.drawings import DRAWINGS
from posectl.stages.identity import code_of
from posectl.store import Store

HERE = Path(__file__).parent
REGISTERED = {
    KINDS: ["curves"], READERS: ["waves"], METRICS: ["code_drift"], INPUTS: ["recoded_paths"], OBJECTIVES: ["flat"],
    DRAWINGS: ["curves"],
}  # fmt: skip


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    importlib.reload(importlib.import_module("plugin.curves"))
    yield posectl.open(tmp_path_factory.mktemp("curves") / "artifacts", quiet=True)
    for registry, names in REGISTERED.items():
        for name in names:
            registry.unregister(name)


@pytest.fixture(scope="module")
def model(lab):
    data = lab.prepare("waves", count=60)
    return lab.train(data, reg={"flat": 0.01}, latent=3, steps=300, batch=16, set="mlp.widths=32")


def test_what_is_prepared_says_what_it_is(lab, model):
    data = lab["waves"]
    assert data.samples.shape == (60, 24)
    assert data.artifact.arrays()["samples"].dims == ("sample", "time")
    assert dict(data.figures["rows"])["curves"] == "60: 45 train, 15 test"


def test_the_test_error_is_the_mean_square_in_float64(lab, model):
    test = lab["waves"].test.astype(np.float64)
    rebuilt = model.decode(model.encode(lab["waves"].test)).astype(np.float64)
    assert model.figures["test_error"] == pytest.approx(np.square(rebuilt - test).mean(), rel=1e-5)
    assert model.figures["test_error"] < 0.5 * test.var()


def test_generic_metrics_are_those_of_root_mean_squares(lab, model):
    scores = lab.evaluate(
        model, endpoints=5, steps=7, random_pairs=6, samples=30, recall_samples=30, recall_targets=20, k=2
    )
    expected = {"anci", "smoothness_ratio", "path_length_ratio", "monotonicity", "mean_distance", "precision_distance",
                "recall_distance", "prdc", "reconstruction_mse", "code_drift", "convexity", "distances", "prior_mmd",
                "speed_peak"}  # fmt: skip
    assert set(scores) == expected
    assert scores["mean_distance"]["unit"] == "V"
    drawn, real = model.sample(30, seed=0), lab["waves"].samples
    alone = posectl.metrics.precision_distance(drawn, real, kind="curves")["mean"]
    gaps = np.linalg.norm(drawn[:, None].astype(np.float64) - real[None], axis=-1)
    assert alone == pytest.approx(gaps.min(1).mean(), rel=1e-12)


def test_a_straight_path_has_the_figures_of_one(lab, model):
    a, b = lab["waves"].samples[:2]
    alpha = np.linspace(0, 1, 9)[:, None]
    straight = ((1 - alpha) * a + alpha * b)[None].astype(np.float64)
    assert posectl.metrics.anci(straight, kind="curves")["mean"] == pytest.approx(1, abs=1e-12)
    assert lab.evaluate(straight)["smoothness_ratio"]["mean"] == pytest.approx(1, abs=1e-9)


def test_paths_are_published_and_drawn(lab, model, tmp_path):
    path = lab.interpolate("waves#0", "waves#1", model=model, steps=6)
    np.testing.assert_array_equal(path.array[0], model.interpolate(*lab["waves"].samples[:2], steps=6))
    assert lab.render(path).frames == 6
    lab.render(path, tmp_path / "path.png")
    assert (tmp_path / "path.png").stat().st_size > 0


def test_it_stacks_in_a_sweep(lab, model):
    swept = lab.sweep("waves", reg="flat", lam=[0.0, 0.1], latent=3, steps=5, batch=16, set="mlp.widths=8")
    assert [row["lam"] for row in swept.replicas] == [[0.0], [0.1]]


def test_its_code_counts(lab, model):
    modules = ("plugin.curves", "posectl.core.nets.mlp")
    assert "plugin.curves" in code_of("train", modules)
    assert Store(lab.store.path).get("flat").key == model.artifact.key


def test_another_process_knows_it_by_the_environment(tmp_path):
    run = [sys.executable, "-m", "posectl", "prepare", "waves", "--count", "12", "--damped"]
    env = {**os.environ, "POSECTL_PLUGINS": "curves", "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parents[1]}"}
    done = subprocess.run(run, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "waves:v1\n"
    assert Store(tmp_path / "artifacts").get("waves").arrays()["samples"].shape == (12, 24)
