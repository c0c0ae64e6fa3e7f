"""Closed forms and brute force through the command line."""

import numpy as np
import pytest


def mean_joint(a, b):
    return np.sqrt(((a.astype(np.float64) - b) ** 2).sum(-1)).mean(-1)


def score(posectl, *args):
    done = posectl("evaluate", *args, "--json")
    assert done.code == 0, done.err
    return done.json["scores"]


@pytest.fixture
def straight(tmp_path, people):
    t = np.linspace(0, 1, 100)[None, :, None, None]
    paths = (1 - t) * people[:20, None].astype(np.float64) + t * people[200:220, None]
    np.save(tmp_path / "straight.npy", paths)
    return "straight.npy"


def test_a_straight_even_path_scores_one(posectl, straight):
    scores = score(posectl, straight)
    for name in ("anci", "smoothness_ratio", "path_length_ratio", "monotonicity"):
        assert scores[name]["mean"] == pytest.approx(1, abs=1e-9)
    assert scores["smoothness_ratio"]["undefined"] == 0


def test_the_published_protocol_gives_it_its_off_by_one(posectl, straight):
    assert score(posectl, straight, "--compat", "naayem")["anci"]["mean"] == pytest.approx(100 / 99, abs=1e-9)


def test_a_collapsed_sample_set_is_precise_and_recalls_little(posectl, tmp_path, people):
    rng = np.random.default_rng(0)
    noise = 1e-4 * rng.normal(size=(200, 17, 3))
    noise[:, 0] = 0
    np.save(tmp_path / "collapsed.npy", people[0] + noise)
    np.save(tmp_path / "real.npy", people)
    scores = score(posectl, "collapsed.npy", "--against", "real.npy")
    assert scores["prdc"]["precision"]["mean"] == 1
    assert scores["prdc"]["recall"]["mean"] < 0.05
    assert scores["precision_distance"]["mean"] < 1e-3
    assert scores["recall_distance"]["mean"] > 0.05


def test_random_arrays_equal_a_float64_brute_force(posectl, tmp_path):
    rng = np.random.default_rng(1)
    paths, samples, real = (0.3 * rng.normal(size=s) for s in ((6, 9, 17, 3), (80, 17, 3), (90, 17, 3)))
    real = real.astype(np.float32)
    for name, array in (("paths", paths), ("samples", samples), ("real", real)):
        np.save(tmp_path / f"{name}.npy", array)
    got = score(posectl, "paths.npy", "--against", "real.npy")
    steps = mean_joint(paths[:, 1:], paths[:, :-1])
    even = mean_joint(paths[:, 0], paths[:, -1]) / 8
    assert got["anci"]["mean"] == pytest.approx((steps / even[:, None]).mean(1).mean(), rel=1e-9)
    ratio = steps.max(1) / steps.min(1)
    assert got["smoothness_ratio"]["mean"] == pytest.approx(ratio.mean(), rel=1e-9)
    assert got["smoothness_ratio"]["variance"] == pytest.approx(ratio.var(ddof=1), rel=1e-9)
    assert got["smoothness_ratio"]["median"] == pytest.approx(np.median(ratio), rel=1e-9)
    flat = np.linalg.norm(paths.reshape(-1, 1, 51) - real.reshape(1, -1, 51).astype(np.float64), axis=-1).min(1)
    assert got["mean_distance"]["mean"] == pytest.approx(flat.mean(), rel=1e-6)

    got = score(posectl, "samples.npy", "--against", "real.npy")
    distance = mean_joint(samples[:, None], real[None])
    assert got["precision_distance"]["mean"] == pytest.approx(distance.min(1).mean(), rel=1e-6)
    assert got["recall_distance"]["mean"] == pytest.approx(distance.min(0).mean(), rel=1e-6)


def test_only_the_metrics_asked_for(posectl, straight):
    assert set(score(posectl, straight, "--metric", "anci,monotonicity")) == {"anci", "monotonicity"}


def test_a_metric_without_ground_says_what_it_lacks(posectl, straight):
    done = posectl("evaluate", straight, "--metric", "mean_distance")
    assert done.code == 4
    assert "reference" in done.err
    assert "--against" in done.err


def test_a_set_too_small_for_k_loses_prdc_alone(trained, tmp_path, people):
    np.save(tmp_path / "few.npy", people[:4])
    done = trained("evaluate", "few.npy", "--against", "poses", "--json")
    assert done.code == 0, done.err
    assert set(done.json["scores"]) == {"precision_distance", "recall_distance"}
    assert "prdc is left out: Balls of nearest neighbours with k = 5 need sets of more than 5 samples" in done.err
    assert "prdc" in trained("evaluate", "few.npy", "--against", "poses", "--k", "3", "--json").json["scores"]
    asked = trained("evaluate", "few.npy", "--against", "poses", "--metric", "prdc,precision_distance")
    assert (asked.code, "a smaller --k" in asked.err) == (4, True)
