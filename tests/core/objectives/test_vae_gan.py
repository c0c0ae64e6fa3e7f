"""The VAE-GAN by hand: its losses, and which part of them each network learns from."""

import math

import numpy as np
import pytest
import torch
from core.objectives.settings import IMAGES, assert_replicas_apart, moved, small_step
from core.objectives.training import assert_resumes, assert_stacks, error_of_the_mean, trainer
from torch import nn
from torch.nn import functional as F

from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.nets.conv import Conv
from posectl.core.nets.mlp import MLP
from posectl.core.objectives.acai import ACAI
from posectl.core.objectives.step import Step
from posectl.core.objectives.vae import VAE
from posectl.core.objectives.vae_gan import VAEGAN
from posectl.errors import UsageError


class Sees(nn.Module):
    """Twice the elements of a sample as features, and their sum less one as logit."""

    def forward(self, x):
        flat = x.flatten(2)
        return torch.cat((2 * flat, flat.sum(2, keepdim=True) - 1), -1)


class Given(nn.Module):
    def __init__(self, output):
        super().__init__()
        self.output = output

    def forward(self, x):
        return self.output


X = torch.tensor([[[0.4, 0.8], [0.2, -0.6], [-0.4, 0.2]]], dtype=torch.float64)
MEAN = torch.tensor([[[0.5, -1.0], [0.0, 0.3], [2.0, -0.2]]], dtype=torch.float64)
LOG_VARIANCE = torch.tensor([[[0.0, 0.6], [-2.0, 0.1], [-1.0, 0.4]]], dtype=torch.float64)
NOISE = torch.tensor([[[1.0, -0.5], [0.1, 2.0], [0.2, -1.0]]], dtype=torch.float64)
DRAWS = torch.tensor([[[0.3, 0.7], [-1.2, 0.4], [0.9, 0.0]]], dtype=torch.float64)


def given_step(objective):
    encoder = Given(torch.cat((MEAN, LOG_VARIANCE), -1))
    decoder = nn.Linear(2, 2).double()
    with torch.no_grad():
        decoder.weight.copy_(torch.eye(2) / 2)
        decoder.bias.zero_()
    noise = {"vae": NOISE, "vae-gan": DRAWS}
    return Step(encoder, decoder, NORMAL, X, noise, kind=IMAGES, latent=2, objectives=[objective])


def test_losses_by_hand():
    objective = VAEGAN(gamma=0.3)
    step, networks = given_step(objective), {"discriminator": Sees()}
    x_hat = (MEAN + (LOG_VARIANCE / 2).exp() * NOISE) / 2
    logits = {name: each.sum(2) - 1 for name, each in (("x", X), ("x_hat", x_hat), ("drawn", DRAWS / 2))}
    # log D = -softplus(-logit), log(1 - D) = -softplus(logit).
    as_data = {name: F.softplus(-each).mean() for name, each in logits.items()}
    as_made = {name: F.softplus(each).mean() for name, each in logits.items()}
    variance = np.var(2 * X.numpy(), axis=1, keepdims=True) + 1e-5
    features = ((2 * x_hat - 2 * X) ** 2 / torch.from_numpy(variance)).sum(2).mean() / 2
    expected = 0.3 * features + as_data["x_hat"] + as_data["drawn"]
    assert objective.reconstruction(step, networks).item() == pytest.approx(expected.item(), rel=1e-12)
    expected = as_data["x"] + as_made["x_hat"] + as_made["drawn"]
    assert objective.adversaries(step, networks)["discriminator"].item() == pytest.approx(expected.item(), rel=1e-12)
    torch.testing.assert_close(objective.term(step, networks), VAE().term(step, networks))


def test_features_count_alike_whatever_their_scale():
    class Scaled(Sees):
        def forward(self, x):
            seen = super().forward(x)
            return torch.cat((seen[..., :1] * 1e3, seen[..., 1:2] * 10, seen[..., 2:]), -1)

    losses = [
        VAEGAN(gamma=1.0).reconstruction(given_step(VAEGAN(gamma=1.0)), {"discriminator": each()}).item()
        for each in (Sees, Scaled)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


@pytest.mark.parametrize(
    ("of_real", "of_made", "moves"),
    # Cross-entropies of data and of what is made; 0.68 - 0.4 is 0.28, and 0.68 + 0.4 is 1.08.
    [(0.3, 0.3, 1), (0.27, 0.3, 0), (0.5, 0.27, 0), (0.27, 1.1, 1), (1.5, 1.5, 1)],
)
def test_the_discriminator_pauses_where_it_is_ahead_in_all(of_real, of_made, moves):
    def logit(cross_entropy):  # of -log of the right answer's probability
        return -math.log(math.expm1(cross_entropy))

    class Judges(nn.Module):
        def forward(self, x):
            logits = torch.tensor([logit(of_real)] * 3 + [-logit(of_made)] * 9, dtype=torch.float64)
            return logits[None, :, None]

    scales = VAEGAN().lr_scales(given_step(VAEGAN()), {"discriminator": Judges()})
    assert scales["discriminator"].tolist() == [moves]
    never = VAEGAN(margin=1.0).lr_scales(given_step(VAEGAN()), {"discriminator": Judges()})
    assert never["discriminator"].tolist() == [1]


@pytest.mark.parametrize("prior", [NORMAL, SPHERE], ids=lambda p: p.name)
@pytest.mark.parametrize("gamma", [0.01, 1.0, 3.0])
def test_encoder_learns_from_features_alone_and_decoder_from_both(gamma, prior):
    objective = VAEGAN(gamma=gamma, features=5)
    step, networks = small_step(objective, prior)
    discriminator, decoder = networks["discriminator"], networks["decoder"]

    def features(codes):
        seen, real = (discriminator(each)[..., :-1] for each in (decoder(codes), step.x))
        spread = real.detach().var(1, unbiased=False, keepdim=True) + 1e-5
        return ((seen - real).square() / spread).sum(2).mean(1).sum() / 2

    def deceit(codes):
        return F.softplus(-discriminator(decoder(codes))[..., -1]).mean(1).sum()

    loss = objective.reconstruction(step, networks).sum()
    of = {name: list(networks[name].parameters()) for name in ("encoder", "decoder")}
    found = {name: torch.autograd.grad(loss, some, retain_graph=True) for name, some in of.items()}
    for got, wanted in zip(found["encoder"], torch.autograd.grad(features(step.z_in), of["encoder"]), strict=True):
        torch.testing.assert_close(got, wanted, rtol=1e-9, atol=1e-15)
    still, drawn = step.z_in.detach(), prior.draw(step.drawn("vae-gan"))
    total = gamma * features(still) + deceit(still) + deceit(drawn)
    for got, wanted in zip(found["decoder"], torch.autograd.grad(total, of["decoder"]), strict=True):
        torch.testing.assert_close(got, wanted, rtol=1e-9, atol=1e-15)


def test_the_discriminator_has_features_beside_its_logit():
    networks = VAEGAN().networks(Conv((1, 16, 16), 8, depth=4, latent_width=2), 2)
    assert networks["discriminator"](torch.zeros(2, 3, 1, 16, 16)).shape == (2, 3, 257)
    step, networks = small_step(VAEGAN(features=5))
    assert moved(VAEGAN().adversaries(step, networks)["discriminator"], networks["discriminator"])


@pytest.mark.parametrize("prior", [NORMAL, SPHERE], ids=lambda p: p.name)
@pytest.mark.parametrize("pairing", ["reverse", "halves"])
def test_replicas_do_not_mix(prior, pairing):
    assert_replicas_apart(VAEGAN(features=5), prior, pairing=pairing)


def test_replicas_do_not_mix_with_images():
    assert_replicas_apart(VAEGAN(features=6), NORMAL, net=MLP((1, 4, 4), 4, widths=(8,)))


def test_replicas_train_apart_beside_another():
    assert_stacks(lambda seeds: trainer(VAEGAN(features=16), ACAI(), prior=NORMAL, seeds=seeds, steps=60))


def test_it_resumes_to_the_bit():
    assert_resumes(lambda: trainer(VAEGAN(features=16), prior=NORMAL, steps=120))


def test_reconstructions_near_in_features_are_near_in_space():
    run = trainer(VAEGAN(lam=0.001, gamma=1.0, features=32), prior=NORMAL, steps=500, evaluate_every=500)
    run.run()
    assert run.history.tests[500][0] < error_of_the_mean()


@pytest.mark.parametrize("features", [0, 250])
def test_features_that_are_no_stack_of_maps_are_refused(features):
    with pytest.raises(UsageError, match=f"cannot have {features} features") as raised:
        VAEGAN(features=features).networks(Conv((1, 16, 16), 8, depth=4, latent_width=2), 1)
    assert "vae-gan.features=256" in raised.value.hint


def test_a_weight_of_nothing_is_refused():
    with pytest.raises(UsageError, match="gamma must be positive"):
        VAEGAN(gamma=0.0)
