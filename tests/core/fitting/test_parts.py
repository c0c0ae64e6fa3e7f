"""The parts of a fit, each against its closed form."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from posectl.core.fitting.bones import lengths, settle
from posectl.core.fitting.evidence import Evidence, level, standardised, turn
from posectl.core.fitting.fit import _linearised
from posectl.core.fitting.local import Overall, regress
from posectl.core.fitting.smooth import smoothed
from posectl.core.latent.priors import NORMAL, SPHERE

CHAIN = torch.tensor([[0, 1], [1, 2]])
UP = torch.tensor([0.0, 0.0, 1.0])


def arm():
    """A bent arm of two bones of 0.3 m from the origin."""
    return torch.tensor([[[0.0, 0, 0], [0.3, 0, 0], [0.3, 0.3, 0]]])


def test_a_target_within_reach_is_reached_with_bones_of_their_length():
    target = torch.tensor([[[0.0, 0, 0], [0, 0, 0], [0.2, 0.2, 0.2]]])
    settled = settle(arm(), CHAIN, torch.full((1, 2), 0.3), target, torch.tensor([[1.0, 0, 1]]))
    assert (settled - target)[0, [0, 2]].norm(dim=-1).max() < 0.003
    assert (lengths(settled, CHAIN) - 0.3).abs().max() < 0.001


def test_what_is_out_of_reach_is_missed_by_what_the_bones_lack():
    target = torch.tensor([[[0.0, 0, 0], [0, 0, 0], [0.3, 0.3, 0.6]]])
    start, weights = arm(), torch.tensor([[1.0, 0, 1]])
    for _ in range(4):
        start = settle(start, CHAIN, torch.full((1, 2), 0.3), target, weights)
    missed = (start - target)[0, [0, 2]].norm(dim=-1).sum()
    assert abs(float(missed) - (math.sqrt(0.54) - 0.6)) < 0.02
    assert (lengths(start, CHAIN) - 0.3).abs().max() < 0.01


def test_poses_without_bones_move_to_what_is_known_alone():
    none = torch.zeros(0, 2, dtype=torch.int64)
    target = arm() + 0.01
    settled = settle(arm(), none, torch.zeros(1, 0), target, torch.tensor([[1.0, 0, 0]]))
    assert torch.allclose(settled[0, 1:], arm()[0, 1:])
    assert (settled - target)[0, 0].norm() < 0.001


def test_a_level_camera_looks_along_the_ground():
    x, y, z = level(UP)
    assert torch.equal(y, -UP)
    assert torch.equal(torch.linalg.cross(x, y), z)
    assert float(z @ UP) == 0


def test_a_turn_is_about_the_vertical():
    quarter = turn(torch.tensor(math.pi / 2), UP)
    assert torch.allclose(quarter @ torch.tensor([1.0, 0, 2]), torch.tensor([0.0, 1, 2]), atol=1e-6)


def test_place_and_scale_are_found_exactly():
    g = torch.Generator().manual_seed(0)
    poses = torch.randn(5, 17, 3, generator=g)
    weights = torch.rand(5, 17, generator=g).round()
    evidence = Evidence(40 * poses[..., :2] + torch.tensor([7.0, -3.0]), weights, free="scale")
    values, scale = evidence.placed(poses)
    assert torch.allclose(values, poses[..., :2], atol=1e-5)
    assert torch.allclose(scale, torch.full((5,), 40.0))


def test_rays_of_a_near_camera_give_the_joints_in_metres():
    poses = 0.4 * torch.randn(5, 17, 3, generator=torch.Generator().manual_seed(0))
    poses -= poses[:, :1].clone()
    rays = poses[..., :2] / (poses[..., 2:] + 3)
    evidence = Evidence(rays, torch.ones(5, 17), free="scale", perspective=True)
    values, scale = evidence.placed(poses)
    assert torch.allclose(values, poses[..., :2], atol=2e-3)
    assert torch.allclose(1 / scale, torch.full((5,), 3.0), atol=0.05)


def test_standardised_values_are_about_their_mean_and_of_one_size():
    values = torch.randn(4, 9, 2, generator=torch.Generator().manual_seed(0))
    alike = standardised(values, torch.ones(4, 9), "scale")
    assert torch.allclose(alike.mean(1), torch.zeros(4, 2), atol=1e-6)
    assert torch.allclose(alike.square().sum(-1).mean(1), torch.ones(4))
    assert torch.allclose(standardised(3 * values + 5, torch.ones(4, 9), "scale"), alike, atol=1e-5)


def test_a_local_regression_of_a_linear_map_is_that_map():
    g = torch.Generator().manual_seed(0)
    features, gain = torch.randn(2, 60, 5, generator=g), torch.randn(5, 3, generator=g)
    distances = torch.rand(2, 60, generator=g).sort(1).values
    local = regress(distances.double(), features, features @ gain + 1, torch.full((2,), 1e-4), None)
    query = torch.randn(2, 5, generator=g)
    assert torch.allclose(local.at(query), query @ gain + 1, atol=1e-3)
    chosen = torch.tensor([[4, 9], [0, 7]])
    assert torch.allclose(local.moved(query, chosen), (query @ gain + 1)[:, None].expand(-1, 2, -1), atol=1e-3)


def test_the_regression_among_all_is_least_squares_on_the_known_joints():
    g = torch.Generator().manual_seed(0)
    poses = torch.randn(2000, 4, 3, generator=g)
    targets = 2 * poses[:, 1] - poses[:, 2] + 0.5 * poses[:, 3]
    gain = Overall.of(poses, targets).gain(torch.tensor([[True, True, True, False]]), False, 0.0)[0].view(4, 3, 3)
    known = poses[:, :3].flatten(1).numpy()
    known, wanted = known - known.mean(0), (targets - targets.mean(0)).numpy()
    solved = np.linalg.lstsq(known, wanted, rcond=None)[0].reshape(3, 3, 3)
    assert np.allclose(gain[:3], solved, atol=2e-3)
    assert float(gain[3].abs().max()) == 0


def test_smoothing_solves_its_normal_equations():
    values = np.random.default_rng(0).normal(size=(12, 3))
    second = np.diff(np.eye(12), 2, axis=0)
    assert np.allclose(smoothed(values, 7.0), np.linalg.solve(np.eye(12) + 7 * second.T @ second, values))


def test_smoothing_leaves_even_motion_and_two_frames_as_they_are():
    line = np.linspace(0, 1, 9)[:, None] * [1.0, 2.0]
    assert np.allclose(smoothed(line, 50.0), line)
    assert np.array_equal(smoothed(line[:2], 50.0), line[:2])


def test_a_bone_and_a_joint_yield_by_the_inverse_of_their_variances():
    """Two joints 0.2 m apart whose bone is said to be 0.3 long: Gaussian errors of both ends and of the length share
    the gap of 0.1 as their variances do."""
    poses = torch.tensor([[[0.0, 0, 0], [0.2, 0, 0]]])
    stay, length = torch.tensor([0.004, 0.008]), torch.tensor([0.006])
    settled = settle(poses, CHAIN[:1], torch.full((1, 1), 0.3), poses, torch.zeros(1, 2), stay, length)
    whole = 0.004**2 + 0.008**2 + 0.006**2
    moved = 0.1 * torch.tensor([-(0.004**2), 0.008**2]) / whole
    assert torch.allclose(settled[0, :, 0] - poses[0, :, 0], moved, atol=2e-3)


@pytest.mark.parametrize("prior", [SPHERE, NORMAL])
def test_the_derivative_of_what_codes_decode_to_is_that_of_each_alone(prior):
    weights = torch.randn(8, 15, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    codes = torch.randn(4, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    model = SimpleNamespace(decoder=lambda code: torch.tanh(code @ weights).unflatten(-1, (5, 3)), prior=prior)
    values, slopes = _linearised(model, codes)
    for code, value, slope in zip(codes, values, slopes, strict=True):
        alone = torch.autograd.functional.jacobian(lambda c: model.decoder(prior.project(c[None]))[0], code)
        torch.testing.assert_close(slope, alone)
        torch.testing.assert_close(value, model.decoder(prior.project(code[None]))[0])
    assert not slopes.requires_grad
