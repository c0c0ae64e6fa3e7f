"""The VAE's likelihoods and divergence by hand, its bound against a model whose likelihood is known."""

import math

import pytest
import torch
from core.objectives.settings import IMAGES, POSES, assert_replicas_apart, kind_of, small_step
from core.objectives.training import assert_resumes, error_of_the_mean, trainer
from torch import nn

from posectl.core.latent.posterior import reparameterise
from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.nets.conv import Conv
from posectl.core.nets.layers import initialise
from posectl.core.nets.mlp import MLP
from posectl.core.objectives.acai import ACAI
from posectl.core.objectives.base import build_decoder, build_encoder, check_together
from posectl.core.objectives.beta_vae import BetaVAE
from posectl.core.objectives.dropout import Dropout
from posectl.core.objectives.step import Step
from posectl.core.objectives.vae import VAE, FromLogits
from posectl.core.objectives.vqvae import VQVAE
from posectl.errors import UsageError


class Given(nn.Module):
    """An encoder or decoder whose output is given."""

    def __init__(self, output):
        super().__init__()
        self.output = output

    def forward(self, x):
        return self.output


def step_of(mean, log_variance, noise, *, x=None, decoder=None, prior=NORMAL, objectives=None):
    x = torch.zeros(*mean.shape[:2], 1, 3, dtype=torch.float64) if x is None else x
    encoder = Given(torch.cat((mean, log_variance), dim=-1))
    objectives = objectives or [VAE()]
    noise = {"vae": noise} if isinstance(noise, torch.Tensor) else noise
    return Step(
        encoder, decoder or nn.Identity(), prior, x, noise, kind=kind_of(x.shape[2:]), latent=mean.shape[-1],
        objectives=objectives,
    )  # fmt: skip


MEAN = torch.tensor([[[0.5, -1.0, 2.0], [0.0, 0.3, -0.2]]], dtype=torch.float64)
LOG_VARIANCE = torch.tensor([[[0.0, 0.6, -1.0], [-2.0, 0.1, 0.4]]], dtype=torch.float64)
NOISE = torch.tensor([[[1.0, -0.5, 0.2], [0.1, 2.0, -1.0]]], dtype=torch.float64)


def test_divergence_by_hand():
    step = step_of(MEAN, LOG_VARIANCE, NOISE)
    posterior = torch.distributions.Normal(MEAN, (LOG_VARIANCE / 2).exp())
    prior = torch.distributions.Normal(torch.zeros_like(MEAN), torch.ones_like(MEAN))
    expected = torch.distributions.kl_divergence(posterior, prior).sum(2).mean(1)
    torch.testing.assert_close(VAE().term(step, {}), expected)
    # One number: mean 2 and deviation 3 is (4 + 9 - 1 - log 9) / 2 from the standard normal.
    step = step_of(torch.full((1, 1, 1), 2.0), torch.full((1, 1, 1), math.log(9)), torch.zeros(1, 1, 1))
    assert VAE().term(step, {}).item() == pytest.approx((12 - math.log(9)) / 2)


def test_the_prior_itself_does_not_diverge():
    zeros = torch.zeros(1, 4, 8)
    assert VAE().term(step_of(zeros, zeros, zeros), {}).item() == 0


def test_what_is_decoded_in_training_is_drawn_and_a_code_is_the_mean():
    step = step_of(MEAN, LOG_VARIANCE, NOISE)
    torch.testing.assert_close(step.z_in, MEAN + torch.sqrt(LOG_VARIANCE.exp()) * NOISE)
    torch.testing.assert_close(step.z, MEAN)


def test_draws_have_the_posteriors_moments():
    noise = torch.randn(200_000, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    codes = reparameterise(MEAN[0, :1], LOG_VARIANCE[0, :1], noise)
    torch.testing.assert_close(codes.mean(0), MEAN[0, 0], atol=0.01, rtol=0)
    torch.testing.assert_close(codes.var(0), LOG_VARIANCE[0, 0].exp(), atol=0, rtol=0.01)


def test_interpolations_are_between_means():
    noise = {"vae": NOISE, "alpha": torch.tensor([[0.2, 0.4]], dtype=torch.float64)}
    step = step_of(MEAN, LOG_VARIANCE, noise, objectives=[VAE(), ACAI()])
    alpha = torch.tensor([[[0.2], [0.4]]], dtype=torch.float64)
    torch.testing.assert_close(step.x_mix, (1 - alpha) * MEAN + alpha * MEAN.flip(1))


def test_on_the_sphere_a_draws_direction_is_decoded():
    step = step_of(MEAN, LOG_VARIANCE, NOISE, prior=SPHERE)
    drawn = MEAN + torch.sqrt(LOG_VARIANCE.exp()) * NOISE
    torch.testing.assert_close(step.z_in, drawn / drawn.norm(dim=-1, keepdim=True))
    torch.testing.assert_close(step.z, MEAN / MEAN.norm(dim=-1, keepdim=True))
    flat = step_of(MEAN, LOG_VARIANCE, NOISE)
    torch.testing.assert_close(VAE().term(step, {}), VAE().term(flat, {}))


def test_what_others_do_to_the_code_stays():
    noise = {"vae": NOISE, "dropout": torch.tensor([[[0.1, 0.9, 0.9], [0.9, 0.1, 0.1]]], dtype=torch.float64)}
    kept = torch.tensor([[[1.0, 0, 0], [0, 1, 1]]], dtype=torch.float64)
    spread = torch.sqrt(LOG_VARIANCE.exp()) * NOISE
    before = step_of(MEAN, LOG_VARIANCE, noise, objectives=[Dropout(), VAE()])
    torch.testing.assert_close(before.z_in, 2 * kept * MEAN + spread)
    after = step_of(MEAN, LOG_VARIANCE, noise, objectives=[VAE(), Dropout()])
    torch.testing.assert_close(after.z_in, 2 * kept * (MEAN + spread))


def test_of_points_each_coordinate_is_gaussian():
    x = torch.tensor([[[[0.1, 0.2, 0.3]], [[0.0, -0.1, 0.0]]]], dtype=torch.float64)
    step = step_of(MEAN, LOG_VARIANCE, NOISE, x=x, decoder=Given(x + 0.04))
    # Three coordinates, each off by two deviations.
    assert VAE(sigma=0.02).reconstruction(step, {}).item() == pytest.approx(3 * 2**2 / 2)


def test_the_bound_is_the_likelihood_where_the_posterior_is_exact():
    # x = z + N(0, s^2) with z from N(0, 1): the posterior is N(x, s^2) / (1 + s^2), and x is from N(0, 1 + s^2).
    s = 0.7
    value = torch.tensor([0.4, -1.1, 0.9], dtype=torch.float64)
    x = value.expand(1, 2, 1, 3)
    mean = (value / (1 + s**2)).expand(1, 2, 3)
    log_variance = torch.full_like(mean, math.log(s**2 / (1 + s**2)))
    # Of a quadratic, the mean over a draw of +1 and one of -1 is the mean over N(0, 1).
    noise = torch.tensor([1.0, -1.0], dtype=torch.float64)[None, :, None].expand(1, 2, 3)
    step = step_of(mean, log_variance, noise, x=x, decoder=nn.Unflatten(2, (1, 3)))
    loss = VAE(sigma=s).reconstruction(step, {}) + VAE(sigma=s).term(step, {})
    constant = 1.5 * math.log(2 * math.pi * s**2)
    minus_log = 1.5 * math.log(2 * math.pi * (1 + s**2)) + value.square().sum().item() / (2 * (1 + s**2))
    assert loss.item() + constant == pytest.approx(minus_log, rel=1e-12)


def image_step(x, logits):
    mean = torch.zeros(*x.shape[:2], 2, dtype=x.dtype)
    return step_of(mean, mean, mean, x=x, decoder=FromLogits(Given(logits)))


def test_of_images_each_pixel_is_bernoulli():
    draws = torch.Generator().manual_seed(2)
    x = 2 * torch.rand(2, 3, 1, 4, 4, generator=draws, dtype=torch.float64) - 1
    logits = torch.randn(2, 3, 1, 4, 4, generator=draws, dtype=torch.float64)
    p, target = 1 / (1 + torch.exp(-logits)), (x + 1) / 2
    expected = -(target * p.log() + (1 - target) * (1 - p).log()).sum((2, 3, 4)).mean(1)
    step = image_step(x, logits)
    torch.testing.assert_close(VAE().reconstruction(step, {}), expected)
    torch.testing.assert_close(step.x_hat, 2 * p - 1)


def test_a_pixel_that_is_wrong_and_certain_still_learns():
    x = torch.tensor([1.0, -1.0]).view(1, 2, 1, 1, 1)
    logits = torch.tensor([-1000.0, 1000.0]).view(1, 2, 1, 1, 1).requires_grad_()
    loss = VAE().reconstruction(image_step(x, logits), {})
    assert loss.item() == 1000
    (gradient,) = torch.autograd.grad(loss.sum(), logits)
    # The mean over two samples of -1 and +1.
    assert gradient.flatten().tolist() == [-0.5, 0.5]


def test_everyone_but_the_likelihood_sees_images_from_minus_one_to_one():
    net = Conv((1, 8, 8), 8, depth=2)
    objectives = [VAE()]
    decoder = build_decoder(net, objectives, 1, IMAGES)
    initialise(decoder, 0, torch.Generator().manual_seed(1))
    codes = 50 * torch.randn(1, 5, 8, generator=torch.Generator().manual_seed(2))
    images, logits = decoder.trace(codes)
    torch.testing.assert_close(decoder(codes), images)
    torch.testing.assert_close(images, 2 * torch.sigmoid(logits) - 1)
    assert images.abs().max() <= 1 < logits.abs().max()


def test_the_encoder_gains_one_dense_layer_to_twice_the_code():
    net = MLP((17, 3), 8)
    plain, wrapped = net.encoder(1), build_encoder(net, [VAE()], 1)

    def count(module):
        return sum(p.numel() for p in module.parameters())

    assert count(wrapped) - count(plain) == 8 * 16 + 16
    assert wrapped(torch.zeros(1, 3, 17, 3)).shape == (1, 3, 16)
    assert VAE().decoder(plain, net, 1, POSES) is plain


@pytest.mark.parametrize("prior", [NORMAL, SPHERE])
def test_replicas_do_not_mix(prior):
    assert_replicas_apart(VAE(), prior)
    assert_replicas_apart(VAE(), prior, net=MLP((1, 4, 4), 4, widths=(8,)))


def test_the_divergence_does_not_reach_the_decoder():
    step, networks = small_step(VAE(), SPHERE)
    decoder = list(networks["decoder"].parameters())
    gradients = torch.autograd.grad(VAE().term(step, {}).sum(), decoder, allow_unused=True)
    assert gradients == (None,) * len(decoder)


def test_beta_vae_differs_in_its_weight_alone():
    assert (VAE().lam, BetaVAE().lam) == (1.0, 4.0)
    vae, beta = small_step(VAE())[0], small_step(BetaVAE())[0]
    torch.testing.assert_close(VAE().term(vae, {}), BetaVAE().term(beta, {}))
    torch.testing.assert_close(VAE().reconstruction(vae, {}), BetaVAE().reconstruction(beta, {}))


@pytest.mark.parametrize("prior", [NORMAL, SPHERE])
def test_a_short_training_reconstructs_from_means(prior):
    run = trainer(VAE(), prior=prior, lr=1e-2)
    run.run()
    assert run.history.tests[200][0] < 0.5 * error_of_the_mean()


def test_a_large_beta_brings_codes_to_the_prior():
    run = trainer(BetaVAE(lam=1e4), prior=NORMAL, lr=1e-2)
    run.run()
    with torch.no_grad():
        mean, log_variance = run.networks["encoder"](run.test[None]).chunk(2, dim=-1)
    assert mean.square().mean() < 0.01
    assert log_variance.square().mean() < 0.01


def test_it_resumes_to_the_bit():
    assert_resumes(lambda: trainer(VAE(), steps=120))


def test_it_shares_the_reconstruction_with_no_other():
    for other in (BetaVAE(), VQVAE(codes=4)):
        with pytest.raises(UsageError, match=f"vae and {other.name} each replace"):
            check_together([VAE(), other])


@pytest.mark.parametrize("objective", [VAE, BetaVAE])
def test_a_deviation_is_positive(objective):
    with pytest.raises(UsageError, match=f"{objective.name}.sigma"):
        objective(sigma=0.0)
