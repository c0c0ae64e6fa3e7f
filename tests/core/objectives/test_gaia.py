"""GAIA's losses, balances and learning rates by hand, with the signs of the authors' code."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from core.objectives.settings import POSES, Scale, assert_replicas_apart, linear_step, moved, small_step

from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.nets.mlp import MLP
from posectl.core.objectives.gaia import GAIA, absolute_error
from posectl.core.objectives.step import Step
from posectl.core.training.loop import Plan, Trainer
from posectl.errors import UsageError

X = torch.tensor([[[0.4, 0.8], [0.2, -0.6], [-0.4, 0.2], [0.6, 0.6]]], dtype=torch.float64)
W = torch.tensor([[1.0, -0.4, 0.2, 0.8]], dtype=torch.float64)


def sigmoid(x):
    return 1 / (1 + math.exp(-20 * x))


def errors(c, decoder=0.25):
    """The three errors of the discriminator c x, in numpy: codes 2x, x_hat = 2 decoder x, alpha = 1/2 + W/4."""
    x, alpha = X[0].numpy(), (0.5 + 0.25 * W[0].numpy())[:, None]
    first, second = x[[0, 1, 1, 0]], x[[2, 3, 2, 3]]
    interpolated = 2 * decoder * ((1 - alpha) * first + alpha * second)
    # Halved: our images span two, the authors' one.
    of_x, of_x_hat = np.abs(x - c * x).mean() / 2, np.abs(x - c * 2 * decoder * x).mean() / 2
    return of_x, of_x_hat, np.abs(interpolated - c * interpolated).mean() / 2


@pytest.mark.parametrize("c", [0.7, 1.0, 1.6, -1.0])
def test_losses_and_rates_by_hand(c):
    step, networks = linear_step(X, {"gaia": W}), {"discriminator": Scale(c)}
    real, generated, interpolated = errors(c)
    share = sigmoid(interpolated - generated)
    loss = share * interpolated + (1 - share) * generated
    assert GAIA().reconstruction(step, networks).item() == pytest.approx(loss, rel=1e-12)
    fake = min(sigmoid(0.5 * interpolated - real), 0.9)
    loss = real - fake * (generated + interpolated) / 2
    assert GAIA().adversaries(step, networks)["discriminator"].item() == pytest.approx(loss, rel=1e-12)
    scale = sigmoid(real - (generated + interpolated) / 2)
    scales = GAIA().lr_scales(step, networks)
    assert scales["discriminator"].item() == pytest.approx(scale, rel=1e-12)
    assert scales["autoencoder"].item() == pytest.approx(1 - scale, rel=1e-9)


def test_the_worse_the_discriminator_is_on_data_the_faster_it_moves():
    step = linear_step(X, {"gaia": W})
    assert GAIA().lr_scales(step, {"discriminator": Scale(-1.0)})["discriminator"].item() > 0.5
    step = linear_step(X, {"gaia": W})
    assert GAIA().lr_scales(step, {"discriminator": Scale(1.0)})["discriminator"].item() < 0.5


def test_the_loss_falls_for_the_discriminator_as_generated_errors_grow():
    decoder = Scale(0.25)
    loss = GAIA().adversaries(linear_step(X, {"gaia": W}, decoder=decoder), {"discriminator": Scale(1.0)})
    (by_generated,) = torch.autograd.grad(loss["discriminator"].sum(), decoder.factor)
    # A larger decoder brings x_hat nearer to x: less error generated, so more loss.
    assert by_generated.item() > 0


def test_balances_are_differentiated_through_and_learning_rates_are_not():
    discriminator = {"discriminator": Scale(0.7)}

    def loss(decoder):
        step = linear_step(X, {"gaia": W}, decoder=decoder)
        return step, GAIA().reconstruction(step, discriminator)

    decoder = Scale(0.25)
    step, value = loss(decoder)
    (gradient,) = torch.autograd.grad(value.sum(), decoder.factor, retain_graph=True)
    expected = (loss(0.25 + 1e-6)[1] - loss(0.25 - 1e-6)[1]) / 2e-6
    assert gradient.item() == pytest.approx(expected.item(), rel=1e-6)
    assert not any(scale.requires_grad for scale in GAIA().lr_scales(step, discriminator).values())


def test_losses_are_clipped_and_have_no_gradient_beyond():
    encoder, networks = Scale(2.0), {"discriminator": Scale(3.0)}
    step = linear_step(100 * X, {"gaia": W}, encoder)
    loss = GAIA().reconstruction(step, networks)
    assert loss.item() == 1
    assert not moved(loss, encoder)
    assert GAIA().adversaries(step, networks)["discriminator"].abs().item() == 1


def test_interpolations_pair_the_halves_and_the_first_half_reversed_with_the_second():
    at_first = linear_step(X, {"gaia": torch.full_like(W, -2.0)}, encoder=1.0)  # alpha = 1/2 - 2/4 = 0
    torch.testing.assert_close(GAIA().interpolate(at_first), X[:, [0, 1, 1, 0]])
    at_second = linear_step(X, {"gaia": torch.full_like(W, 2.0)}, encoder=1.0)
    torch.testing.assert_close(GAIA().interpolate(at_second), X[:, [2, 3, 2, 3]])
    half_way = linear_step(X, {"gaia": torch.zeros_like(W)}, prior=SPHERE)
    unit = X / torch.linalg.vector_norm(X, dim=-1, keepdim=True)
    middle = unit[:, [0, 1, 1, 0]] + unit[:, [2, 3, 2, 3]]
    middle = middle / torch.linalg.vector_norm(middle, dim=-1, keepdim=True)
    torch.testing.assert_close(GAIA().interpolate(half_way), middle)


def test_an_odd_last_sample_has_no_partner():
    step, _ = small_step(GAIA(), batch=5)
    assert GAIA().interpolate(step).shape[1] == 4
    with pytest.raises(UsageError, match="single"):
        GAIA().interpolate(small_step(GAIA(), batch=1)[0])


def test_one_interpolation_in_twenty_two_lies_beyond_the_ends():
    x = torch.zeros(1, 40_000, 1, dtype=torch.float64)
    x[:, 20_000:] = 1
    draw = GAIA.noise["gaia"].sample(1, 40_000, 1, (1,), torch.Generator().manual_seed(0)).double()
    at = GAIA().interpolate(linear_step(x, {"gaia": draw}, encoder=1.0))
    assert ((at < 0) | (at > 1)).double().mean().item() == pytest.approx(0.0455, abs=0.003)
    assert at.std().item() == pytest.approx(0.25, abs=0.003)


def test_errors_of_poses_are_in_metres_and_of_images_in_shares_of_their_range():
    for shape, expected in (((1, 2, 4, 3), 0.3), ((1, 2, 1, 4, 4), 0.15)):
        x = torch.zeros(shape)
        assert absolute_error(linear_step(x, {}), x, torch.full(shape, 0.3)).item() == pytest.approx(expected)


def test_whom_each_loss_moves():
    step, networks = small_step(GAIA(), SPHERE)
    for module in (networks["encoder"], networks["decoder"]):
        assert moved(GAIA().reconstruction(step, networks), module)
    assert moved(GAIA().term(step, networks), networks["encoder"])
    assert not moved(GAIA().term(step, networks), networks["decoder"])
    assert moved(GAIA().adversaries(step, networks)["discriminator"], networks["discriminator"])


def test_both_networks_move_at_their_balanced_rates():
    data = torch.randn(40, 3, 3, generator=torch.Generator().manual_seed(0))
    gaia = GAIA(slope=200.0)
    run = Trainer(
        MLP((3, 3), 2, widths=(8,)),
        NORMAL,
        [[replace(gaia, lam=0.0)]],
        data,
        data,
        Plan(steps=1, batch=8, lr=1e-3),
        [0],
        kind=POSES,
    )
    block = run.batches.block(0)
    noise = {name: draw[0] for name, draw in block.noise.items()}
    step = Step(run.networks["encoder"], run.networks["decoder"], NORMAL, block.x[0], noise, kind=POSES, latent=2)
    scales = gaia.lr_scales(step, {"discriminator": run.networks["gaia.discriminator"]})
    assert abs(scales["discriminator"].item() - 0.5) > 0.01
    before = {name: tensor.clone() for name, tensor in run.networks["decoder"].named_parameters()}
    rival = {name: tensor.clone() for name, tensor in run.networks["gaia.discriminator"].named_parameters()}
    run.run()
    for old, module, name in ((before, "decoder", "autoencoder"), (rival, "gaia.discriminator", "discriminator")):
        moves = [(old[key] - new).abs().max().item() for key, new in run.networks[module].named_parameters()]
        # Adam's first step is the learning rate, wherever the gradient is not minute.
        assert max(moves) == pytest.approx(1e-3 * scales[name].item(), rel=1e-3)


@pytest.mark.parametrize("prior", [NORMAL, SPHERE], ids=lambda p: p.name)
@pytest.mark.parametrize("pairing", ["reverse", "halves"])
def test_replicas_do_not_mix(prior, pairing):
    assert_replicas_apart(GAIA(), prior, pairing=pairing)


@pytest.mark.parametrize("setting", ["slope", "gamma", "spread"])
def test_negative_settings_are_refused(setting):
    with pytest.raises(UsageError, match="negative"):
        GAIA(**{setting: -1.0})
