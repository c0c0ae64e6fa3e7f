"""Adam against the paper's algorithm, and a stack of replicas against each of them."""

import numpy as np
import pytest
import torch
from torch import nn

from posectl.core.training.adam import Adam

RATE, BETAS = 1e-2, (0.8, 0.9)


def parameters(*shapes, dtype=torch.float32, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return [nn.Parameter(torch.randn(*shape, generator=draw, dtype=dtype)) for shape in shapes]


def gradients(of, step):
    draw = torch.Generator().manual_seed(100 + step)
    return [torch.randn(p.shape, generator=draw, dtype=p.dtype) for p in of]


def test_moves_are_those_of_algorithm_1():
    (moved,) = parameters((2, 3, 5), dtype=torch.float64)
    value, mean, square = moved.detach().numpy().copy(), 0.0, 0.0
    adam = Adam([moved], RATE, BETAS)
    for t in range(1, 6):
        (gradient,) = gradients([moved], t)
        adam.step([gradient])
        g = gradient.numpy()
        mean, square = 0.8 * mean + 0.2 * g, 0.9 * square + 0.1 * g**2
        value -= RATE * (mean / (1 - 0.8**t)) / (np.sqrt(square / (1 - 0.9**t)) + 1e-8)
    np.testing.assert_allclose(moved.detach().numpy(), value, rtol=1e-12)
    np.testing.assert_allclose(adam.mean[0].numpy(), mean, rtol=1e-12)
    np.testing.assert_allclose(adam.square[0].numpy(), square, rtol=1e-12)
    assert adam.updates.item() == 5


@pytest.mark.parametrize("threads", [1, 2], indirect=True)
def test_each_replica_of_a_stack_moves_to_the_bit_as_alone(threads):
    # Many, for what is left at a tensor's end seldom rounds otherwise.
    shapes = [(9, 51)] * 40 + [(9, 16), (9, 5, 7), (9, 64, 51), (9, 1)]
    stack = parameters(*shapes)
    lone = [[nn.Parameter(p.detach()[r : r + 1].clone()) for p in stack] for r in range(9)]
    together, apart = Adam(stack, RATE, BETAS), [Adam(each, RATE, BETAS) for each in lone]
    for step in range(40):
        given = gradients(stack, step)
        together.step(given)
        for r, adam in enumerate(apart):
            adam.step([gradient[r : r + 1].clone() for gradient in given])
    for r, each in enumerate(lone):
        for ours, theirs in zip(stack, each, strict=True):
            assert torch.equal(ours[r : r + 1], theirs)


def test_a_scale_shrinks_the_moves_of_its_replica_and_not_the_moments():
    (full,), (scaled,) = parameters((2, 7)), parameters((2, 7))
    start = full.detach().clone()
    whole, slow = Adam([full], RATE, BETAS), Adam([scaled], RATE, BETAS)
    whole.step(gradients([full], 0))
    slow.step(gradients([scaled], 0), torch.tensor([0.25, 0.0]))
    torch.testing.assert_close((scaled - start)[0], 0.25 * (full - start)[0], atol=1e-7, rtol=0)
    assert torch.equal(scaled[1], start[1])
    assert torch.equal(whole.mean[0], slow.mean[0])
