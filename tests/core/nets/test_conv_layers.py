"""Image layers with replicas: each replica equals PyTorch's own layers, and every layer is differentiable twice."""

import math

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck, gradgradcheck

from posectl.core.nets.conv_layers import Conv2d, MapNorm, PointwiseConv2d, Pool, UpsampledConv2d
from posectl.core.nets.layers import initialise, uses_batch_statistics
from posectl.core.random import generator

EXACT = {"atol": 1e-10, "rtol": 1e-10}

LAYERS = {
    "3x3": lambda replicas: Conv2d(replicas, 2, 3),
    "1x1": lambda replicas: Conv2d(replicas, 2, 3, width=1),
    "1x1 then 3x3": lambda replicas: PointwiseConv2d(replicas, 2, 4, 3),
    "upsampled": lambda replicas: UpsampledConv2d(replicas, 2, 3),
    "norm": lambda replicas: MapNorm(replicas, 2),
    "average": lambda replicas: Pool("average"),
    "maximum": lambda replicas: Pool("maximum"),
}

PLAIN = {
    "3x3": lambda: nn.Conv2d(2, 3, 3, padding=1),
    "1x1": lambda: nn.Conv2d(2, 3, 1),
    "1x1 then 3x3": lambda: nn.Sequential(nn.Conv2d(2, 4, 1), nn.Conv2d(4, 3, 3, padding=1)),
    "upsampled": lambda: nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(2, 3, 3, padding=1)),
    "norm": lambda: nn.BatchNorm2d(2),
    "average": lambda: nn.AvgPool2d(2),
    "maximum": lambda: nn.MaxPool2d(2),
}


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def drawn(layer, replicas):
    """The layer in float64, with parameters that are nowhere zero."""
    layer = layer.double()
    for r in range(replicas):
        random = generator(r, "parameters")
        for parameter in layer.parameters():
            parameter.data[r].normal_(generator=random)
    return layer


@pytest.mark.parametrize("replicas", [1, 3])
@pytest.mark.parametrize("name", LAYERS)
def test_each_replica_computes_what_pytorchs_layer_with_its_weights_does(name, replicas):
    layer = drawn(LAYERS[name](replicas), replicas)
    x = torch.randn(replicas, 5, 2, 8, 8, dtype=torch.float64)
    out = layer(x)
    for r in range(replicas):
        plain = PLAIN[name]().double()
        for theirs, ours in zip(plain.parameters(), layer.parameters(), strict=True):
            theirs.data.copy_(ours[r])
        torch.testing.assert_close(out[r], plain(x[r]), **EXACT)


@pytest.mark.parametrize("side", [1, 2, 4])
def test_small_maps_are_upsampled_and_convolved_alike(side):
    layer = drawn(UpsampledConv2d(1, 2, 3), 1)
    x = torch.randn(1, 5, 2, side, side, dtype=torch.float64)
    larger = nn.functional.interpolate(x[0], scale_factor=2)
    plain = nn.functional.conv2d(larger, layer.weight[0], layer.bias[0], padding=1)
    torch.testing.assert_close(layer(x)[0], plain, **EXACT)


def test_maps_are_padded_with_zeros_to_keep_their_size():
    layer = Conv2d(1, 1, 1)
    layer.weight.data.fill_(1)
    layer.bias.data.zero_()
    counts = torch.tensor([[4.0, 6.0, 4.0], [6.0, 9.0, 6.0], [4.0, 6.0, 4.0]])  # of pixels under each window
    assert torch.equal(layer(torch.ones(1, 1, 1, 3, 3))[0, 0, 0], counts)


def test_a_pointwise_bias_stops_at_the_border_of_the_map():
    layer = PointwiseConv2d(1, 1, 1, 1)
    for parameter, value in zip(layer.parameters(), (0.0, 1.0, 1.0, 0.0), strict=True):
        parameter.data.fill_(value)
    counts = torch.tensor([[4.0, 4.0], [4.0, 4.0]])
    assert torch.equal(layer(torch.randn(1, 1, 1, 2, 2))[0, 0, 0], counts)


def test_norm_keeps_pytorchs_running_statistics_for_each_replica():
    ours, theirs = MapNorm(2, 3), [nn.BatchNorm2d(3) for _ in range(2)]
    x = torch.randn(2, 4, 3, 6, 6) * 3 + 1
    ours(x)
    for r, norm in enumerate(theirs):
        norm(x[r])
        torch.testing.assert_close(ours.running_mean[r], norm.running_mean)
        torch.testing.assert_close(ours.running_var[r], norm.running_var)
    ours.eval()
    torch.testing.assert_close(ours(x), torch.stack([norm.eval()(x[r]) for r, norm in enumerate(theirs)]))


def test_norm_keeps_batches_apart():
    assert uses_batch_statistics(nn.Sequential(Conv2d(1, 1, 2), MapNorm(1, 2)))
    assert not uses_batch_statistics(nn.Sequential(Conv2d(1, 1, 2), Pool("average")))


@pytest.mark.parametrize(("layer", "fan_in"), [(Conv2d(2, 32, 64), 32 * 9), (Conv2d(2, 64, 512, width=1), 64)])
def test_initial_weights_are_normal_in_the_inverse_root_of_the_fan_in(layer, fan_in):
    initialise(layer, 0, generator(0, "init"))
    weight, deviation = layer.weight[0].double(), 1 / math.sqrt(1.04 * fan_in)
    n = weight.numel()
    assert weight.mean().abs().item() < 5 * deviation / math.sqrt(n)
    assert weight.std().item() == pytest.approx(deviation, rel=5 / math.sqrt(2 * n))
    kurtosis = (weight / deviation).pow(4).mean().item()
    assert kurtosis == pytest.approx(3, abs=5 * math.sqrt(96 / n))
    assert not layer.bias[0].any()


def test_a_replicas_initial_weights_do_not_depend_on_the_others():
    alone, stacked = PointwiseConv2d(1, 3, 4, 5), PointwiseConv2d(3, 3, 4, 5)
    initialise(alone, 0, generator(7, "init"))
    initialise(stacked, 2, generator(7, "init"))
    for a, b in zip(alone.parameters(), stacked.parameters(), strict=True):
        assert torch.equal(a[0], b[2])


@pytest.mark.parametrize("replicas", [1, 2])
def test_maps_stay_in_the_memory_order_that_convolutions_take(replicas):
    layers = nn.Sequential(Conv2d(replicas, 3, 4), MapNorm(replicas, 4), nn.ReLU(), Pool("maximum"))
    layers.append(Pool("average")).append(UpsampledConv2d(replicas, 4, 5)).requires_grad_(False)
    for layer in layers:
        initialise(layer, 0, generator(0, "init"))
    x = torch.randn(replicas, 2, 3, 8, 8)
    for layer in layers:
        x = layer(x)
        assert x.flatten(0, 1).data_ptr() == x.data_ptr()
        assert x.flatten(0, 1).is_contiguous(memory_format=torch.channels_last)


def test_the_forward_derivative_of_a_norm_has_the_right_gradient():
    # PyTorch's own batch norm has not: it takes the mean and variance of the batch for constants here.
    norm = drawn(MapNorm(2, 3), 2)
    x, along, weights, direction = torch.randn(4, 2, 4, 3, 4, 4, dtype=torch.float64)

    def loss(x):
        return (torch.func.jvp(norm, (x,), (along,))[1] * weights).sum()

    (gradient,) = torch.autograd.grad(loss(x.requires_grad_()), x)
    with torch.no_grad():
        difference = (loss(x + 1e-6 * direction) - loss(x - 1e-6 * direction)) / 2e-6
    assert (gradient * direction).sum().item() == pytest.approx(difference.item(), rel=1e-6)


def test_a_norm_gives_the_same_values_with_and_without_a_derivative():
    norm = drawn(MapNorm(2, 3), 2)
    x = torch.randn(2, 4, 3, 4, 4, dtype=torch.float64) * 3 + 1
    value, _ = torch.func.jvp(norm, (x,), (torch.ones_like(x),))
    torch.testing.assert_close(value, norm(x), **EXACT)


@pytest.mark.parametrize("name", LAYERS)
def test_layers_are_differentiable_twice_and_forwards(name):
    layer = drawn(LAYERS[name](2), 2)
    names = [n for n, _ in layer.named_parameters()]
    x = torch.randn(2, 2, 2, 4, 4, dtype=torch.float64, requires_grad=True)

    def call(x, *parameters):
        return torch.func.functional_call(layer, dict(zip(names, parameters, strict=True)), (x,))

    arguments = (x, *(p.detach().requires_grad_() for p in layer.parameters()))
    plain = name != "norm"  # whose statistics stand still in forward mode
    assert gradcheck(call, arguments, check_forward_ad=plain, fast_mode=True)
    assert gradgradcheck(call, arguments, check_fwd_over_rev=plain, fast_mode=True)


def test_the_forward_derivative_of_a_norm_is_that_of_a_norm_which_stands_still():
    norm = drawn(MapNorm(2, 3), 2)
    x, along = torch.randn(2, 2, 4, 3, 4, 4, dtype=torch.float64)
    over = (1, 3, 4)
    deviation = x.var(over, unbiased=False, keepdim=True).add(1e-5).sqrt()
    expected = along / deviation * norm.weight[:, None, :, None, None]
    torch.testing.assert_close(torch.func.jvp(norm, (x,), (along,))[1], expected, **EXACT)
