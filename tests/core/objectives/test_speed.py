"""Constant speed: nothing to pay on paths that have it, and by hand on one that has not."""

import math

import pytest
import torch
from core.objectives.settings import IMAGES, assert_replicas_apart, linear_step, moved, small_step
from torch import nn

from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.objectives.smooth import Smooth
from posectl.core.objectives.speed import Speed, log_speed
from posectl.core.objectives.step import Step

T = torch.tensor([[0.25, 0.5]], dtype=torch.float64)
S = torch.tensor([[0.75, 0.25]], dtype=torch.float64)


class Cube(nn.Module):
    def forward(self, z):
        return z**3


def test_by_hand():
    # From 0 to 2 and from 2 to 0 through the decoder z^3: speed 3 z^2 |dz|, log ratio 2 log(z(t) / z(s)).
    x = torch.tensor([[[0.0], [2.0]]], dtype=torch.float64)
    step = Step(nn.Identity(), Cube(), NORMAL, x, {"t": T, "s": S}, kind=IMAGES)
    expected = ((2 * math.log(0.25 / 0.75)) ** 2 + (2 * math.log(0.5 / 0.75)) ** 2) / 2
    assert Speed().term(step, {}).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("prior", [NORMAL, SPHERE], ids=lambda p: p.name)
def test_a_path_at_constant_speed_costs_nothing(prior):
    x = torch.randn(1, 2, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert Speed().term(linear_step(x, {"t": T, "s": S}, prior=prior), {}).item() == pytest.approx(0, abs=1e-20)


def test_the_norm_of_poses_is_the_mean_over_joints_and_of_images_the_root_mean_square():
    pose = torch.tensor([[[[3.0, 4.0, 0.0], [0.0, 0.0, 1.0]]]])
    assert log_speed(linear_step(pose, {}), pose).item() == pytest.approx(math.log((5 + 1) / 2))
    image = torch.tensor([[[[[3.0, 4.0], [0.0, 1.0]]]]])
    assert log_speed(linear_step(image, {}), image).item() == pytest.approx(math.log(math.sqrt(26 / 4)))


def test_a_pair_of_one_sample_with_itself_costs_nothing_and_has_finite_gradients():
    step, networks = small_step(Speed(), SPHERE, batch=5)  # the third of five is its own partner
    decoder = list(networks["decoder"].parameters())
    gradients = torch.autograd.grad(Speed().term(step, {}).sum(), decoder, allow_unused=True)
    assert all(g.isfinite().all() for g in gradients if g is not None)
    alone, _ = small_step(Speed(), SPHERE, batch=1)
    assert Speed().term(alone, {}).item() == 0


def test_shares_its_derivative_with_smoothness():
    step, networks = small_step(Speed(), SPHERE, also=[Smooth()])
    calls = []
    networks["decoder"].register_forward_hook(lambda *_: calls.append(1))
    Speed().term(step, {})
    Smooth().term(step, {})
    _ = step.x_t, step.x_hat
    assert len(calls) == 2  # the paths, and the reconstruction


def test_moves_encoder_and_decoder():
    step, networks = small_step(Speed())
    term = Speed().term(step, {})
    assert moved(term, networks["encoder"])
    assert moved(term, networks["decoder"])


@pytest.mark.parametrize("prior", [NORMAL, SPHERE], ids=lambda p: p.name)
def test_replicas_do_not_mix(prior):
    assert_replicas_apart(Speed(), prior)
