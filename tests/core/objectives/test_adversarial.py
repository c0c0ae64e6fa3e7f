"""The discriminator's and the autoencoder's losses by hand, and whom each moves."""

import math

import pytest
import torch
from core.objectives.settings import Scale, assert_replicas_apart, linear_step, moved, small_step

from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.objectives.adversarial import Adversarial
from posectl.errors import UsageError

X = torch.tensor([[[1.0, 2.0], [3.0, -2.0]]], dtype=torch.float64)
T = torch.tensor([[0.25, 0.5]], dtype=torch.float64)


def sigmoid(logit):
    return 1 / (1 + math.exp(-logit))


def test_losses_by_hand():
    # x_hat(alpha) = (0.75, 0.5) and (1, 0); the score is the sum of both elements; of x it is 3 and 1.
    step, networks = linear_step(X, {"t": T}), {"discriminator": Scale(2.0, mean=True)}
    fool = -(math.log(sigmoid(1.25)) + math.log(sigmoid(1.0))) / 2
    assert Adversarial().term(step, networks).item() == pytest.approx(fool, rel=1e-12)
    tell = -(math.log(sigmoid(3.0)) + math.log(sigmoid(1.0))) / 2
    tell -= (math.log(1 - sigmoid(1.25)) + math.log(1 - sigmoid(1.0))) / 2
    assert Adversarial().adversaries(step, networks)["discriminator"].item() == pytest.approx(tell, rel=1e-12)


def test_a_grid_takes_the_mean_over_its_places():
    # At 0, 1/2 and 1 of the two pairs: x_hat = x / 2 scores 1.5 and 0.5, half way (1, 0) scores 1.
    step, networks = linear_step(X, {"t": T}), {"discriminator": Scale(2.0, mean=True)}
    expected = -sum(math.log(sigmoid(s)) for s in (1.5, 1.0, 0.5)) / 3
    assert Adversarial(grid=2).term(step, networks).item() == pytest.approx(expected, rel=1e-12)


def test_scores_that_are_certain_cost_no_overflow():
    step, networks = linear_step(X, {"t": T}), {"discriminator": Scale(-2000.0, mean=True)}
    assert Adversarial().term(step, networks).item() == pytest.approx(1125)


def test_whom_each_loss_moves():
    step, networks = small_step(Adversarial(), SPHERE)
    term = Adversarial().term(step, networks)
    assert moved(term, networks["encoder"])
    assert moved(term, networks["decoder"])
    assert moved(Adversarial().adversaries(step, networks)["discriminator"], networks["discriminator"])
    assert {*Adversarial.adversary_names} == {*networks} - {"encoder", "decoder"}


@pytest.mark.parametrize("prior", [NORMAL, SPHERE], ids=lambda p: p.name)
@pytest.mark.parametrize("grid", [0, 2])
def test_replicas_do_not_mix(prior, grid):
    assert_replicas_apart(Adversarial(grid=grid), prior)


def test_a_grid_has_no_negative_number_of_intervals():
    with pytest.raises(UsageError, match="intervals"):
        Adversarial(grid=-1)
