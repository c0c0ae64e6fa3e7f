"""The density of codes: its moments and draws by hand, and that draws of a trained model are like codes."""

import math

import numpy as np
import pytest
import torch
from core.objectives.training import assert_resumes, assert_stacks, poses, trainer
from torch import nn

from posectl.core.autoencoder import Autoencoder
from posectl.core.kinds import KINDS
from posectl.core.latent.priors import NORMAL, SPHERE
from posectl.core.nets.mlp import MLP
from posectl.core.objectives.cover import Cover
from posectl.core.objectives.density import Density
from posectl.core.objectives.near import Near
from posectl.core.objectives.none import Nothing
from posectl.core.objectives.step import Step
from posectl.errors import UsageError


def encoder_of(mean, covariance):
    """An encoder of one replica whose codes have these moments."""
    encoder = Density().encoder(nn.Linear(3, len(mean)), MLP((3, 1), len(mean)), 1)
    encoder.density_mean.copy_(torch.tensor(mean))
    encoder.density_covariance.copy_(torch.tensor(covariance))
    return encoder


def step_on(encoder, codes):
    """A step whose batch is its codes."""
    codes = torch.tensor(codes)
    step = Step(encoder, nn.Identity(), NORMAL, codes, {}, kind=KINDS.get("poses"), latent=codes.shape[2])
    step.z = codes
    return step


def test_a_draw_is_the_mean_and_the_root_of_the_covariance_times_the_noise():
    encoder = encoder_of([1.0, 5.0], [[4.0, 2.0], [2.0, 10.0]])  # root [[2, 0], [1, 3]]
    codes = Density().fresh(NORMAL, torch.tensor([[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]]), encoder)
    torch.testing.assert_close(codes, torch.tensor([[[1.0, 5.0], [3.0, 6.0], [1.0, 8.0]]]), rtol=1e-4, atol=0)


def test_on_the_sphere_a_draw_is_projected():
    encoder = encoder_of([3.0, 4.0], [[1.0, 0.0], [0.0, 1.0]])
    codes = Density().draws(SPHERE, torch.zeros(1, 2), torch.zeros(1), encoder).codes
    torch.testing.assert_close(codes, torch.tensor([[0.6, 0.8]]))


def test_codes_that_leave_a_direction_free_can_be_drawn():
    encoder = encoder_of([0.0, 0.0], [[8.0, 8.0], [8.0, 8.0]])
    codes = Density().fresh(NORMAL, torch.tensor([[[1.0, 0.0]]]), encoder)
    torch.testing.assert_close(codes, torch.full((1, 1, 2), math.sqrt(8.0)), rtol=1e-4, atol=0)


def test_the_moments_are_those_of_the_batches():
    density = Density(batches=2)
    encoder = encoder_of([7.0], [[7.0]])
    density.follow(step_on(encoder, [[[1.0], [3.0]]]), {})  # the first counts alone: mean 2, variance 1
    assert (encoder.density_mean.item(), encoder.density_covariance.item()) == (2.0, 1.0)
    density.follow(step_on(encoder, [[[5.0], [7.0]]]), {})  # half each: mean 4; about it 5, and 1
    assert (encoder.density_mean.item(), encoder.density_covariance.item()) == (4.0, 3.0)


def test_alone_it_leaves_the_autoencoder_plain():
    alone, plain = trainer(Density()), trainer(Nothing())
    alone.run()
    plain.run()
    np.testing.assert_array_equal(alone.history.tests[200], plain.history.tests[200])


def test_draws_of_a_trained_model_are_like_its_codes():
    run = trainer(Density(), Near(lam=0.1), Cover(lam=0.1, codes=4))
    run.run()
    model = Autoencoder(MLP((6, 3), 6, widths=(32,)), SPHERE, run.device, [Density()], kind=KINDS.get("poses"))
    model.load(run.weights(0))
    codes = model.encode(poses()[:300])
    drawn = model.draw(20_000, torch.Generator().manual_seed(0)).codes
    # The prior has the mean 0 and the covariance 1/6, off by all of the one, and by more than that of the other.
    assert (codes.mean(0) - drawn.mean(0)).norm() < 0.25 * codes.mean(0).norm()
    assert (torch.cov(codes.T) - torch.cov(drawn.T)).norm() < 0.4 * (torch.cov(codes.T) - torch.eye(6) / 6).norm()


def test_it_resumes_to_the_bit():
    assert_resumes(lambda: trainer(Density(), Near(lam=0.1), Cover(lam=0.1, codes=4)))


def test_replicas_have_densities_of_their_own():
    assert_stacks(lambda seeds: trainer(Density(), Near(lam=0.1), Cover(lam=0.1, codes=4), seeds=seeds, steps=60))


def test_bad_settings():
    with pytest.raises(UsageError, match=r"density\.batches"):
        Density(batches=0)
