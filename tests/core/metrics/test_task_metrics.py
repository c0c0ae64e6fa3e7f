"""Scores of completion, inverse kinematics, denoising and generation, from closed forms and float64 brute force."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from posectl.core.kinds import KINDS
from posectl.core.metrics import better
from posectl.core.metrics.completion import completion
from posectl.core.metrics.denoising import denoising
from posectl.core.metrics.frechet import frechet_distance
from posectl.core.metrics.generation import generation, pose_features
from posectl.core.metrics.hypotheses import Recovered, average_pairwise_distance, bone_errors
from posectl.core.metrics.ik import ik
from posectl.data.skeleton import H36M17
from posectl.errors import TooFewError
from posectl.stages.comparison.scores import flat

HIDDEN = [11, 12, 13]


def random_poses(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, 17, 3, generator=torch.Generator().manual_seed(seed))


def recovered(count: int = 6, hypotheses: int = 10) -> Recovered:
    known = torch.ones(count, 17, dtype=torch.bool)
    known[:, HIDDEN] = False
    return Recovered(random_poses(count), known, random_poses(count, hypotheses, seed=1))


def test_errors_over_hypotheses_are_those_of_brute_force():
    each = recovered()
    scores = flat({"completion": completion({"arm": each}, H36M17.parents)})
    truth, made = each.truth.double().numpy(), each.poses.double().numpy()
    for part, joints in (("hidden", HIDDEN), ("seen", [j for j in range(17) if j not in HIDDEN])):
        errors = np.array([
            [np.mean([math.dist(truth[n, j], made[n, s, j]) for j in joints]) for s in range(10)] for n in range(6)
        ])  # fmt: skip
        expected = {part: errors[:, 0]}
        for count in (5, 10):
            expected |= {
                f"{part}_min{count}": errors[:, :count].min(1),
                f"{part}_mean{count}": errors[:, :count].mean(1),
                f"{part}_std{count}": errors[:, :count].std(1, ddof=1),
            }
        for name, values in expected.items():
            assert scores[f"completion.{name}.arm"]["mean"] == pytest.approx(values.mean(), rel=1e-12), name


def test_an_aligned_error_does_not_see_a_turn_of_the_whole_pose():
    each = recovered(hypotheses=1)
    turned = each.truth[:, None] @ torch.tensor([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    scores = completion({"arm": Recovered(each.truth, each.known, turned)}, H36M17.parents)
    assert scores["aligned"]["arm"]["mean"] == pytest.approx(0, abs=1e-6)
    assert scores["seen"]["arm"]["mean"] > 0.5
    assert scores["bones"]["arm"]["mean"] == pytest.approx(0, abs=1e-6)


def test_bones_count_by_how_much_too_long_they_are():
    truth = random_poses(3)
    assert bone_errors(1.5 * truth, truth, H36M17.parents).numpy() == pytest.approx(
        0.5 * H36M17.bone_lengths(truth.double().numpy()).mean(1)
    )


def test_the_distance_of_hypotheses_is_that_over_all_their_pairs():
    poses = random_poses(3, 5)
    wide = poses.double().numpy()
    for n, found in enumerate(average_pairwise_distance(poses).tolist()):
        pairs = [
            np.linalg.norm(wide[n, a] - wide[n, b], axis=-1).mean() for a, b in itertools.combinations(range(5), 2)
        ]
        assert found == pytest.approx(np.mean(pairs), rel=1e-12)


def test_what_hides_nothing_has_no_error_on_hidden_joints():
    truth = random_poses(4)
    scores = ik({"none": Recovered(truth, torch.ones(4, 17, dtype=torch.bool), truth[:, None])}, H36M17.parents)
    assert "hidden" not in scores
    assert scores["seen"]["none"]["mean"] == 0


def test_noise_alone_has_the_error_of_a_maxwell_distribution():
    truth = torch.zeros(2000, 17, 3)
    noisy = 0.04 * random_poses(2000, seed=4)
    scores = denoising({"40": Recovered(truth, truth[..., 0] == 0, noisy[:, None])}, H36M17.parents)
    assert scores["all"]["40"]["mean"] == pytest.approx(0.04 * 2 * math.sqrt(2 / math.pi), rel=0.01)


def test_the_frechet_distance_of_gaussians_is_its_closed_form():
    g = torch.Generator().manual_seed(0)
    a = torch.randn(400, 5, generator=g, dtype=torch.float64) @ torch.randn(5, 5, generator=g, dtype=torch.float64)
    b = 2 + torch.randn(300, 5, generator=g, dtype=torch.float64) @ torch.randn(5, 5, generator=g, dtype=torch.float64)
    s, t = np.cov(a.T), np.cov(b.T)
    expected = (a.mean(0) - b.mean(0)).square().sum().item() + np.trace(s + t - 2 * sqrtm(s @ t).real)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(a, a + 3) == pytest.approx(45, rel=1e-9)  # five coordinates, each off by 3
    assert frechet_distance(a, 2 * a) == pytest.approx(a.mean(0).square().sum().item() + np.trace(s), rel=1e-9)


def test_the_frechet_distance_bears_directions_without_spread():
    flat_ones = torch.randn(50, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    flat_ones[:, 2] = 0
    assert frechet_distance(flat_ones, flat_ones) == pytest.approx(0, abs=1e-12)
    with pytest.raises(TooFewError):
        frechet_distance(flat_ones[:1], flat_ones)


def test_generation_tells_real_poses_from_copies_and_from_noise():
    real, train = 0.3 * random_poses(300), 0.3 * random_poses(300, seed=2)
    kind = KINDS.get("poses")
    copied, far = (flat({"g": generation(drawn, train, real, kind)}) for drawn in (train, real + 5))
    assert copied["g.dnn"]["mean"] == 0
    assert copied["g.feature_fid"]["mean"] < far["g.feature_fid"]["mean"]
    assert copied["g.precision"]["mean"] > 0.5
    assert far["g.precision"]["mean"] == far["g.recall"]["mean"] == 0
    assert far["g.fid"]["mean"] == pytest.approx(51 * 25, rel=1e-5)  # the same spread, every coordinate off by 5
    assert far["g.dnn"]["mean"] == pytest.approx(5 * math.sqrt(3), rel=0.2)
    assert far["g.apd"]["mean"] == pytest.approx(average_pairwise_distance(real).item(), rel=1e-5)


def test_features_depend_on_the_training_poses_alone():
    train, others = 0.3 * random_poses(50), random_poses(3, seed=5)
    first, again = (pose_features(train)(others) for _ in range(2))
    assert first.shape == (3, 128)
    assert torch.equal(first, again)


def test_errors_are_better_lower_and_spreads_are_neither():
    assert better("completion.hidden_min10.legs") == better("ik.all.none") == better("generation.fid") == "lower"
    assert better("generation.precision") == "higher"
    assert better("completion.apd10.legs") is better("completion.hidden_std10.legs") is None
