"""Spectral norm against the singular values themselves."""

import pytest
import torch
from torch import nn

from posectl.core.nets.conv_layers import Conv2d
from posectl.core.nets.layers import Linear, Replicated, initialise
from posectl.core.objectives.spectral import Spectral


def net(replicas, seed=0):
    module = Spectral(Replicated(Linear(replicas, 5, 7), nn.Tanh(), Linear(replicas, 7, 3), outputs=(3,))).double()
    for replica in range(replicas):
        initialise(module, replica, torch.Generator().manual_seed(seed + replica))
    return module


def settle(module, x, times=200):
    for _ in range(times):
        module(x)
    return module


def test_divides_every_weight_by_its_largest_singular_value():
    module = net(2)
    x = torch.randn(2, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    settle(module, x).eval()
    first, _, last = module.inner
    expected = x
    for layer in (first, last):
        top = torch.linalg.matrix_norm(layer.matrix, 2)
        expected = expected @ (layer.matrix / top[:, None, None]) + layer.bias[:, None]
        expected = expected.tanh() if layer is first else expected
    torch.testing.assert_close(module(x), expected)


def test_a_kernel_counts_as_a_matrix_of_its_output_maps():
    module = Spectral(Conv2d(1, 2, 3)).double()
    initialise(module, 0, torch.Generator().manual_seed(0))
    x = torch.randn(1, 2, 2, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    settle(module, x).eval()
    weight = module.inner.weight[0]
    expected = nn.functional.conv2d(x[0], weight / torch.linalg.matrix_norm(weight.flatten(1), 2), padding=1)
    torch.testing.assert_close(module(x)[0], expected)


def test_gradients_take_the_singular_vectors_as_given():
    # Of |W / s| along W itself: scaling W changes nothing.
    module = net(1)
    x = torch.randn(1, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    settle(module, x)
    weight = module.inner[0].matrix
    (gradient,) = torch.autograd.grad(module(x).square().sum(), weight)
    torch.testing.assert_close((gradient * weight).sum(), torch.zeros((), dtype=torch.float64), atol=1e-9, rtol=0)
    assert gradient.abs().max() > 0


def test_in_use_nothing_moves():
    module = net(1).eval()
    x = torch.ones(1, 1, 5, dtype=torch.float64)
    before = {name: buffer.clone() for name, buffer in module.named_buffers()}
    module(x)
    for name, buffer in module.named_buffers():
        torch.testing.assert_close(buffer, before[name])


def test_replicas_do_not_mix():
    x = torch.randn(2, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    both = net(2)(x)
    for replica in range(2):
        torch.testing.assert_close(both[replica : replica + 1], net(1, seed=replica)(x[replica : replica + 1]))


class Weighed(nn.Module):
    """Elements times weights, without the sums of a product."""

    def __init__(self, weights):
        super().__init__()
        self.weights = nn.Parameter(weights)

    def forward(self, x):
        return x * self.weights


@pytest.mark.parametrize("threads", [1, 2], indirect=True)
def test_a_replica_of_a_stack_is_normed_to_the_bit_as_alone(threads):
    weights, x, wanted = torch.randn(3, 3, 256, 256)

    def normed(some):
        module = Spectral(Weighed(weights[some].clone()))
        for replica, seed in enumerate(range(3)[some]):
            initialise(module, replica, torch.Generator().manual_seed(seed))
        out = module(x[some])
        return out, torch.autograd.grad((out * wanted[some]).sum(), module.inner.weights)[0]

    for whole, *parts in zip(normed(slice(None)), *(normed(slice(r, r + 1)) for r in range(3)), strict=True):
        assert torch.equal(whole, torch.cat(parts))
