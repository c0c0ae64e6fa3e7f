"""Baselines of completion and denoising: regression, network, neighbours and averages of what is known of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from posectl.core.distances import mean_per_joint
from posectl.core.recovery.average import Average
from posectl.core.recovery.linear import Linear
from posectl.core.recovery.neighbour import Neighbour
from posectl.core.recovery.network import Network
from posectl.stages.evaluation.masks import any_known, random_known


def poses(count: int, seed: int = 0) -> torch.Tensor:
    """Poses of nine degrees of freedom, not linear ones, with the pelvis at the origin."""
    g = torch.Generator().manual_seed(seed)
    mix = torch.randn(9, 51, generator=torch.Generator().manual_seed(7))
    made = (torch.tanh(torch.randn(count, 9, generator=g)) @ mix).view(count, 17, 3)
    rough = torch.randn(count, 17, 3, generator=g).index_fill(1, torch.tensor([0]), 0)
    return 0.1 * (made - made[:, :1]) + 0.01 * rough


@pytest.fixture
def known() -> torch.Tensor:
    return random_known(200, torch.Generator().manual_seed(1))


def test_the_regression_is_least_squares_with_an_intercept(known):
    train, test = poses(800), poses(200, 1)
    made = Linear(train).complete(test, known, 10)[:, 0].numpy()
    for row in range(0, 200, 25):
        seen, hidden = known[row].numpy(), ~known[row].numpy()
        design = np.c_[train[:, seen].flatten(1).double().numpy(), np.ones(800)]
        slope = np.linalg.lstsq(design, train[:, hidden].flatten(1).double().numpy(), rcond=1e-10)[0]
        expected = np.r_[test[row, seen].flatten().numpy(), 1] @ slope
        np.testing.assert_allclose(made[row, hidden].ravel(), expected, atol=1e-5)
        assert (made[row, seen] == test[row, seen].numpy()).all()


def test_the_regression_of_noise_is_wieners_filter():
    g = torch.Generator().manual_seed(0)
    train = torch.randn(4000, 17, 3, generator=g) * 0.1
    noisy = train + 0.1 * torch.randn(train.shape, generator=g)
    made = Linear(train).denoise(noisy, 0.1)[:, 0]
    mean = train.mean(0)
    torch.testing.assert_close(made, mean + (noisy - mean) / 2, atol=0.02, rtol=0)  # as much noise as signal


def test_neighbours_are_the_nearest_by_the_known_joints(known):
    train, test = poses(300), poses(200, 1)
    made = Neighbour(train).complete(torch.where(known[..., None], test, torch.nan), known, 3)
    for row in range(0, 200, 20):
        seen = known[row]
        nearest = mean_per_joint(train[:, seen], test[row, seen]).argsort(stable=True)[:3]
        assert torch.equal(made[row], train[nearest])


def test_a_network_beats_the_mean_pose_and_is_the_same_again(known):
    train, test = poses(2000), poses(200, 1)
    first, again = (Network(train, any_known, steps=300).complete(test, known, 1) for _ in range(2))
    assert torch.equal(first, again)
    assert torch.equal(first[:, 0][known], test[known])
    error, mean = ((each - test)[~known].norm(dim=-1).mean() for each in (first[:, 0], train.mean(0)))
    assert error < 0.7 * mean


def test_a_network_takes_noise_out():
    train, test = poses(2000), poses(200, 1)
    noisy = test + 0.1 * torch.randn(test.shape, generator=torch.Generator().manual_seed(2))
    made = Network(train, any_known, steps=300).denoise(noisy, 0.1)[:, 0]
    assert mean_per_joint(made, test).mean() < 0.7 * mean_per_joint(noisy, test).mean()


def test_an_average_is_of_the_frames_around_and_of_fewer_at_the_ends():
    clip = torch.arange(5.0)[None, :, None, None].expand(1, 5, 17, 3)
    made = Average(2).denoise_clips(clip, 0.1)[0, :, 0, 0]
    assert made.tolist() == pytest.approx([1, 1.5, 2, 2.5, 3])
    assert torch.equal(Average(0).denoise_clips(clip, 0.1), clip)


def test_random_masks_hide_one_to_three_joints_but_never_the_pelvis():
    known = random_known(3000, torch.Generator().manual_seed(0))
    assert known[:, 0].all()
    assert (~known).sum(1).bincount().tolist() == [0, 1000, 1000, 1000]
    assert len(known.unique(dim=0)) <= 30
