"""AEAI is its three parts, weighed as published."""

import math

import pytest
import torch
from core.objectives.settings import Scale, assert_replicas_apart, linear_step, small_step

from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.objectives.adversarial import Adversarial
from posectl.core.objectives.aeai import AEAI
from posectl.core.objectives.cycle import Cycle
from posectl.core.objectives.smooth import Smooth
from posectl.errors import UsageError


def test_by_hand():
    # As in the tests of the parts: codes 2x, decoder x/4, score the sum of both elements.
    x = torch.tensor([[[1.0, 2.0], [3.0, -2.0]]], dtype=torch.float64)
    t = torch.tensor([[0.25, 0.5]], dtype=torch.float64)
    step, networks = linear_step(x, {"t": t}), {"discriminator": Scale(2.0, mean=True)}
    adversarial = (math.log(1 + math.exp(-1.25)) + math.log(1 + math.exp(-1.0))) / 2
    cycle = (1.5**2 + 1 + 2**2 + 0) / 4
    smooth = (1**2 + 2**2) / 2
    expected = 0.01 * adversarial + 0.01 * cycle + 0.1 * smooth
    assert AEAI().term(step, networks).item() == pytest.approx(expected, rel=1e-12)
    assert AEAI(adversarial=0.0, cycle=0.0, smooth=1.0).term(step, networks).item() == pytest.approx(smooth)


@pytest.mark.parametrize("grid", [0, 4])
def test_is_the_sum_of_its_parts(grid):
    step, networks = small_step(AEAI(grid=grid), SPHERE, (0, 1))
    parts = (Adversarial(grid=grid), Cycle(grid=grid), Smooth(grid=grid))
    expected = sum(part.lam * part.term(step, networks) for part in parts)
    torch.testing.assert_close(AEAI(grid=grid).term(step, networks), expected)
    torch.testing.assert_close(
        AEAI(grid=grid).adversaries(step, networks), Adversarial(grid=grid).adversaries(step, networks)
    )


def test_beside_a_regularizer_that_is_one_of_its_parts_each_has_its_own_discriminator():
    step, own = small_step(AEAI(), NORMAL, also=[Adversarial()])
    other = {"discriminator": Scale(2.0, mean=True)}
    of_own, of_other = AEAI().adversaries(step, own), Adversarial().adversaries(step, other)
    assert of_own["discriminator"].item() != of_other["discriminator"].item()


@pytest.mark.parametrize("prior", [NORMAL, SPHERE], ids=lambda p: p.name)
def test_replicas_do_not_mix(prior):
    assert_replicas_apart(AEAI(), prior)


def test_a_grid_has_no_negative_number_of_intervals():
    with pytest.raises(UsageError, match=r"aeai\.grid"):
        AEAI(grid=-1)
