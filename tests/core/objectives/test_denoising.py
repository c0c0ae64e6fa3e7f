"""Denoising by hand: what is encoded, and that the clean sample is the target."""

import pytest
import torch
from core.objectives.settings import IMAGES, POSES, linear_step, small_step
from core.objectives.training import error_of_the_mean, trainer
from torch import nn

from posectl.core.nets.mlp import MLP
from posectl.core.objectives.denoising import Denoising
from posectl.errors import UsageError

X = torch.tensor([[[1.0, 2.0], [3.0, 6.0], [-1.0, 0.0], [2.0, 2.0]]], dtype=torch.float64)
NOISE = torch.tensor([[[1.0, -1.0], [0.5, 0.0], [2.0, 2.0], [0.0, -3.0]]], dtype=torch.float64)


def noisy(sigma, **options):
    return linear_step(X, {"denoising": NOISE}, objectives=[Denoising(sigma=sigma)], **options)


def test_noise_is_added_to_what_is_encoded_and_the_clean_sample_is_the_target():
    step = noisy(0.5)
    torch.testing.assert_close(step.x_in, X + 0.5 * NOISE)
    # x_hat is half of what is encoded: the error is of -x/2 + noise/4.
    torch.testing.assert_close(step.kind.mean_square(step.x_hat - step.x), (X / 2 - NOISE / 4).square().mean((1, 2)))


def test_both_halves_of_a_batch_are_noisy():
    step = noisy(0.5, pairing="halves")
    torch.testing.assert_close(step.x, X[:, :2])
    torch.testing.assert_close(step.z, 2 * (X + 0.5 * NOISE)[:, :2])
    torch.testing.assert_close(step.z_partner, 2 * (X + 0.5 * NOISE)[:, 2:])


def test_the_deviation_is_one_for_images_and_five_centimetres_for_poses():
    images, poses = torch.zeros(1, 2, 1, 4, 4), torch.zeros(1, 2, 17, 3)
    assert torch.equal(Denoising().corrupt_input(images, {"denoising": torch.ones_like(images)}, IMAGES), images + 1)
    assert torch.equal(Denoising().corrupt_input(poses, {"denoising": torch.ones_like(poses)}, POSES), poses + 0.05)


def test_without_noise_nothing_changes():
    step = noisy(0.0)
    torch.testing.assert_close(step.x_in, X)


def test_in_use_nothing_is_noisy():
    net, inner = MLP((2, 3), 4), nn.Identity()
    assert Denoising().encoder(inner, net, 1) is inner
    assert Denoising().decoder(inner, net, 1, POSES) is inner


def test_replicas_have_noise_of_their_own():
    step, _ = small_step(Denoising(), seeds=(3, 1))
    for replica, seed in enumerate((3, 1)):
        alone, _ = small_step(Denoising(), seeds=(seed,))
        torch.testing.assert_close(step.x_hat[replica : replica + 1], alone.x_hat)


def test_a_short_training_reconstructs():
    run = trainer(Denoising())
    run.run()
    assert run.history.tests[200][0] < 0.5 * error_of_the_mean()


def test_a_deviation_is_not_negative():
    with pytest.raises(UsageError, match="deviation"):
        Denoising(sigma=-0.1)


def test_it_has_no_weight():
    with pytest.raises(UsageError, match="no term") as raised:
        Denoising(lam=0.0)
    assert "denoising.sigma" in raised.value.hint
