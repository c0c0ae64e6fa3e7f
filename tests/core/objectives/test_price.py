"""The price by hand; the twin is the plain autoencoder; and what is paid in short trainings."""

import math

import numpy as np
import pytest
import torch
from core.objectives.training import assert_resumes, assert_stacks, poses, trainer
from torch import nn

from posectl.core.kinds import KINDS
from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.nets.cloud import Cloud
from posectl.core.nets.conv import Conv
from posectl.core.nets.mlp import MLP
from posectl.core.objectives.cover import Cover
from posectl.core.objectives.cycle import Cycle
from posectl.core.objectives.near import Near
from posectl.core.objectives.none import Nothing
from posectl.core.objectives.price import TWIN, Price
from posectl.core.objectives.smooth import Smooth
from posectl.core.objectives.speed import Speed
from posectl.core.objectives.step import Step
from posectl.core.objectives.uniform import Uniform
from posectl.core.training.loop import Plan, Trainer
from posectl.errors import UsageError


def recipe(price=1.03, **settings):
    return (
        Smooth(lam=0.5), Cycle(lam=0.1), Speed(lam=0.12), Near(lam=0.8, among=128), Cover(lam=2.5, codes=6),
        Price(price=price, **settings),
    )  # fmt: skip


def balance_of(objective, **known):
    """Networks of one replica, that know so much."""
    networks = objective.networks(MLP((3, 3), 4, widths=(8,)), 1)
    for name, value in known.items():
        getattr(networks["balance"], name).copy_(torch.as_tensor(value))
    return networks


def test_a_weight_is_how_hard_a_term_pulls():
    objective = Price(terms="smooth,near,speed", every=1, price=1.25)
    networks = balance_of(
        objective, error=0.25, twin_error=0.2, pull=0.09, pulls=[[4.0, 0.0025, 0.0]], log_factor=math.log(0.5)
    )
    # At the price to the digit, half of 0.3 / 2 and 0.3 / 0.05; of a term without a gradient nothing is known.
    torch.testing.assert_close(objective.weights(networks), torch.tensor([[0.5 * 0.15, 0.5 * 6, 0.0]]))


def test_a_term_that_acts_at_one_step_of_four_presses_four_times_as_hard():
    known = {"error": 0.2, "twin_error": 0.2, "pull": 0.06, "pulls": [[0.3]], "log_factor": 0.0}
    every, fourth = Price(terms="cover", every=1), Price(terms="cover", every=4)
    torch.testing.assert_close(
        fourth.weights(balance_of(fourth, **known)), 4 * every.weights(balance_of(every, **known))
    )
    assert [fourth.acts("cover", index) for index in range(6)] == [False, True, False, False, False, True]
    assert [fourth.acts("near", index) for index in range(6)] == [True, False, False, False, True, False]
    assert all(every.acts(name, index) for name in ("near", "cover") for index in range(3))


class Linear(nn.Module):
    """A decoder of 2 replicas with a weight each: x_hat = w z."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.tensor([[2.0], [3.0]]))

    def forward(self, z):
        return self.w[..., None] * z


def test_what_pulls_is_the_gradient_of_the_decoder():
    objective = Price(terms="near,cover", every=2)
    net = MLP((1,), 1, widths=(2,))
    networks = objective.networks(net, 2)
    step = Step(nn.Identity(), Linear(), NORMAL, torch.ones(2, 4, 1), {}, kind=KINDS.get("images"), latent=1)
    loss = step.x_hat.mean((1, 2))
    known = networks["balance"]
    # d/dw of w is 1, of 5 w 5, of w^2 2 w.
    objective.observe(step, networks, {"reconstruction": loss, "near": 5 * loss}, 0)
    assert known.pull.tolist() == [1.0, 1.0]
    assert known.pulls.tolist() == [[25.0, 0.0], [25.0, 0.0]]
    objective.observe(step, networks, {"reconstruction": 9 * loss, "cover": loss.square()}, 1)
    assert known.pull.tolist() == [1.0, 1.0]  # measured where terms of paths are
    assert known.pulls.tolist() == [[25.0, 16.0], [25.0, 36.0]]
    objective.observe(step, networks, {"reconstruction": 9 * loss, "near": loss}, 2)
    assert known.pulls.tolist() == [[25.0, 16.0], [25.0, 36.0]]  # and now and then alone
    objective.observe(step, networks, {"reconstruction": 3 * loss, "near": loss}, 16)
    assert known.pull.tolist() == [5.0, 5.0]  # the mean of the two
    assert known.pulls.tolist() == [[13.0, 16.0], [13.0, 36.0]]


@pytest.mark.parametrize(("error", "rises"), [(0.2, True), (0.206 * 0.999, True), (0.206 * 1.001, False), (0.3, False)])
def test_the_factor_rises_under_the_price_and_falls_above(error, rises):
    objective = Price(price=1.03, terms="cover")
    known = {"twin_error": 0.2, "pull": 0.06, "pulls": [[0.3]], "log_factor": 0.0}
    at_price = objective.weights(balance_of(objective, error=0.206, **known))
    assert (objective.weights(balance_of(objective, error=error, **known)) > at_price).item() is rises


def test_what_is_held_is_the_price_on_held_out_samples():
    objective = Price()
    networks = balance_of(objective, error=0.206, twin_error=0.2)
    objective.hold(torch.tensor([1.1]), networks)
    assert networks["balance"].paid.exp().item() == pytest.approx(1.1, rel=1e-6)
    networks["balance"].error.mul_(1.01)  # and moves with that of training until it is measured again
    assert networks["balance"].paid.exp().item() == pytest.approx(1.111, rel=1e-6)
    objective.hold(torch.tensor([1.05]), networks)
    assert networks["balance"].paid.exp().item() == pytest.approx(1.05, rel=1e-6)


@pytest.mark.parametrize("pairing", ["reverse", "halves"])
def test_the_twin_is_the_plain_autoencoder_to_the_bit(pairing):
    plain, priced = (trainer(*each, pairing=pairing, lr_adversary=0.5) for each in ((Nothing(),), recipe()))
    plain.run()
    priced.run()
    twin = priced.weights(0)
    for name, tensor in plain.weights(0).items():
        np.testing.assert_array_equal(twin[f"price.twin.{name}"], tensor, err_msg=name)
    assert any(np.abs(twin[name] - tensor).max() > 1e-4 for name, tensor in plain.weights(0).items())


def test_batch_norm_leaves_the_twin_the_plain_autoencoder():
    data = torch.randn(200, 6, 3, generator=torch.Generator().manual_seed(3)) * 0.3
    net, plan = MLP((6, 3), 4, widths=(16,), batch_norm=True), Plan(steps=40, batch=16, evaluate_every=40)
    plain, priced = (
        Trainer(net, NORMAL, [each], data, data[:20], plan, (1,), kind=KINDS.get("poses"))
        for each in ([Nothing()], recipe())
    )
    plain.run()
    priced.run()
    for name, tensor in plain.weights(0).items():
        np.testing.assert_array_equal(priced.weights(0)[f"price.twin.{name}"], tensor, err_msg=name)


def with_validation(steps=200):
    """Poses, of which some are held out that are larger, and so harder."""
    data = poses()
    return Trainer(
        MLP((6, 3), 4, widths=(32,)), SPHERE, [recipe()] * 2, data[:300], data[350:],
        Plan(steps=steps, batch=32, lr=3e-3, evaluate_every=50), (3, 4), kind=KINDS.get("poses"),
        validation=1.5 * data[300:350],
    )  # fmt: skip


def test_validation_samples_tell_what_is_paid():
    run = with_validation()
    run.run()
    x = run.validation.expand(2, *run.validation.shape)
    with torch.no_grad():
        encoder, decoder = run.networks["encoder"], run.networks["decoder"]
        twin = run.networks["price.twin"]
        own, its = (
            run.kind.errors(x, fro(SPHERE.project(to(x)))).mean(1)
            for to, fro in ((encoder, decoder), (twin.encoder, twin.decoder))
        )
    torch.testing.assert_close(run.networks["price.balance"].paid.exp(), own / its, rtol=1e-4, atol=0)


def test_a_resumed_run_holds_the_price_on_the_same_validation_samples():
    assert_resumes(with_validation)


@pytest.mark.parametrize("stop", [90, 91])
def test_a_resumed_run_pays_what_it_would_have(stop):
    assert_resumes(lambda: trainer(*recipe()), stop)


def test_replicas_find_their_weights_apart():
    assert_stacks(lambda seeds: trainer(*recipe(), seeds=seeds, steps=60))


def test_the_price_is_paid_and_no_more():
    run = trainer(*recipe(1.1), steps=2000, lr=1e-3)
    run.run()
    assert run.networks["price.balance"].paid.exp().item() == pytest.approx(1.1, rel=0.03)
    errors = {name: run.history.log[-500:, run.history.figures.index(name)].mean() for name in ("reconstruction", TWIN)}
    assert (errors["reconstruction"] / errors[TWIN]).item() == pytest.approx(1.1**2, rel=0.07)  # of squares


def test_a_term_is_logged_as_it_was_last_where_it_does_not_act():
    run = trainer(*recipe(), steps=40)
    run.run()
    log = run.history.log[:, run.history.figures.index("cover"), 0]
    assert (log[2::2] == log[1:-1:2]).all()  # it acts at odd steps
    assert (log[1::2].diff() != 0).all()


@pytest.mark.parametrize(
    ("net", "kind", "shape"),
    [(Conv((1, 16, 16), 8, depth=2), "images", (1, 16, 16)), (Cloud((64, 3), 4), "clouds", (64, 3))],
    ids=["images", "clouds"],
)
def test_images_and_clouds_have_a_price_too(net, kind, shape):
    data = torch.randn(48, *shape, generator=torch.Generator().manual_seed(2)) * 0.3
    plan = Plan(steps=8, batch=8, evaluate_every=8)
    plain, priced = (
        Trainer(net, NORMAL, [each], data[:40], data[40:], plan, (0,), kind=KINDS.get(kind))
        for each in ([Nothing()], recipe())
    )
    plain.run()
    priced.run()
    column = [run.history.log[:, run.history.figures.index(name), 0] for run, name in
              ((plain, "reconstruction"), (priced, "price.twin"))]  # fmt: skip
    torch.testing.assert_close(*column, rtol=0, atol=0)
    assert (priced.networks["price.balance"].pulls > 0).all()


def test_alone_it_leaves_the_autoencoder_plain():
    alone, plain = trainer(Price()), trainer(Nothing())
    alone.run()
    plain.run()
    np.testing.assert_array_equal(alone.history.tests[200], plain.history.tests[200])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"price": 0.99}, "0.99"),
        ({"price": -1.0}, "-1"),
        ({"price": math.inf}, "inf"),
        ({"price": math.nan}, "nan"),
        ({"every": 0}, "every"),
        ({"terms": "smoth"}, "smoth"),
    ],
)
def test_bad_settings(settings, said):
    with pytest.raises(UsageError, match=said):
        Price(**settings)


def test_other_terms_keep_their_own_weights_at_every_step():
    run = trainer(*recipe(), Uniform(lam=0.25), steps=2)
    run.run()
    for index, acting in enumerate(({"smooth", "cycle", "speed", "near"}, {"cover"})):
        lams = run.losses._lambdas(index)
        assert set(lams) == acting | {"uniform"}
        assert lams["uniform"].item() == 0.25


def test_a_twin_that_diverges_ends_the_run_and_is_named():
    run = trainer(*recipe(), steps=40)
    run.networks["price.twin"].decoder[0].bias.data.fill_(torch.nan)
    assert not run.run()
    assert run.history.diverged_at.tolist() == [1]
    assert run.history.diverged_in(1, TWIN)
    assert not run.history.diverged_in(1, "reconstruction")
