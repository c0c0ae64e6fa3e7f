"""The shapes that adversarial autoencoders aim at: where their components lie, and how far they spread."""

import math

import pytest
import torch

from posectl.core.latent.targets import mixture, swiss_roll

N = 200_000


def drawn(shape, component, d=2, components=10):
    noise = torch.randn(N, d, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    return shape(torch.full((N,), component), noise, components)


@pytest.mark.parametrize("component", [0, 3, 9])
def test_a_component_of_the_mixture_points_outwards(component):
    codes = drawn(mixture, component)
    turn = 2 * math.pi * component / 10
    outwards = torch.tensor([math.cos(turn), math.sin(turn)], dtype=torch.float64)
    across = torch.tensor([-math.sin(turn), math.cos(turn)], dtype=torch.float64)
    torch.testing.assert_close(codes.mean(0), 1.4 * outwards, atol=5e-3, rtol=0)
    assert (codes @ outwards).std().item() == pytest.approx(0.5, abs=5e-3)
    assert (codes @ across).std().item() == pytest.approx(0.1, abs=1e-3)
    assert ((codes @ outwards - 1.4) * (codes @ across)).mean().item() == pytest.approx(0, abs=1e-3)


def test_mixture_by_hand():
    # Of four components the second points up: (1.4 + 0.5 * 2) along, 0.1 * 3 across, which is to the left of up.
    code = mixture(torch.tensor([1]), torch.tensor([[2.0, 3.0]], dtype=torch.float64), 4)
    torch.testing.assert_close(code, torch.tensor([[-0.3, 2.4]], dtype=torch.float64))


def test_the_roll_takes_two_turns_out_to_radius_three():
    # The normal distribution function of 0 is 1/2: of one component, u = 1/2.
    code = swiss_roll(torch.tensor([0]), torch.zeros(1, 2, dtype=torch.float64), 1)
    root = math.sqrt(0.5)
    angle = 4 * math.pi * root
    expected = torch.tensor([[3 * root * math.cos(angle), 3 * root * math.sin(angle)]], dtype=torch.float64)
    torch.testing.assert_close(code, expected)


@pytest.mark.parametrize("component", [0, 4, 9])
def test_a_component_of_the_roll_is_its_tenth_of_the_disc(component):
    # Radius 3 sqrt(u): the squared radius over nine is uniform in the component's tenth.
    codes = drawn(swiss_roll, component)
    u = codes.square().sum(1) / 9
    assert component / 10 <= u.min() < component / 10 + 1e-4
    assert component / 10 + 0.1 - 1e-4 < u.max() <= component / 10 + 0.1
    assert u.mean().item() == pytest.approx(component / 10 + 0.05, abs=1e-3)
    assert u.var().item() == pytest.approx(0.01 / 12, rel=0.02)


def test_every_point_of_the_roll_is_on_the_spiral():
    codes = drawn(swiss_roll, 6)
    angle = 4 * math.pi / 3 * codes.norm(dim=1)
    torch.testing.assert_close(codes[:, 0] / codes.norm(dim=1), angle.cos())
    torch.testing.assert_close(codes[:, 1] / codes.norm(dim=1), angle.sin())


@pytest.mark.parametrize("shape", [mixture, swiss_roll])
def test_longer_codes_lie_in_as_many_planes_all_in_one_component(shape):
    codes = drawn(shape, 2, d=6)
    noise = torch.randn(N, 6, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    for plane in range(3):
        own = slice(2 * plane, 2 * plane + 2)
        torch.testing.assert_close(codes[:, own], shape(torch.full((N,), 2), noise[:, own], 10))
