"""GAIA's discriminators: their sizes, and what their skips see."""

import pytest
import torch

from posectl.core.nets.conv import Conv
from posectl.core.nets.layers import Linear, initialise
from posectl.core.nets.mlp import MLP
from posectl.core.nets.vgg import VGG
from posectl.core.objectives.hourglass import hourglass


def sizes(module):
    return [tuple(p.shape[1:]) for p in module.parameters() if p.dim() > 2]


def test_half_the_features_of_an_mlp_and_no_code():
    widths = [(51, 128), (128, 64), (64, 128), (128, 51)]
    assert sizes(hourglass(MLP((17, 3), 8, widths=(256, 128)), 1, share=0.5)) == widths


def test_skips_double_what_all_levels_but_the_first_see_on_the_way_up():
    widths = [(51, 256), (256, 128), (128, 256), (2 * 256, 51)]
    assert sizes(hourglass(MLP((17, 3), 8, widths=(256, 128)), 1, skips=True)) == widths


def test_maps_at_full_size_half_and_a_quarter():
    down, up = [(4, 1, 3, 3), (8, 4, 3, 3), (16, 8, 3, 3)], [(8, 16, 3, 3), (4, 8, 3, 3), (1, 4, 3, 3)]
    assert sizes(hourglass(Conv((1, 16, 16), 16, depth=8), 1, share=0.5)) == down + up
    with_skips = [(8, 16, 3, 3), (4, 16, 3, 3), (1, 8, 3, 3)]
    assert sizes(hourglass(Conv((1, 16, 16), 16, depth=4), 1, skips=True)) == down + with_skips


@pytest.mark.parametrize("skips", [False, True])
@pytest.mark.parametrize(
    "net", [MLP((3, 3), 2, widths=(4, 4)), Conv((2, 2, 2), 4, depth=2), VGG((3, 16, 16), 4, depth=2)]
)
def test_samples_in_samples_out_each_replica_by_itself(net, skips):
    x = torch.randn(2, 3, *net.shape, generator=torch.Generator().manual_seed(0))

    def built(seeds):
        module = hourglass(net, len(seeds), skips=skips)
        for replica, seed in enumerate(seeds):
            initialise(module, replica, torch.Generator().manual_seed(seed))
        return module

    both = built((0, 1))(x)
    assert both.shape == x.shape
    for replica in (0, 1):
        torch.testing.assert_close(built((replica,))(x[replica : replica + 1]), both[replica : replica + 1])


def test_a_skip_carries_the_outer_level_past_the_inner_ones():
    module = hourglass(MLP((2,), 1, widths=(3, 3), activation="relu"), 1, skips=True).double()
    initialise(module, 0, torch.Generator().manual_seed(0))
    linear = {name: layer for name, layer in module.named_modules() if isinstance(layer, Linear)}
    x = torch.randn(1, 5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    layers = list(linear.values())

    def apply(layer, value):
        return value @ layer.matrix[0] + layer.bias[0]

    first = apply(layers[0], x[0]).relu()
    second = apply(layers[1], first).relu()
    third = apply(layers[2], second).relu()
    torch.testing.assert_close(module(x)[0], apply(layers[3], torch.cat((third, first), 1)))
