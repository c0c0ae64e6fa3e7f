"""ACAI's losses by hand, in float64, and whom each of them moves."""

import pytest
import torch
from core.objectives.settings import IMAGES, POSES
from torch import nn

from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.nets.mlp import MLP
from posectl.core.objectives.acai import ACAI
from posectl.core.objectives.base import check_together
from posectl.core.objectives.none import Nothing
from posectl.core.objectives.step import Step
from posectl.core.training.loop import Plan, Trainer
from posectl.errors import UsageError


class Scale(nn.Module):
    """x times a constant, as encoder, decoder or critic."""

    def __init__(self, factor, mean=False):
        super().__init__()
        self.factor, self.mean = factor, mean

    def forward(self, x):
        return (x * self.factor).flatten(2).mean(2) if self.mean else x * self.factor


def linear_step(batch, alpha, pairing="reverse"):
    """Encoder 2x, decoder x/4, so x_hat = x / 2; codes in the plane, where paths are straight."""
    return Step(Scale(2.0), Scale(0.25), NORMAL, batch, {"alpha": alpha}, kind=IMAGES, pairing=pairing)


X = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [-1.0, 0.0], [2.0, 2.0]]], dtype=torch.float64)
U = torch.tensor([[0.1, 0.4, 0.9, 0.5]], dtype=torch.float64)
ALPHA = torch.tensor([[0.1, 0.4, 0.1, 0.5]], dtype=torch.float64)


def test_alpha_is_folded_to_at_most_a_half():
    torch.testing.assert_close(linear_step(X, U).alpha, ALPHA)


def test_losses_by_hand():
    # x_mix = ((1 - a) x + a reversed x) / 2; critic = 3 * mean of coordinates; gamma = 0.2.
    step, networks, objective = linear_step(X, U), {"critic": Scale(3.0, mean=True)}, ACAI(lam=1.0, gamma=0.2)
    mix = ((1 - ALPHA[..., None]) * X + ALPHA[..., None] * X.flip(1)) / 2
    guess = 3 * mix.mean(-1)
    real = 3 * (0.2 * X + 0.8 * X / 2).mean(-1)
    torch.testing.assert_close(objective.term(step, networks), (guess**2).mean(1))
    expected = ((guess - ALPHA) ** 2).mean(1) + (real**2).mean(1)
    torch.testing.assert_close(objective.adversaries(step, networks)["critic"], expected)


def test_alpha_zero_is_the_sample_itself():
    step = linear_step(X, torch.zeros_like(U))
    torch.testing.assert_close(step.x_mix, step.x_hat)


def test_pairing_by_halves_reconstructs_the_first_half_and_interpolates_to_the_second():
    step = linear_step(X, U, pairing="halves")
    torch.testing.assert_close(step.x, X[:, :2])
    mix = ((1 - ALPHA[:, :2, None]) * X[:, :2] + ALPHA[:, :2, None] * X[:, 2:]) / 2
    torch.testing.assert_close(step.x_mix, mix)


def test_reconstruction_of_poses_sums_over_coordinates_and_averages_over_joints():
    # losses/joints_loss.py: sum of squares / batch / 17. One joint off by (1, 2, 2) m: 9 / 17.
    x = torch.zeros(1, 1, 17, 3)
    off = x.clone()
    off[0, 0, 5] = torch.tensor([1.0, 2.0, 2.0])
    assert POSES.mean_square(off - x).item() == pytest.approx(9 / 17)
    assert IMAGES.mean_square(torch.ones(1, 1, 1, 2, 2)).item() == 1.0


def trainer(terms, seeds=(0,), **plan):
    data = torch.randn(200, 17, 3, generator=torch.Generator().manual_seed(1)) * 0.3
    terms = [terms] * len(seeds)
    return Trainer(
        MLP((17, 3), 4, widths=(16,)), SPHERE, terms, data, data[:50], Plan(**{"steps": 5, "batch": 8, **plan}), seeds,
        kind=POSES,
    )  # fmt: skip


def test_one_step_moves_each_group_by_the_gradient_of_its_own_loss_alone():
    # Against a plain step written out: explicit detaches, the autoencoder before the critic, as in the authors' code.
    run = trainer([ACAI(lam=0.3, gamma=0.05)], steps=1)
    encoder, decoder, critic = (run.networks[n] for n in ("encoder", "decoder", "acai.critic"))
    block = run.batches.block(0)
    x, alpha = block.x[0], 0.5 - (block.noise["alpha"][0] - 0.5).abs()
    z = SPHERE.project(encoder(x))
    other = z.flip(1)
    theta = torch.acos((z * other).sum(-1, keepdim=True))
    a = alpha[..., None]
    mix = decoder((torch.sin((1 - a) * theta) * z + torch.sin(a * theta) * other) / torch.sin(theta))
    x_hat = decoder(z)
    loss = ((x_hat - x) ** 2).sum() / 8 / 17 + 0.3 * critic(mix).square().mean()
    wanted = [*encoder.parameters(), *decoder.parameters()]
    expected = torch.autograd.grad(loss, wanted)
    mix, x_hat = mix.detach(), x_hat.detach()
    critic_loss = (critic(mix) - alpha).square().mean() + critic(0.05 * x + 0.95 * x_hat).square().mean()
    expected += torch.autograd.grad(critic_loss, list(critic.parameters()))
    before = [p.detach().clone() for p in (*wanted, *critic.parameters())]
    run.run()
    means = [mean for optimizer in run.optimizers.values() for mean in optimizer.mean]
    for p, mean, old, gradient in zip((*wanted, *critic.parameters()), means, before, expected, strict=True):
        # Adam's mean starts at zero and takes a tenth of the first gradient.
        torch.testing.assert_close(10 * mean, gradient, atol=1e-6, rtol=1e-4)
        # Adam's first step is lr times the sign, but where the gradient is of the size of its epsilon.
        moved = gradient.abs() > 1e-5
        torch.testing.assert_close(p.detach()[moved], (old - 1e-3 * gradient.sign())[moved], atol=2e-6, rtol=0)


def test_lambda_zero_trains_the_very_autoencoder_of_no_regularizer():
    plain, acai = trainer([Nothing()]), trainer([ACAI(lam=0.0)])
    plain.run()
    acai.run()
    for name, weight in plain.weights(0).items():
        torch.testing.assert_close(torch.from_numpy(acai.weights(0)[name]), torch.from_numpy(weight), atol=1e-7, rtol=0)


def test_one_regularizer_may_not_be_named_twice():
    with pytest.raises(UsageError, match="named twice"):
        check_together([ACAI(), ACAI(lam=0.1)])
