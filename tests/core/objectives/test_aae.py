"""The adversarial autoencoder by hand: its losses, whom they move, what its priors draw, and what labels choose."""

import pytest
import torch
from core.objectives.settings import assert_replicas_apart, linear_step, moved, small_step
from core.objectives.training import assert_resumes, assert_stacks, error_of_the_mean, trainer
from torch import nn

from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.latent.targets import mixture, swiss_roll
from posectl.core.nets.mlp import MLP
from posectl.core.objectives.aae import AAE
from posectl.errors import UsageError

X = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [-1.0, 0.0], [2.0, 2.0]]], dtype=torch.float64)
NOISE = torch.tensor([[[0.3, -1.0], [2.0, 0.1], [-0.4, 0.5], [1.0, 1.0]]], dtype=torch.float64)
COMPONENT = torch.tensor([[0.05, 0.31, 0.999, 0.7]], dtype=torch.float64)
NOISES = {"aae": NOISE, "aae.component": COMPONENT}


class Sum(nn.Module):
    """The sum of a sample's elements, as a discriminator's logit."""

    def forward(self, x):
        return x.sum(-1)


def cross_entropy(logits, of_prior):
    """Mean of -log p, p the probability that a discriminator gives to the truth."""
    p = 1 / (1 + torch.exp(-logits))
    return -(p if of_prior else 1 - p).log().mean(1)


def test_losses_by_hand():
    # Codes are 2 x, and the prior's draws the noise itself.
    step, networks = linear_step(X, NOISES), {"discriminator": Sum()}
    of_code, of_draw = (2 * X).sum(-1), NOISE.sum(-1)
    torch.testing.assert_close(AAE().term(step, networks), cross_entropy(of_code, True))
    expected = cross_entropy(of_code, False) + cross_entropy(of_draw, True)
    torch.testing.assert_close(AAE().adversaries(step, networks)["discriminator"], expected)


def test_the_encoders_loss_does_not_saturate():
    # However sure the discriminator is of a code, the encoder's gradient in its logit stays -1.
    x = torch.full((1, 1, 2), -200.0, dtype=torch.float64, requires_grad=True)
    noise = {name: value[:, :1] for name, value in NOISES.items()}
    loss = AAE().term(linear_step(x, noise), {"discriminator": Sum()})
    assert loss.item() == pytest.approx(800)
    (gradient,) = torch.autograd.grad(loss.sum(), x)
    assert gradient.flatten().tolist() == pytest.approx([-2, -2])


def test_the_term_moves_the_encoder_and_the_discriminator_its_own_loss():
    step, networks = small_step(AAE(), NORMAL)
    discriminator = networks["discriminator"]
    term, own = AAE().term(step, networks), AAE().adversaries(step, networks)["discriminator"]
    assert moved(term, networks["encoder"])
    assert not moved(term, networks["decoder"])
    assert moved(own, discriminator)


def test_the_discriminator_has_the_published_size():
    net = MLP((17, 3), 64)
    sizes = {name: tuple(p.shape[1:]) for name, p in AAE().networks(net, 1)["discriminator"].named_parameters()}
    assert [s for s in sizes.values() if len(s) == 2] == [(64, 100), (100, 100), (100, 1)]
    deep = AAE(width=512, depth=3).networks(net, 1)["discriminator"]
    assert [tuple(p.shape[1:]) for p in deep.parameters() if p.dim() == 3] == [
        (64, 512),
        (512, 512),
        (512, 512),
        (512, 1),
    ]


def test_the_default_prior_is_that_of_the_latent_space():
    torch.testing.assert_close(AAE().draw(linear_step(X, NOISES)), NOISE)
    unit = NOISE / NOISE.norm(dim=-1, keepdim=True)
    torch.testing.assert_close(AAE().draw(linear_step(X, NOISES, prior=SPHERE)), unit)
    torch.testing.assert_close(AAE(prior="sphere").draw(linear_step(X, NOISES)), unit)
    torch.testing.assert_close(AAE(prior="gaussian").draw(linear_step(X, NOISES)), NOISE)


def test_draws_on_the_sphere_have_its_moments():
    noise = torch.randn(1, 100_000, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    draws = AAE(prior="sphere").draw(linear_step(noise, {"aae": noise}))[0]
    torch.testing.assert_close(draws.norm(dim=1), torch.ones(100_000, dtype=torch.float64))
    torch.testing.assert_close(draws.mean(0), torch.zeros(5, dtype=torch.float64), atol=0.01, rtol=0)
    torch.testing.assert_close(draws.T @ draws / 100_000, torch.eye(5, dtype=torch.float64) / 5, atol=0.01, rtol=0)


@pytest.mark.parametrize(("prior", "shape"), [("mixture", mixture), ("swiss-roll", swiss_roll)])
def test_a_component_in_ten_is_drawn(prior, shape):
    draws = AAE(prior=prior).draw(linear_step(X, NOISES))
    torch.testing.assert_close(draws, shape(torch.tensor([[0, 3, 9, 7]]), NOISE, 10))


@pytest.mark.parametrize(("prior", "shape"), [("mixture", mixture), ("swiss-roll", swiss_roll)])
def test_a_label_chooses_the_component_and_is_told_to_the_discriminator(prior, shape):
    objective = AAE(prior=prior, labels=True, classes=3)
    labels = torch.tensor([[2, 0, 1, 2]])
    seen = []

    class Witness(Sum):
        def forward(self, x):
            seen.append(x)
            return super().forward(x)

    step = linear_step(X, NOISES, labels=labels)
    term = objective.term(step, {"discriminator": Witness()})
    one_hot = torch.tensor([[[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]], dtype=torch.float64)
    draws = shape(labels, NOISE, 3)
    torch.testing.assert_close(objective.draw(step), draws)
    expected = torch.cat((torch.cat((2 * X, one_hot), 2), torch.cat((draws, one_hot), 2)), 1)
    torch.testing.assert_close(torch.cat(seen, 1), expected)
    torch.testing.assert_close(term, cross_entropy((2 * X).sum(-1) + 1, True))


def test_it_needs_labels_only_if_it_is_informed_by_them():
    assert not AAE(prior="mixture").needs_labels
    assert AAE(prior="mixture", labels=True).needs_labels
    told = AAE(prior="mixture", labels=True, classes=5).networks(MLP((17, 3), 4), 1)["discriminator"]
    assert next(told.parameters()).shape == (1, 4 + 5, 100)


@pytest.mark.parametrize(("objective", "prior"), [
    (AAE(), NORMAL), (AAE(), SPHERE), (AAE(prior="mixture"), NORMAL), (AAE(prior="swiss-roll"), NORMAL)
])  # fmt: skip
def test_replicas_do_not_mix(objective, prior):
    assert_replicas_apart(objective, prior)


def test_replicas_train_apart():
    assert_stacks(lambda seeds: trainer(AAE(lam=0.01), seeds=seeds, latent=8, batch=64, steps=60))


def test_it_resumes_to_the_bit():
    assert_resumes(lambda: trainer(AAE(prior="mixture"), prior=NORMAL, steps=120))


def codes(run):
    with torch.no_grad():
        return run.networks["encoder"](run.test[None])[0]


def test_codes_take_the_moments_of_the_prior():
    run = trainer(AAE(lam=0.1), prior=NORMAL, latent=2, steps=600, evaluate_every=600)
    before = codes(run).var(0).mean()
    run.run()
    after = codes(run)
    assert before < 0.1
    torch.testing.assert_close(after.mean(0), torch.zeros(2), atol=0.4, rtol=0)
    torch.testing.assert_close(after.var(0), torch.ones(2), atol=0.5, rtol=0)
    assert run.history.tests[600][0] < error_of_the_mean()


def test_unknown_priors_name_the_nearest():
    with pytest.raises(UsageError, match="no prior 'swissroll'") as raised:
        AAE(prior="swissroll")
    assert "swiss-roll" in raised.value.hint


@pytest.mark.parametrize("prior", ["latent", "gaussian", "sphere"])
def test_labels_need_a_prior_of_components(prior):
    with pytest.raises(UsageError, match="has none") as raised:
        AAE(prior=prior, labels=True)
    assert "aae.prior=mixture" in raised.value.hint


@pytest.mark.parametrize("prior", ["gaussian", "mixture", "swiss-roll"])
def test_no_shape_of_the_plane_is_put_on_the_sphere(prior):
    with pytest.raises(UsageError, match="on the sphere") as raised:
        AAE(prior=prior).draw(linear_step(X, NOISES, prior=SPHERE))
    assert "--prior normal" in raised.value.hint


def test_shapes_of_the_plane_take_pairs():
    with pytest.raises(UsageError, match="odd") as raised:
        AAE(prior="mixture").networks(MLP((17, 3), 7), 1)
    assert "8" in raised.value.hint


@pytest.mark.parametrize("size", [{"width": 0}, {"depth": 0}])
def test_a_discriminator_has_a_layer_and_a_unit(size):
    with pytest.raises(UsageError, match="discriminator"):
        AAE(**size)


def test_a_sample_without_a_label_is_of_one_more_class_and_its_draw_of_any_component():
    objective = AAE(prior="mixture", labels=True, classes=3, unlabelled=True)
    labels = torch.tensor([[2, -1, 1, -1]])
    step = linear_step(X, NOISES, labels=labels)
    # COMPONENT is 0.31 and 0.7 where there is no label: components 0 and 2 of three.
    draws = mixture(torch.tensor([[2, 0, 1, 2]]), NOISE, 3)
    torch.testing.assert_close(objective.draw(step), draws)
    told = torch.tensor([[[0, 0, 1, 0], [0, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 1]]], dtype=torch.float64)
    codes, drawn = objective.parts(step)["discriminator"]
    torch.testing.assert_close(codes, torch.cat((2 * X, told), 2))
    torch.testing.assert_close(drawn, torch.cat((draws, told), 2))
    assert objective.sizes(MLP((17, 3), 4))["discriminator"] == 4 + 3 + 1


def test_what_is_drawn_for_use_follows_the_prior_that_codes_were_shaped_to():
    noise, uniform = NOISE[0].float(), COMPONENT[0].float()
    plain = AAE(prior="mixture").draws(NORMAL, noise, uniform, nn.Identity())
    torch.testing.assert_close(plain.codes, mixture(torch.tensor([0, 3, 9, 7]), noise, 10))
    assert plain.classes is None
    told = AAE(prior="mixture", labels=True, classes=3).draws(NORMAL, noise, uniform, nn.Identity())
    assert told.classes.tolist() == [0, 0, 2, 2]
    torch.testing.assert_close(AAE().draws(SPHERE, noise, uniform, nn.Identity()).codes, SPHERE.draw(noise))
