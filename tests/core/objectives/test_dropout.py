"""Dropout by hand: what stays, what it is multiplied by, and what never sees it."""

import pytest
import torch
from core.objectives.settings import POSES, assert_replicas_apart, linear_step, small_step
from core.objectives.training import error_of_the_mean, trainer
from torch import nn

from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.nets.mlp import MLP
from posectl.core.objectives.acai import ACAI
from posectl.core.objectives.dropout import Dropout
from posectl.errors import UsageError

X = torch.tensor([[[1.0, 2.0, -1.0, 3.0], [4.0, 0.5, 2.0, -2.0]]], dtype=torch.float64)
U = torch.tensor([[[0.1, 0.6, 0.24, 0.9], [0.26, 0.25, 0.0, 0.99]]], dtype=torch.float64)


def dropped(keep, prior=NORMAL, also=()):
    objective = Dropout(keep=keep)
    noise = {"dropout": U, "alpha": torch.tensor([[0.3, 0.7]], dtype=torch.float64)}
    return linear_step(X, noise, prior=prior, objectives=[objective, *also])


def test_what_stays_is_divided_by_the_probability_to_stay():
    # Codes are 2 x. Under a quarter stays, and counts four times: 8 x.
    expected = torch.tensor([[[8.0, 0, -8, 0], [0, 0, 16, 0]]], dtype=torch.float64)
    torch.testing.assert_close(dropped(0.25).z_in, expected)
    torch.testing.assert_close(dropped(0.25).x_hat, expected / 4)


def test_the_published_probability_is_a_half():
    assert Dropout().keep == 0.5
    expected = 4 * X * torch.tensor([[[1.0, 0, 1, 0], [1, 1, 1, 0]]], dtype=torch.float64)
    torch.testing.assert_close(dropped(0.5).z_in, expected)


def test_keeping_all_changes_nothing():
    step = dropped(1.0)
    torch.testing.assert_close(step.z_in, step.z)


def test_interpolations_are_between_whole_codes():
    step = dropped(0.25, also=[ACAI()])
    alpha = torch.tensor([[[0.3], [0.3]]], dtype=torch.float64)
    torch.testing.assert_close(step.x_mix, ((1 - alpha) * X + alpha * X.flip(1)) / 2)


def test_on_the_sphere_what_is_left_has_unit_length():
    # Of the first code (1, ., -1, .) is left, of the second only an element.
    root = 0.5**0.5
    expected = torch.tensor([[[root, 0, -root, 0], [0, 0, 1, 0]]], dtype=torch.float64)
    torch.testing.assert_close(dropped(0.25, SPHERE).z_in, expected)


def test_a_code_of_which_nothing_is_left_has_finite_gradients():
    x = X.clone().requires_grad_()
    step = linear_step(x, {"dropout": torch.ones_like(U)}, prior=SPHERE, objectives=[Dropout()])
    assert step.z_in.abs().max() == 0
    (gradient,) = torch.autograd.grad(step.x_hat.sum(), x)
    assert gradient.abs().max() == 0


def test_in_use_nothing_is_dropped():
    net, inner = MLP((2, 3), 4), nn.Identity()
    assert Dropout().encoder(inner, net, 1) is inner
    assert Dropout().decoder(inner, net, 1, POSES) is inner


def test_replicas_drop_their_own():
    step, _ = small_step(Dropout(), seeds=(3, 1))
    for replica, seed in enumerate((3, 1)):
        alone, _ = small_step(Dropout(), seeds=(seed,))
        torch.testing.assert_close(step.x_hat[replica : replica + 1], alone.x_hat)
    assert_replicas_apart(Dropout(), NORMAL)


def test_a_short_training_reconstructs():
    run = trainer(Dropout(keep=0.8))
    run.run()
    assert run.history.tests[200][0] < 0.5 * error_of_the_mean()


@pytest.mark.parametrize("keep", [0.0, 1.5, -1.0, float("nan")])
def test_a_probability_to_stay_is_above_nothing(keep):
    with pytest.raises(UsageError, match="probability"):
        Dropout(keep=keep)


def test_it_has_no_weight():
    with pytest.raises(UsageError, match="no term") as raised:
        Dropout(lam=0.3)
    assert "dropout.keep" in raised.value.hint
