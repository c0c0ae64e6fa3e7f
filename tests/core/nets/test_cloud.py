"""The net of point clouds: the published layers, no order of points, and a replica at a time as PyTorch's own."""

import itertools

import pytest
import torch
from torch import nn

from posectl.core.nets.cloud import Cloud
from posectl.core.nets.conv import Conv
from posectl.core.nets.layers import initialise
from posectl.core.random import generator
from posectl.errors import UsageError


def built(module, replicas):
    for replica in range(replicas):
        initialise(module, replica, generator(replica, "init"))
    return module


def parameters(module):
    return sum(p.numel() for p in module.parameters())


def test_published_parameter_counts():
    # MaciejZamorski/3d-AAE, models/aae.py, with a code of 2,048 and its one layer of means.
    pairs = [(3, 64), (64, 128), (128, 256), (256, 256), (256, 512), (512, 256), (256, 2048)]
    assert parameters(Cloud((2048, 3), 2048).encoder(1)) == sum(i * o + o for i, o in pairs)
    pairs = [(2048, 64), (64, 128), (128, 512), (512, 1024), (1024, 3 * 2048)]
    assert parameters(Cloud((2048, 3), 2048).decoder(1)) == sum(i * o + o for i, o in pairs)


@pytest.mark.parametrize("replicas", [1, 2])
def test_each_replica_computes_what_a_plain_network_with_its_weights_does(replicas):
    net = Cloud((64, 3), 8, width=0.25)
    encoder, x = built(net.encoder(replicas), replicas), torch.randn(replicas, 5, 64, 3)
    out = encoder(x)
    for r in range(replicas):
        sizes = (3, 16, 32, 64, 64, 128)
        layers = [each for i, o in itertools.pairwise(sizes) for each in (nn.Conv1d(i, o, 1), nn.ReLU())]
        points = nn.Sequential(*layers[:-1])
        dense = nn.Sequential(nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 8))
        for name, plain in (("points", points), ("dense", dense)):
            for key, value in getattr(encoder, name).state_dict().items():
                parameter = plain.get_parameter(key.replace("matrix", "weight"))
                parameter.data.copy_(value[r].mT.reshape(parameter.shape) if "matrix" in key else value[r])
        expected = dense(points(x[r].mT).amax(2))
        torch.testing.assert_close(out[r], expected, atol=1e-6, rtol=1e-5)


def test_a_code_depends_on_no_order_of_the_points_and_on_no_block(monkeypatch):
    encoder, x = built(Cloud((64, 3), 8).encoder(1), 1), torch.randn(1, 6, 64, 3)
    order = torch.randperm(64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(encoder(x[:, :, order]), encoder(x), atol=1e-6, rtol=1e-5)
        monkeypatch.setattr("posectl.core.nets.cloud._AT_ONCE", 64)
        torch.testing.assert_close(encoder(x), built(encoder, 1)(x), atol=1e-6, rtol=1e-5)


def test_other_nets_and_other_samples_are_refused():
    with pytest.raises(UsageError, match="no clouds") as refused:
        Cloud((3, 32, 32), 8)
    assert "--net" in refused.value.hint
    with pytest.raises(UsageError, match="no images") as refused:
        Conv((512, 3), 64)
    assert refused.value.hint == "Take --net cloud."
