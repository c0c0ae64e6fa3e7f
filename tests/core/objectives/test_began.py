"""BEGAN by hand: its losses, its balance, and which network learns from what."""

import numpy as np
import pytest
import torch
from core.objectives.settings import Scale, assert_replicas_apart, linear_step, moved, small_step
from core.objectives.training import assert_resumes, assert_stacks, trainer

from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.objectives.acai import ACAI
from posectl.core.objectives.began import BEGAN, Balance
from posectl.errors import UsageError

X = torch.tensor([[[0.4, 0.8], [0.2, -0.6], [-0.4, 0.2]]], dtype=torch.float64)
DRAWS = torch.tensor([[[0.3, 0.7], [-1.2, 0.4], [0.9, 0.0]]], dtype=torch.float64)


def parts(k=0.0, share=0.7):
    """A step whose encoder is 2x and whose decoder x / 4, with a discriminator that gives back a share of all."""
    balance = Balance(1).double()
    balance.k.fill_(k)
    return linear_step(X, {"began": DRAWS}), {"discriminator": Scale(share), "balance": balance}


def test_losses_by_hand():
    step, networks = parts(k=0.25)
    x, drawn = X.numpy(), DRAWS.numpy() / 4
    real, fake = 0.3 * np.abs(x).mean(), 0.3 * np.abs(drawn).mean()
    assert BEGAN().term(step, networks).item() == pytest.approx(fake, rel=1e-12)
    assert BEGAN().reconstruction(step, networks).item() == pytest.approx(np.abs(x / 2).mean(), rel=1e-12)
    loss = BEGAN(gamma=0.5, rate=0.001).adversaries(step, networks)["discriminator"]
    assert loss.item() == pytest.approx(real - 0.25 * fake, rel=1e-12)
    # k + lambda_k (gamma L(x) - L(G(z))).
    assert networks["balance"].k.item() == pytest.approx(0.25 + 0.001 * (0.5 * real - fake), rel=1e-12)


@pytest.mark.parametrize(("k", "gamma", "expected"), [(0.0, 0.0, 0.0), (1.0, 1.0, 1.0)])
def test_the_balance_stays_between_none_and_all(k, gamma, expected):
    step, networks = parts(k=k)
    BEGAN(gamma=gamma, rate=100.0).adversaries(step, networks)
    assert networks["balance"].k.item() == expected


def test_the_balance_stands_still_out_of_training_and_is_no_part_of_the_gradient():
    step, networks = parts(k=0.5)
    networks["balance"].eval()
    loss = BEGAN(rate=1.0).adversaries(step, networks)["discriminator"]
    assert networks["balance"].k.item() == 0.5
    factor = networks["discriminator"].factor
    (gradient,) = torch.autograd.grad(loss.sum(), factor)
    # d/dc of |1 - c| (mean |x| - k mean |G|), where c < 1.
    expected = -(X.abs().mean() - 0.5 * (DRAWS / 4).abs().mean())
    torch.testing.assert_close(gradient, expected)


@pytest.mark.parametrize("prior", [NORMAL, SPHERE], ids=lambda p: p.name)
def test_the_encoder_alone_descends_to_the_code_of_a_sample(prior):
    step, networks = small_step(BEGAN(), prior)
    loss = BEGAN().reconstruction(step, networks)
    assert not moved(loss, networks["decoder"])
    parameters = list(networks["encoder"].parameters())
    found = torch.autograd.grad(loss.sum(), parameters, retain_graph=True)
    error = (networks["decoder"](step.z) - step.x).abs().mean()
    for got, wanted in zip(found, torch.autograd.grad(error, parameters), strict=True):
        torch.testing.assert_close(got, wanted, rtol=1e-9, atol=1e-15)


def test_the_decoder_learns_from_the_discriminator_and_the_encoder_does_not():
    step, networks = small_step(BEGAN())
    term = BEGAN().term(step, networks)
    assert moved(term, networks["decoder"])
    assert not moved(term, networks["encoder"])
    assert moved(BEGAN().adversaries(step, networks)["discriminator"], networks["discriminator"])


@pytest.mark.parametrize("prior", [NORMAL, SPHERE], ids=lambda p: p.name)
@pytest.mark.parametrize("pairing", ["reverse", "halves"])
def test_replicas_do_not_mix(prior, pairing):
    assert_replicas_apart(BEGAN(), prior, pairing=pairing)


def test_replicas_train_apart_beside_another():
    assert_stacks(lambda seeds: trainer(BEGAN(rate=0.1), ACAI(lam=0.01), prior=NORMAL, seeds=seeds, steps=60))


def test_it_resumes_to_the_bit_with_its_balance():
    def build():
        return trainer(BEGAN(rate=1.0), prior=NORMAL, steps=120)

    assert_resumes(build)
    run = build()
    run.run()
    assert 0 < run.networks["began.balance"].k.item() < 1


def test_draws_come_to_the_discriminators_error_of_data():
    run = trainer(BEGAN(rate=1.0, gamma=0.7), prior=NORMAL, steps=800, evaluate_every=800)
    run.run()
    log, figures = run.history.state(800)["log"], run.history.figures
    drawn = log[-100:, figures.index("began")].mean()
    # L(x) = loss + k L(G), with k of the end of the run.
    real = log[-100:, figures.index("began.discriminator")].mean() + run.networks["began.balance"].k.item() * drawn
    assert drawn / real == pytest.approx(0.7, rel=0.3)


@pytest.mark.parametrize("settings", [{"gamma": -0.1}, {"gamma": 1.1}, {"rate": -1.0}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(UsageError, match=r"began\."):
        BEGAN(**settings)
