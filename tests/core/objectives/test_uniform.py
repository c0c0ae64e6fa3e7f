"""Uniformity against the double sum written out."""

import math

import pytest
import torch
from core.objectives.settings import assert_replicas_apart, linear_step, moved, small_step

from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.objectives.uniform import Uniform
from posectl.errors import UsageError

CODES = torch.tensor([[[1.0, 0.0], [0.0, 2.0], [-3.0, 0.0]]], dtype=torch.float64)


def test_by_hand():
    # Directions 0, 90 and 180 degrees: squared distances 2, 2 and 4, each pair twice.
    step = linear_step(CODES, {}, encoder=1.0)
    expected = math.log((2 * math.exp(-4) + 2 * math.exp(-4) + 2 * math.exp(-8)) / 6)
    assert Uniform().term(step, {}).item() == pytest.approx(expected, rel=1e-12)
    sharper = math.log((4 * math.exp(-6) + 2 * math.exp(-12)) / 6)
    assert Uniform(t=3.0).term(step, {}).item() == pytest.approx(sharper, rel=1e-12)


def test_lengths_do_not_matter():
    short, long = (linear_step(CODES * scale, {}, encoder=1.0) for scale in (0.1, 10.0))
    torch.testing.assert_close(Uniform().term(short, {}), Uniform().term(long, {}))


def test_least_where_codes_are_far_apart():
    def term(x):
        return Uniform().term(linear_step(torch.tensor([x], dtype=torch.float64), {}, prior=SPHERE), {}).item()

    assert term([[1.0, 0.0], [-1.0, 0.0]]) == pytest.approx(-8)
    assert term([[1.0, 0.0], [1.0, 0.0]]) == pytest.approx(0, abs=1e-12)


def test_halves_count_every_code_of_the_batch():
    whole = linear_step(torch.cat((CODES, CODES.roll(1, 1) + 0.5), 1), {})
    halves = linear_step(whole.x, {}, pairing="halves")
    torch.testing.assert_close(Uniform().term(halves, {}), Uniform().term(whole, {}))


def test_moves_the_encoder_alone():
    step, networks = small_step(Uniform())
    term = Uniform().term(step, {})
    assert moved(term, networks["encoder"])
    assert not moved(term, networks["decoder"])


@pytest.mark.parametrize("prior", [NORMAL, SPHERE], ids=lambda p: p.name)
def test_replicas_do_not_mix(prior):
    assert_replicas_apart(Uniform(), prior)


def test_a_kernel_must_be_sharp():
    with pytest.raises(UsageError, match="sharpness"):
        Uniform(t=0.0)
