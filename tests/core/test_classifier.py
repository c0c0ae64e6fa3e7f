"""What a small network tells of samples: classes and numbers that it can know."""

from __future__ import annotations

import torch

from posectl.core.classifier import learn


def blobs(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(seed)
    labels = torch.randint(3, (600,), generator=g)
    middles = torch.tensor([[4.0, 0.0], [-4.0, 0.0], [0.0, 4.0]])
    return (middles[labels] + torch.randn(600, 2, generator=g))[:, :, None], labels


def test_it_tells_classes_that_are_apart_in_samples_that_it_has_not_seen():
    samples, labels = blobs(0)
    tell = learn(samples, labels, torch.Generator().manual_seed(0), 300)
    others, theirs = blobs(1)
    told = tell(others)
    torch.testing.assert_close(told.sum(1), torch.ones(600))
    assert (told.argmax(1) == theirs).float().mean() > 0.98


def test_it_tells_numbers_whatever_the_scale_of_the_samples():
    g = torch.Generator().manual_seed(0)
    x = torch.rand(2000, 3, generator=g) * torch.tensor([1e-3, 1.0, 1e3])
    y = torch.stack([1e3 * x[:, 0] - x[:, 1], x[:, 2] / 1e3], 1)
    tell = learn(x[:1500], y[:1500], torch.Generator().manual_seed(0), 600)
    assert (tell(x[1500:]) - y[1500:]).square().mean() < 1e-3 * y.var()


def test_the_same_seed_tells_the_same_bits():
    samples, labels = blobs(0)
    first, again = (learn(samples, labels, torch.Generator().manual_seed(5), 20)(samples) for _ in range(2))
    assert torch.equal(first, again)
