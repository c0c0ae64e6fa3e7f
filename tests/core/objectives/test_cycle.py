"""Cycle consistency by hand, and whom it moves."""

import pytest
import torch
from core.objectives.settings import Scale, assert_replicas_apart, linear_step, moved, small_step

from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.objectives.cycle import Cycle

X = torch.tensor([[[1.0, 2.0], [3.0, -2.0]]], dtype=torch.float64)
T = torch.tensor([[0.25, 0.5]], dtype=torch.float64)


def test_by_hand():
    # Codes 2x; encode(decode(z)) = z / 2. z(alpha) = (3, 2) and (4, 0): halves squared, over elements.
    assert Cycle().term(linear_step(X, {"t": T}), {}).item() == pytest.approx((1.5**2 + 1 + 2**2 + 0) / 4)


def test_a_grid_takes_the_mean_over_its_places():
    # At 0 and 1 the codes are (2, 4) and (6, -4), half way (4, 0), of both pairs.
    expected = ((1 + 4) + (2**2 + 0) + (3**2 + 4)) / 3 / 2
    assert Cycle(grid=2).term(linear_step(X, {"t": T}), {}).item() == pytest.approx(expected)


def test_nothing_to_pay_where_the_decoder_inverts_the_encoder():
    assert Cycle().term(linear_step(X, {"t": T}, encoder=2.0, decoder=0.5), {}).item() == 0
    # On the sphere the length that the decoder gives is no matter.
    step = linear_step(X, {"t": T}, decoder=7.0, prior=SPHERE)
    assert Cycle().term(step, {}).item() == pytest.approx(0, abs=1e-30)


def test_at_zero_it_is_the_first_end():
    step = linear_step(X, {"t": torch.zeros_like(T)})
    torch.testing.assert_close(step.z_t, step.z)


def test_moves_encoder_and_decoder():
    step, networks = small_step(Cycle())
    term = Cycle().term(step, {})
    assert moved(term, networks["encoder"])
    assert moved(term, networks["decoder"])


def test_gradients_reach_both_codes():
    # d/de of ((e x d e - e x)^2) for encoder e and decoder d, at t = 0: 2 (e^2 d x - e x)(2 e d x - x).
    encoder = Scale(2.0)
    step = linear_step(X, {"t": torch.zeros_like(T)}, encoder)
    (gradient,) = torch.autograd.grad(Cycle().term(step, {}).sum(), encoder.factor)
    e, d = 2.0, 0.25
    torch.testing.assert_close(gradient, (2 * (e * e * d - e) * (2 * e * d - 1) * X.square()).mean())


@pytest.mark.parametrize("prior", [NORMAL, SPHERE], ids=lambda p: p.name)
@pytest.mark.parametrize("grid", [0, 3])
def test_replicas_do_not_mix(prior, grid):
    assert_replicas_apart(Cycle(grid=grid), prior)
