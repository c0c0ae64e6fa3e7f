"""Mean, precision and recall distance: which set is searched, in which distance, and what a collapse looks like."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
import torch
from core.metrics.known_paths import POSES, randn

from posectl.core.metrics.mean_distance import mean_distance
from posectl.core.metrics.precision_distance import precision_distance
from posectl.core.metrics.recall_distance import recall_distance


def brute(queries: torch.Tensor, reference: torch.Tensor, search: str) -> np.ndarray:
    gap = queries.double().numpy()[:, None] - reference.double().numpy()[None]
    if search == "l2":
        return np.sqrt((gap**2).sum((-1, -2))).min(1)
    return np.linalg.norm(gap, axis=-1).mean(-1).min(1)


def assert_summarises(score: dict, distances: np.ndarray, compat: str | None) -> None:
    median = statistics.median_low if compat == "naayem" else statistics.median
    assert score["mean"] == pytest.approx(distances.mean(), rel=1e-12)
    assert score["variance"] == pytest.approx(distances.var(ddof=1), rel=1e-9)
    assert score["median"] == pytest.approx(median(distances.tolist()), rel=1e-12)
    assert (score["count"], score["unit"]) == (len(distances), "m")


@pytest.mark.parametrize("compat", [None, "naayem"])
def test_mean_distance_is_euclidean_over_the_flattened_pose(compat: str | None) -> None:
    paths, reference = randn(6, 5, 17, 3).float(), randn(40, 17, 3, seed=1).float()
    score = mean_distance(paths, reference, POSES, compat=compat)
    assert_summarises(score, brute(paths.flatten(0, 1), reference, "l2"), compat)
    assert score["distance"] == "l2"


@pytest.mark.parametrize(("compat", "search"), [(None, "mpjpe"), ("naayem", "l2")])
def test_precision_looks_for_each_sample_among_the_real(compat: str | None, search: str) -> None:
    samples, reference = randn(30, 17, 3).float(), randn(41, 17, 3, seed=1).float()
    score = precision_distance(samples, reference, POSES, compat=compat)
    assert_summarises(score, brute(samples, reference, search), compat)
    assert score["distance"] == search


@pytest.mark.parametrize(("compat", "search"), [(None, "mpjpe"), ("naayem", "l2")])
def test_recall_looks_for_each_real_pose_among_the_generated(compat: str | None, search: str) -> None:
    generated, targets = randn(41, 17, 3).float(), randn(30, 17, 3, seed=1).float()
    score = recall_distance(generated, targets, POSES, compat=compat)
    assert_summarises(score, brute(targets, generated, search), compat)
    assert score["distance"] == search


def test_a_centimetre_off_is_a_centimetre_a_joint_and_root_17_of_them_in_l2() -> None:
    real = randn(20, 17, 3)
    fake = real + torch.tensor([0.0, 0.006, 0.008], dtype=torch.float64)
    assert precision_distance(fake, real, POSES)["mean"] == pytest.approx(0.01, rel=1e-9)
    assert recall_distance(fake, real, POSES)["mean"] == pytest.approx(0.01, rel=1e-9)
    in_l2 = pytest.approx(0.01 * math.sqrt(17), rel=1e-9)
    assert precision_distance(fake, real, POSES, compat="naayem")["mean"] == in_l2
    assert recall_distance(fake, real, POSES, compat="naayem")["mean"] == in_l2
    assert mean_distance(fake[None], real, POSES)["mean"] == in_l2


def test_a_collapsed_generator_is_precise_and_recalls_little() -> None:
    real = randn(50, 17, 3)
    collapsed = real[:1].expand(50, 17, 3)
    assert precision_distance(collapsed, real, POSES)["maximum"] == 0
    recall = recall_distance(collapsed, real, POSES)
    assert recall["minimum"] == 0
    assert recall["mean"] == pytest.approx(np.linalg.norm(real - real[0], axis=-1).mean(), rel=1e-12)


def test_beside_each_stands_the_score_by_test_samples_alone_and_changes_nothing() -> None:
    paths, real, test = randn(6, 5, 17, 3).float(), randn(40, 17, 3, seed=1).float(), randn(9, 17, 3, seed=2).float()
    for score, alone, against_test in (
        (mean_distance(paths, real, POSES, test_reference=test), mean_distance(paths, real, POSES),
         brute(paths.flatten(0, 1), test, "l2")),
        (precision_distance(paths[0], real, POSES, test_reference=test), precision_distance(paths[0], real, POSES),
         brute(paths[0], test, "mpjpe")),
        (recall_distance(paths[0], real, POSES, test_targets=test), recall_distance(paths[0], real, POSES),
         brute(test, paths[0], "mpjpe")),
    ):  # fmt: skip
        assert_summarises(score.pop("test"), against_test, None)
        assert score == alone
