"""What AMR's mixers draw: their support, moments and dependence."""

import pytest
import torch

from posectl.core.objectives.mixers import MIXERS, OF_MANY, PAIRWISE


def noise(name, batch=4000, latent=6, seed=0):
    k = 3 if name in OF_MANY else 2
    generator = torch.Generator().manual_seed(seed)
    shares = torch.rand(1, batch, k, generator=generator, dtype=torch.float64)
    return shares, torch.rand(1, batch, latent, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("name", MIXERS)
def test_weights_are_convex_and_every_sample_has_its_share_on_average(name):
    k = 3 if name in OF_MANY else 2
    # fm2 has one p a batch, so many batches: here each sample is one.
    shares, features = noise(name)
    weights = MIXERS[name](shares.transpose(0, 1), features.transpose(0, 1))
    assert weights.shape in ((k, 4000, 1, 1), (k, 4000, 1, 6))
    assert weights.min() >= 0
    torch.testing.assert_close(weights.sum(0), torch.ones_like(weights[0]))
    torch.testing.assert_close(weights.mean((1, 2, 3)), torch.full((k,), 1 / k, dtype=torch.float64), atol=0.02, rtol=0)


# Variance over all, and covariance between two elements of one code, of the second sample's weight.
MOMENTS = {
    "mixup": (1 / 12, 1 / 12),
    "mixup2": (1 / 12, 0),
    "fm": (1 / 4, 0),
    "fm2": (1 / 4, 1 / 12),  # given p independent, so the covariance is the variance of p
    "k-mixup": (1 / 18, 1 / 18),  # Dirichlet(1, 1, 1): (1/3)(2/3)/4
    "k-bernoulli": (2 / 9, 0),
}


@pytest.mark.parametrize("name", MIXERS)
def test_moments(name):
    shares, features = noise(name)
    weight = MIXERS[name](shares.transpose(0, 1), features.transpose(0, 1))[1, :, 0].expand(-1, 6)
    variance, covariance = MOMENTS[name]
    assert weight.var().item() == pytest.approx(variance, abs=0.01)
    assert torch.cov(weight.T)[0, 1].item() == pytest.approx(covariance, abs=0.01)


@pytest.mark.parametrize("name", ["fm", "fm2", "k-bernoulli"])
def test_every_element_comes_from_one_sample(name):
    weights = MIXERS[name](*noise(name))
    assert set(weights.unique().tolist()) == {0.0, 1.0}
    assert bool((weights.sum(0) == 1).all())


def test_one_probability_a_batch_for_fm2_and_one_an_element_for_fm():
    shares, features = noise("fm2")
    shares[0, 0, 0] = 0.9
    assert PAIRWISE["fm2"](shares, features)[1].mean().item() == pytest.approx(0.9, abs=0.02)
    assert PAIRWISE["fm"](shares, features)[1].mean().item() == pytest.approx(0.5, abs=0.02)


def test_alpha_zero_is_the_sample_itself():
    shares, features = torch.zeros(1, 5, 2), torch.zeros(1, 5, 4)
    for name in ("mixup", "mixup2", "fm2"):
        first, second = PAIRWISE[name](shares, features)
        assert bool((first == 1).all())
        assert bool((second == 0).all())


def test_no_noise_overflows():
    # Uniform noise may be 0 and is always below 1, by as little as 2^-24.
    last = 1 - 2**-24
    for name, mixer in MIXERS.items():
        for value in (0.0, last):
            weights = mixer(torch.full((1, 2, 3), value if value else 1e-30), torch.full((1, 2, 4), value))
            assert bool(weights.isfinite().all()), name
